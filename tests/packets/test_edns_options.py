"""The options of OPT: which are answered, and with what; nothing else comes back."""

import struct

import pytest

import messages
import wire
from cases import answered, check, each
from frames import Frame
from messages import WWW, ZONE, error, extended_error, query, reply
from wire import FORMERR, NOTIMP, NXDOMAIN, REFUSED, option

FAMILIES = {"IPv4": Frame(), "IPv6": Frame(ipv6=True)}
NSID, SUBNET, EXPIRE, COOKIE, KEEPALIVE, PADDING, ZONE_VERSION = 3, 8, 9, 10, 11, 12, 19
BOX = option(NSID, messages.NSID.encode())
EXPIRES = option(EXPIRE, struct.pack("!I", 86400))
IDLE = option(KEEPALIVE, struct.pack("!H", 100))  # tcp-idle-timeout is 10 s
SERIAL = option(ZONE_VERSION, struct.pack("!BBI", 2, 0, 7))
SOA = ((ZONE, "SOA", 300, *messages.SOA_RDATA),)
NEGATIVE = {"authority": [messages.NEGATIVE_SOA]}
ELSEWHERE = "www.elsewhere.invalid."


def subnet(family, source, address, scope=0):
    return option(SUBNET, struct.pack("!HBB", family, source, scope) + address)


def asked(options, *arguments, **more):
    return query(*arguments, options=options, **more)


def www(options, back=b"", by_stream=None):
    """The usual question with options, and what comes back of them."""
    request = asked(options)
    return row(request, back, by_stream, answer=WWW)


def row(request, back, by_stream=None, **parts):
    message = reply(request, options=back, **parts)
    return request, message, None if by_stream is None else reply(request, options=by_stream,
                                                                  **parts)


def refused(request, rcode, back=b"", by_stream=None):
    return row(request, back, by_stream, rcode=rcode, aa=False)


def rows(cases):
    """Each over IPv4 and IPv6."""
    made = []
    for family, frame in FAMILIES.items():
        for sentence, (request, message, by_stream) in cases.items():
            case = answered(f"{family}: {sentence}", frame.but(payload=request), message)
            if by_stream is not None:
                case.expected_by_stream = answered("", frame.but(payload=request),
                                                   by_stream).expected
            made.append(case)
    return each(made)


@rows({
    "NSID is answered with the server's": www(option(NSID), BOX),
    "NSID with a value, which only a reply has, is answered": www(option(NSID, b"you"), BOX),
    "NSID twice is answered once": www(option(NSID) * 2, BOX),
    "NSID is answered with a name that is not there": row(
        asked(option(NSID), f"nothing.{ZONE}"), BOX, rcode=NXDOMAIN, **NEGATIVE),
    "NSID is answered with a refusal, before the extended error": refused(
        asked(option(NSID), ELSEWHERE), REFUSED, BOX + extended_error(20)),
    "NSID and DO come back together": row(asked(option(NSID), do=True), BOX, answer=WWW),

    "EXPIRE is answered with the SOA's own field (RFC 7314 4)": row(
        asked(option(EXPIRE), ZONE, "SOA"), EXPIRES, answer=SOA),
    "EXPIRE with a value, which only a reply has, is answered": row(
        asked(option(EXPIRE, bytes(4)), ZONE, "SOA"), EXPIRES, answer=SOA),
    "EXPIRE is not answered with another type than SOA": www(option(EXPIRE)),
    "EXPIRE is not answered when there is no SOA in the answer": row(
        asked(option(EXPIRE), f"www.{ZONE}", "SOA"), b"", **NEGATIVE),
    "EXPIRE is not answered with a name that is not there": row(
        asked(option(EXPIRE), f"nothing.{ZONE}", "SOA"), b"", rcode=NXDOMAIN, **NEGATIVE),
    "EXPIRE is not answered with a refusal": refused(
        asked(option(EXPIRE), "elsewhere.invalid.", "SOA"), REFUSED, extended_error(20)),
    "without EXPIRE in the request none comes": row(query(ZONE, "SOA", edns=1232), b"",
                                                    answer=SOA),

    "keepalive is answered by a stream alone (RFC 7828 3.2.2)": www(option(KEEPALIVE), b"", IDLE),
    "keepalive with a value is answered like one without": www(
        option(KEEPALIVE, b"\0\1"), b"", IDLE),
    "keepalive is answered with a refusal": refused(
        asked(option(KEEPALIVE), ELSEWHERE), REFUSED, extended_error(20),
        IDLE + extended_error(20)),

    "the zone's version is its serial (RFC 9660)": www(option(ZONE_VERSION), SERIAL),
    "the zone's version comes with a name that is not there": row(
        asked(option(ZONE_VERSION), f"nothing.{ZONE}"), SERIAL, rcode=NXDOMAIN, **NEGATIVE),
    "the zone's version does not come with a refusal": refused(
        asked(option(ZONE_VERSION), ELSEWHERE), REFUSED, extended_error(20)),

    "padding is read and not written without encryption": www(option(PADDING, bytes(200))),
    "padding of other octets than zeros is read": www(option(PADDING, b"abc")),
    "padding of no octets is read": www(option(PADDING)),
    **{f"{what} does not come back": www(option(code, value)) for what, code, value in (
        ("option 0", 0, b""), ("the unknown option 100", 100, b"abc"),
        ("the last option", 65535, b"\0"), ("a local option", 65001, bytes(300)),
        ("LLQ", 1, bytes(18)), ("update lease", 2, bytes(4)), ("DAU", 5, b"\x0d"),
        ("DHU", 6, b"\2"), ("N3U", 7, b"\1"), ("chain", 13, b"\0"), ("a key tag", 14, b"\0\1"),
        ("half a key tag", 14, b"\0"), ("an extended error", 15, b"\0\1"),
        ("a client tag", 16, b"\0\1"), ("a server tag", 17, b"\0\1"),
        ("a report channel", 18, b"\0"))},

    **{f"a cookie of {size} octets is read": www(option(COOKIE, bytes(size)))
       for size in (8, 16, 24, 40)},
    **{f"a cookie of {size} octets gets FORMERR (RFC 7873 5.2.2)": refused(
        asked(option(COOKIE, bytes(size))), FORMERR) for size in (0, 7, 9, 15, 41)},
})
@pytest.mark.every_transport
def test_options(port, case):
    check(port, case)


