"""The probes by which resolver operators judge a server: those of ISC's EDNS compliance tester and
of RFC 8906 section 8, each over UDP and TCP, IPv4 and IPv6, about a signed zone.

What must come back is what those documents expect. dnswkk, the probe with a well-known TSIG key,
is not among them.
"""

import dataclasses
import struct

import dns.rdatatype
import pytest

import appliance as harness
import client
import wire
from wire import (AA, AD, BADVERS, CD, DO, NOERROR, NOTIMP, RA, RD, TC, Z, option, opt, query)

ZONE = "signed.test."
NSID, SUBNET, EXPIRE, COOKIE, PADDING, UNKNOWN = 3, 8, 9, 10, 12, 100
NSID_TEXT = b"probed"
ADDRESS = option(SUBNET, b"\0\1\x18\0\xc0\0\x02")
CLIENT_COOKIE = option(COOKIE, b"\1\2\3\4\5\6\7\x08")
OPTIONS = option(NSID) + ADDRESS + option(EXPIRE) + CLIENT_COOKIE
NO_OPT, PLAIN_OPT, DO_OPT = None, 0, DO


@dataclasses.dataclass
class Probe:
    """`opt` of the reply: NO_OPT, or its flags."""

    message: bytes
    rcode: int = NOERROR
    opt: int | None = NO_OPT
    soa: bool = True          # the answer has the SOA; otherwise no answer is looked for
    echoed: int = 0           # bits of the request that come back
    options: tuple = ()       # of the reply, which has no others


def soa(flags=0, do=False, edns=None, **options):
    return query(ZONE, "SOA", flags=flags, do=do, edns=edns, **options)


def future(flags=0, options=b"", version=1):
    """EDNS of a version that is not there yet."""
    message = query(ZONE, "SOA")
    return message[:10] + b"\0\1" + message[12:] + opt(4096, flags, options, version)


def refused(message, opt=PLAIN_OPT):
    return Probe(message, BADVERS, opt, soa=False)


PROBES = {
    # The public set.
    "dns": Probe(soa()),
    "edns": Probe(soa(edns=4096), opt=PLAIN_OPT),
    "edns1": refused(future()),
    "edns@512": Probe(query(ZONE, "DNSKEY", do=True, edns=512), opt=DO_OPT, soa=False),
    "ednsopt": Probe(soa(edns=4096, options=option(UNKNOWN)), opt=PLAIN_OPT),
    "edns1opt": refused(future(options=option(UNKNOWN))),
    "do": Probe(soa(do=True, edns=4096), opt=DO_OPT),
    "ednsflags": Probe(soa()[:10] + b"\0\1" + soa()[12:] + opt(4096, 0x0080), opt=PLAIN_OPT),
    "optlist": Probe(soa(edns=4096, options=OPTIONS), opt=PLAIN_OPT, options=(NSID, EXPIRE)),
    "ednstcp": Probe(query(ZONE, "DNSKEY", do=True, edns=512), opt=DO_OPT, soa=False),
    "bind11": Probe(soa(do=True, edns=4096, options=CLIENT_COOKIE), opt=DO_OPT),
    "dig11": Probe(soa(RD | AD, edns=4096, options=CLIENT_COOKIE), opt=PLAIN_OPT, echoed=RD),
    # The full set.
    "aa": Probe(soa(AA)),
    "ad": Probe(soa(AD)),
    "cd": Probe(soa(CD)),  # RFC 4035 3.1.6: clear in what is authoritative
    "ra": Probe(soa(RA)),
    "rd": Probe(soa(RD), echoed=RD),
    "tc": Probe(soa(TC)),
    "zflag": Probe(soa(Z)),
    "opcode": Probe(wire.header(0, 15 << 11, (0, 0, 0, 0)), NOTIMP, soa=False),
    "opcodeflg": Probe(wire.header(0, 15 << 11 | TC | RD | RA | Z | AD | CD, (0, 0, 0, 0)), NOTIMP,
                       soa=False, echoed=RD),
    "opcode with a question": Probe(soa(15 << 11), NOTIMP, soa=False),
    "type666": Probe(query(ZONE, 666), soa=False),
    "tcp": Probe(soa()),
    "docd": Probe(soa(CD, do=True, edns=4096), opt=DO_OPT),
    "edns1do": refused(future(DO), DO_OPT),
    "ednsnsid": Probe(soa(edns=4096, options=option(NSID)), opt=PLAIN_OPT, options=(NSID,)),
    "ednscookie": Probe(soa(edns=4096, options=CLIENT_COOKIE), opt=PLAIN_OPT),
    "ednsexpire": Probe(soa(edns=4096, options=option(EXPIRE)), opt=PLAIN_OPT, options=(EXPIRE,)),
    "ednssubnet": Probe(soa(edns=4096, options=ADDRESS), opt=PLAIN_OPT),
    "ednspadding": Probe(soa(edns=4096, options=option(PADDING, bytes(64))), opt=PLAIN_OPT),
    "edns1nsid": refused(future(options=option(NSID))),
    "edns1cookie": refused(future(options=CLIENT_COOKIE)),
    "edns1expire": refused(future(options=option(EXPIRE))),
    "edns1subnet": refused(future(options=ADDRESS)),
    # RFC 8906 section 8, where it asks for more.
    "8.1.2 an unknown type": Probe(query(ZONE, 1000), soa=False),
    "8.1.3 all header bits": Probe(soa(AA | TC | RD | RA | Z | AD | CD), echoed=RD),
    "8.2.2 EDNS version 100": refused(future(version=100)),
    "8.2.5 EDNS version 1 with unknown flags": refused(future(0x0040)),
    "8.2.5 EDNS version 1 with all flags": refused(future(0xffff), DO_OPT),
    "8.2.6 EDNS version 1 with all options": refused(future(options=OPTIONS)),
    "8.2.10 all options and DO": Probe(soa(do=True, edns=4096, options=OPTIONS), opt=DO_OPT,
                                       options=(NSID, EXPIRE)),
    "all versions, flags and options at once": refused(future(0xffff, OPTIONS, 255), DO_OPT),
}

