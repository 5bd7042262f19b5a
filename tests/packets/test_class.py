"""Classes other than IN, and types that are no data (RFC 1035 3.2.3 to 3.2.5, RFC 6895 3.1)."""

import struct

import pytest

import messages
import wire
from cases import answered, check, each
from frames import Frame
from messages import WWW, ZONE, error, query, reply
from wire import ANY, CH, FORMERR, REFUSED

FAMILIES = {"IPv4": Frame(), "IPv6": Frame(ipv6=True)}
ELSEWHERE = "www.elsewhere.invalid."
NEGATIVE = {"authority": [messages.NEGATIVE_SOA]}


def rows(cases):
    """Each over IPv4 and IPv6."""
    return each(answered(f"{family}: {sentence}", frame.but(payload=request), message)
                for family, frame in FAMILIES.items()
                for sentence, (request, message) in cases.items())


def row(request, **parts):
    return request, reply(request, **parts)


def refused(*arguments, **options):
    request = query(*arguments, **options)
    return request, error(request, REFUSED)


# ---- Class CH (RFC 4892) -------------------------------------------------------------------------


def own(name, text, rr_type="TXT", **options):
    """The server's own text: one record of TTL 0 whose owner is the question's name. AA is clear:
    no zone of class CH is served."""
    request = query(name, rr_type, qclass=CH, **options)
    record = (b"\xc0\x0c" + struct.pack("!HHIHB", wire.type_code("TXT"), CH, 0, len(text) + 1,
                                        len(text)) + text.encode())
    end = wire.expand(request, 12)[1] + 4
    asked = wire.parse(request)
    opt = wire.opt(messages.OWN_PAYLOAD, asked.opt.ttl & wire.DO) if asked.opt else b""
    flags = wire.QR | asked.flags & wire.RD
    return request, (request[:2] + struct.pack("!5H", flags, 1, 1, 0, bool(opt)) + request[12:end]
                     + record + opt)


EVERY_BIT = wire.AA | wire.TC | wire.RD | wire.RA | wire.Z | wire.AD | wire.CD
OWN_NAMES = {"id.server.": messages.IDENTITY, "hostname.bind.": messages.IDENTITY,
             "version.server.": messages.VERSION, "version.bind.": messages.VERSION}


@rows({
    **{f"{name} is the server's own": own(name, text) for name, text in OWN_NAMES.items()},
    **{f"{name} in capitals is found, and comes back in capitals": own(name.upper(), text)
       for name, text in OWN_NAMES.items()},
    **{f"{name} with type ANY is the text": own(name, text, "ANY")
       for name, text in OWN_NAMES.items()},
    "the server's version with OPT brings OPT": own("version.bind.", messages.VERSION, edns=1232),
    "the server's version with DO brings DO": own("version.bind.", messages.VERSION, do=True),
    "the server's version with all bits brings RD": own(
        "version.bind.", messages.VERSION, flags=EVERY_BIT),
    **{f"another type of the server's name, {rr_type}, is refused": refused(
        "version.bind.", rr_type, qclass=CH)
       for rr_type in ("A", "SOA", "NS", "RRSIG", "CNAME", "NSEC", "AXFR", "IXFR", 0, 65535)},
    **{f"{name} in class CH is refused": refused(name, "TXT", qclass=CH)
       for name in ("authors.bind.", "trustanchor.server.", "x.version.bind.", "bind.", "server.",
                    ".", "version.bind.example.test.", "www.packets.test.", ELSEWHERE)},
    "the server's name in class IN is nobody's": refused("version.bind.", "TXT"),
})
@pytest.mark.every_transport
def test_chaos(port, case):
    check(port, case)


# ---- Other classes -------------------------------------------------------------------------------

OTHERS = {"0": 0, "2": 2, "HS": wire.HS, "5": 5, "NONE": wire.NONE, "256": 256, "65280": 65280,
          "65535": 65535}