# ---- Client subnet (RFC 7871) --------------------------------------------------------------------


def echoed(octets):
    return www(octets, octets)


def malformed(octets):
    return refused(asked(octets), FORMERR)


TEN = b"\x0a\0\0"


@rows({
    "client subnet of IPv4 comes back with scope 0": echoed(subnet(1, 24, TEN)),
    "client subnet of IPv6 comes back with scope 0": echoed(
        subnet(2, 48, bytes.fromhex("20010db80000"))),
    "client subnet of a whole IPv4 address comes back": echoed(subnet(1, 32, TEN + b"\1")),
    "client subnet of a whole IPv6 address comes back": echoed(subnet(2, 128, bytes(15) + b"\1")),
    "client subnet of no octets comes back": echoed(subnet(1, 0, b"")),
    "client subnet of an odd prefix comes back": echoed(subnet(1, 13, b"\x0a\x08")),
    "client subnet without a family comes back": echoed(subnet(0, 0, b"")),
    "of two client subnets the first comes back": www(
        subnet(1, 8, b"\x0a") + subnet(1, 8, b"\x0b"), subnet(1, 8, b"\x0a")),
    "client subnet comes back with a refusal": refused(
        asked(subnet(1, 24, TEN), ELSEWHERE), REFUSED, subnet(1, 24, TEN) + extended_error(20)),
    "client subnet comes back in class CH": refused(
        asked(subnet(1, 24, TEN), "x.bind.", "TXT", qclass=wire.CH), REFUSED,
        subnet(1, 24, TEN) + extended_error(21)),
    "client subnet with a scope gets FORMERR": malformed(subnet(1, 24, TEN, scope=24)),
    "client subnet with bits behind its prefix gets FORMERR": malformed(subnet(1, 23, b"\x0a\0\1")),
    "client subnet of too many octets gets FORMERR": malformed(subnet(1, 24, TEN + b"\0")),
    "client subnet of too few octets gets FORMERR": malformed(subnet(1, 24, TEN[:2])),
    "client subnet of 33 bits of IPv4 gets FORMERR": malformed(subnet(1, 33, bytes(5))),
    "client subnet of 129 bits of IPv6 gets FORMERR": malformed(subnet(2, 129, bytes(17))),
    "client subnet of an unknown family gets FORMERR": malformed(subnet(3, 8, b"\1")),
    "client subnet without a family but with bits gets FORMERR": malformed(subnet(0, 8, b"\1")),
    "an empty client subnet gets FORMERR": malformed(option(SUBNET)),
    "a client subnet cut in its head gets FORMERR": malformed(option(SUBNET, b"\0\1\x18")),
})
@pytest.mark.every_transport
def test_client_subnet(port, case):
    check(port, case)


# ---- All together, and extended errors (RFC 8914) ------------------------------------------------

EVERYTHING = (option(ZONE_VERSION) + option(KEEPALIVE) + option(EXPIRE) + option(NSID)
              + option(COOKIE, bytes(8)) + option(PADDING, bytes(8)) + option(100)
              + subnet(1, 24, TEN))


def edns(*arguments, **more):
    return query(*arguments, edns=1232, **more)


@rows({
    "all options at once get what each alone does": row(
        asked(EVERYTHING, ZONE, "SOA", do=True), subnet(1, 24, TEN) + EXPIRES + SERIAL + BOX,
        subnet(1, 24, TEN) + EXPIRES + IDLE + SERIAL + BOX, answer=SOA),
    "nobody's name is refused as Not Authoritative": refused(
        edns(ELSEWHERE), REFUSED, extended_error(20)),
    "another class is refused as Not Supported": refused(
        edns(qclass=wire.HS), REFUSED, extended_error(21)),
    "another name of class CH is refused as Not Supported": refused(
        edns("x.bind.", "TXT", qclass=wire.CH), REFUSED, extended_error(21)),
    "an unknown opcode is not implemented as Not Supported": refused(
        edns(flags=15 << 11), NOTIMP, extended_error(21)),
    "NXNAME is an Invalid Query Type (RFC 9824 3.4)": refused(
        edns(ZONE, 128), FORMERR, extended_error(30)),
    "without OPT there is no extended error": refused(query(ELSEWHERE), REFUSED),
    "a malformed request has no extended error": (
        edns() + b"\0", error(edns(), FORMERR), None),
    "an answer has no extended error": row(edns(), b"", answer=WWW),
    "a name that is not there has no extended error": row(
        edns(f"nothing.{ZONE}"), b"", rcode=NXDOMAIN, **NEGATIVE),
})
@pytest.mark.every_transport
def test_together(port, case):
    check(port, case)


@each(answered(f"{family}: AXFR over UDP is not implemented, and Not Supported with OPT",
               frame.but(payload=edns(ZONE, "AXFR")),
               error(edns(ZONE, "AXFR"), NOTIMP, options=extended_error(21)))
      for family, frame in FAMILIES.items())
def test_transfer_by_datagram(port, case):
    check(port, case)