# One probe per type of the registry that asks for data: the answer is some, or none.
TYPES = sorted({int(code) for code in dns.rdatatype.RdataType
                if code not in (dns.rdatatype.OPT, dns.rdatatype.IXFR, dns.rdatatype.AXFR)})


@pytest.fixture(scope="module")
def probed():
    with harness.Appliance(harness.SAMPLE_ZONES, server=f"nsid: {NSID_TEXT.decode()}") as running:
        yield running.start()


WAYS = {"UDP, IPv4": (client.udp, "127.0.0.1"), "UDP, IPv6": (client.udp, "::1"),
        "TCP, IPv4": (client.tcp, "127.0.0.1"), "TCP, IPv6": (client.tcp, "::1")}


def ask(probed, way, message):
    send, host = WAYS[way]
    return wire.parse(send(probed.address(host), message))


def check_header(reply, request, echoed=0):
    """What no probe may find, whatever it asks."""
    flags = struct.unpack_from("!H", request, 2)[0]
    assert reply.ident == int.from_bytes(request[:2], "big")
    assert reply.flags & wire.QR and reply.opcode == flags >> 11 & 15
    assert reply.flags & (RA | Z | AD) == 0
    assert reply.flags & (RD | CD) == echoed


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", PROBES)
def test_probes(probed, way, name):
    probe = PROBES[name]
    reply = ask(probed, way, probe.message)
    check_header(reply, probe.message, probe.echoed)
    assert reply.rcode == probe.rcode
    if probe.opt is NO_OPT:
        assert reply.opt is None
    else:
        assert (reply.opt.ttl >> 16 & 255, reply.opt.ttl & 0xffff) == (0, probe.opt)
    values = dict(reply.options())
    assert tuple(values) == tuple(sorted(probe.options, key=(EXPIRE, NSID).index))
    assert values.get(NSID, NSID_TEXT) == NSID_TEXT
    assert values.get(EXPIRE, struct.pack("!I", 1209600)) == struct.pack("!I", 1209600)
    found = reply.rdata("answer", ZONE, "SOA")
    assert len(found) == (1 if probe.soa else 0)
    assert reply.aa == (probe.rcode == NOERROR)
    if probe.rcode != NOERROR:
        assert not reply.answer + reply.authority + reply.additional


@pytest.mark.parametrize("way", WAYS)
def test_keys_fit_into_what_was_offered_or_are_cut(probed, way):
    request = query(ZONE, "DNSKEY", do=True, edns=512)
    reply = ask(probed, way, request)
    keys = [r for r in reply.answer if r.type == wire.type_code("DNSKEY")]
    if reply.tc:
        assert reply.size <= 512 and not keys
    else:
        assert keys and (reply.size <= 512 or "TCP" in way)
    assert not (reply.tc and "TCP" in way)


@pytest.mark.parametrize("way", WAYS)
def test_answers_that_do_not_fit_are_cut_by_datagram_alone(probed, way):
    reply = ask(probed, way, query("large.example.test.", "TXT"))
    if "TCP" in way:
        assert reply.answer and not reply.tc
    else:
        assert reply.tc and not reply.answer and reply.size <= 512


@pytest.mark.parametrize("way", WAYS)
def test_every_type_of_the_registry_is_answered(probed, way):
    for code in TYPES:
        request = query(ZONE, code, do=True, edns=4096)
        reply = ask(probed, way, request)
        check_header(reply, request)
        where = dns.rdatatype.to_text(code)
        assert reply.rcode == NOERROR and reply.aa and not reply.tc, where
        if code not in (dns.rdatatype.ANY, dns.rdatatype.RRSIG):
            assert all(r.type in (code, dns.rdatatype.RRSIG) for r in reply.answer), where
        assert reply.answer or any(r.type == dns.rdatatype.SOA for r in reply.authority), where


@pytest.mark.parametrize("way", WAYS)
def test_every_version_with_every_flag_and_option_is_answered(probed, way):
    """RFC 8906 8: never silence."""
    for version in (0, 1, 2, 127, 255):
        for flags in (0, 1, 0x0080, 0x4000, DO, 0xffff):
            for options in (b"", option(NSID), option(UNKNOWN, b"x"), OPTIONS, option(0xffff)):
                request = future(flags, options, version)
                reply = ask(probed, way, request)
                check_header(reply, request)
                assert reply.rcode == (NOERROR if version == 0 else BADVERS)
                assert reply.opt.ttl & 0x00ffffff == flags & DO
                known = {NSID, EXPIRE} if version == 0 else set()
                assert {code for code, _ in reply.options()} <= known