@rows({
    **{f"class {name} of a name of ours is refused": refused(qclass=code)
       for name, code in OTHERS.items()},
    **{f"class {name} of nobody's name is refused": refused(ELSEWHERE, qclass=code)
       for name, code in OTHERS.items()},
    **{f"class {name} of the server's name is refused": refused("version.bind.", "TXT", qclass=code)
       for name, code in OTHERS.items()},
    **{f"class {name} with a type that is no data is refused": refused(ZONE, "AXFR", qclass=code)
       for name, code in OTHERS.items()},
    "class ANY is answered from IN, without AA (RFC 1035 6.2)": row(
        query(qclass=ANY), aa=False, answer=WWW),
    "class ANY is answered from IN with OPT": row(
        query(qclass=ANY, edns=1232), aa=False, answer=WWW),
    "class ANY of an alias follows it": row(
        query(f"alias.{ZONE}", qclass=ANY), aa=False,
        answer=[(f"alias.{ZONE}", "CNAME", 300, messages.Name(f"www.{ZONE}")), *WWW]),
    "class ANY of a type that is not there": row(
        query(rr_type="LOC", qclass=ANY), aa=False, **NEGATIVE),
    "class ANY of a name that is not there": row(
        query(f"nothing.{ZONE}", qclass=ANY), aa=False, rcode=wire.NXDOMAIN, **NEGATIVE),
    "class ANY of nobody's name is refused": refused(ELSEWHERE, qclass=ANY),
    "class ANY of the server's name is nobody's": refused("version.bind.", "TXT", qclass=ANY),
    "a transfer of class ANY is refused": refused(ZONE, "AXFR", qclass=ANY),
    "an incremental transfer of class ANY is refused": refused(ZONE, "IXFR", qclass=ANY),
    **{f"{what} of class {name} is refused": refused(ZONE, "SOA", qclass=code, flags=opcode << 11)
       for what, opcode in (("NOTIFY", wire.NOTIFY), ("UPDATE", wire.UPDATE))
       for name, code in (("CH", CH), ("HS", wire.HS), ("NONE", wire.NONE), ("ANY", ANY),
                          ("0", 0))},
})
@pytest.mark.every_transport
def test_classes(port, case):
    check(port, case)


# ---- Types that are no data ----------------------------------------------------------------------

NO_DATA = {"OPT": 41, "TSIG": 250, "TKEY": 249, "MAILA": 254, "MAILB": 253,
           "the reserved type 0": 0, "the reserved type 65535": 65535,
           "the unassigned type 129": 129, "the unassigned type 200": 200,
           "the unassigned type 248": 248, "the unknown type 666": 666,
           "the unknown type 1000": 1000, "the private type 65280": 65280}


@rows({
    **{f"{name} is a type without data (RFC 8906 3.1.2)": row(query(ZONE, code), **NEGATIVE)
       for name, code in NO_DATA.items()},
    **{f"{name} of a name that is not there": row(
        query(f"nothing.{ZONE}", code), rcode=wire.NXDOMAIN, **NEGATIVE)
       for name, code in NO_DATA.items()},
    **{f"{name} of nobody's name is refused": refused(ELSEWHERE, code)
       for name, code in NO_DATA.items()},
    "NXNAME is never asked for (RFC 9824 3.4)": (
        query(ZONE, 128), error(query(ZONE, 128), FORMERR)),
    "NXNAME of a name that is not there is never asked for": (
        query(f"nothing.{ZONE}", 128), error(query(f"nothing.{ZONE}", 128), FORMERR)),
    "a type without data that is asked for at an alias follows it": row(
        query(f"alias.{ZONE}", 200),
        answer=[(f"alias.{ZONE}", "CNAME", 300, messages.Name(f"www.{ZONE}"))], **NEGATIVE),
})
@pytest.mark.every_transport
def test_types_without_data(port, case):
    check(port, case)
