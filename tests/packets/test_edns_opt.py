"""OPT itself (RFC 6891): versions, flags, sizes, and where it may stand."""

import struct

import pytest

import messages
import wire
from cases import answered, check, each
from frames import Frame
from messages import WWW, error, query, reply
from wire import BADVERS, FORMERR, option

FAMILIES = {"IPv4": Frame(), "IPv6": Frame(ipv6=True)}
PLAIN, EDNS, DO = query(), query(edns=1232), query(do=True)
ANSWER, EDNS_ANSWER = reply(PLAIN, answer=WWW), reply(EDNS, answer=WWW)
ADDRESS = wire.record("www.packets.test.", "A", rdata=bytes(4))


def having(*, answer=(), authority=(), additional=(), question=PLAIN):
    """The question with records of any kind behind it."""
    sections = (answer, authority, additional)
    counts = struct.pack("!4H", 1, *map(len, sections))
    return question[:4] + counts + question[12:] + b"".join(map(b"".join, sections))


def with_opt(question=PLAIN, **options):
    return having(additional=[wire.opt(**options)], question=question)


def rows(cases):
    """Each over IPv4 and IPv6."""
    return each(answered(f"{family}: {sentence}", frame.but(payload=request), message)
                for family, frame in FAMILIES.items()
                for sentence, (request, message) in cases.items())


# ---- Versions (RFC 6891 6.1.3) -------------------------------------------------------------------

STATUS = query(flags=wire.STATUS << 11)
NOTIFY = query(flags=wire.NOTIFY << 11)
CHAOS = query("version.bind.", "TXT", qclass=wire.CH)
ELSEWHERE = query("www.elsewhere.invalid.")
NO_QUESTION = wire.header(7, 0, (0, 0, 0, 1)) + wire.opt(version=1)


def badvers(question=PLAIN, do=False):
    """BADVERS says version 0 and brings neither data nor options."""
    return error(having(additional=[wire.opt(flags=wire.DO if do else 0)], question=question),
                 BADVERS)


@rows({
    **{f"version {version} gets BADVERS and version 0": (with_opt(version=version), badvers())
       for version in (1, 2, 100, 255)},
    "version 1 with DO gets DO back": (with_opt(version=1, flags=wire.DO), badvers(do=True)),
    "version 1 with all flags gets DO back alone": (with_opt(version=1, flags=0xffff),
                                                    badvers(do=True)),
    "version 1 with an unknown option gets none back": (
        with_opt(version=1, options=option(100, b"abc")), badvers()),
    **{f"version 1 with {what} gets no option back": (
        with_opt(version=1, options=option(code, value)), badvers())
       for what, code, value in (("NSID", 3, b""), ("EXPIRE", 9, b""), ("a cookie", 10, bytes(8)),
                                 ("client subnet", 8, b"\0\1\x08\0\x0a"), ("keepalive", 11, b""),
                                 ("padding", 12, bytes(8)), ("zone version", 19, b""))},
    "version 1 with octets that are no options of ours gets BADVERS": (
        with_opt(version=1, options=b"\0\3\0\5a"), badvers()),
    "version 1 about nobody's name gets BADVERS": (with_opt(ELSEWHERE, version=1),
                                                   badvers(ELSEWHERE)),
    "version 1 in class CH gets BADVERS": (with_opt(CHAOS, version=1), badvers(CHAOS)),
    "version 1 with an unknown opcode gets BADVERS": (with_opt(STATUS, version=1),
                                                      badvers(STATUS)),
    "version 1 with NOTIFY gets BADVERS": (with_opt(NOTIFY, version=1), badvers(NOTIFY)),
    "version 1 without a question gets BADVERS": (
        NO_QUESTION, wire.header(7, wire.QR, (0, 0, 0, 1))
        + wire.opt(messages.OWN_PAYLOAD, extended=1)),
    "version 1 and octets behind the message get FORMERR": (
        with_opt(version=1) + b"\0", error(EDNS, FORMERR)),
})
@pytest.mark.every_transport
def test_versions(port, case):
    check(port, case)


# ---- Flags and sizes -----------------------------------------------------------------------------


@rows({
    "without OPT none comes back": (PLAIN, ANSWER),
    "OPT gets OPT": (EDNS, EDNS_ANSWER),
    "DO comes back (RFC 3225 3)": (DO, reply(DO, answer=WWW)),
    **{f"the unknown flag {1 << bit:#06x} does not come back": (
        with_opt(flags=1 << bit), EDNS_ANSWER) for bit in (0, 6, 7, 13, 14)},
    "all unknown flags at once do not come back": (with_opt(flags=0x7fff), EDNS_ANSWER),
    "of all flags DO comes back alone": (with_opt(flags=0xffff), reply(DO, answer=WWW)),
    "an extended RCODE in a request means nothing": (with_opt(extended=255), EDNS_ANSWER),
    **{f"a size of {size} gets our own size back": (query(edns=size), EDNS_ANSWER)
       for size in (0, 1, 511, 512, 513, 1232, 4096, 65535)},
})
@pytest.mark.every_transport
def test_flags_and_sizes(port, case):
    check(port, case)


# ---- Where it stands (RFC 6891 6.1.1; hardening 45) ----------------------------------------------

OPT = wire.opt()
ROOT_OF_QUESTION = struct.pack("!H", 0xc000 | 12 + len(wire.name("www.packets.test.")) - 1)


@rows({
    "OPT before another record is read": (having(additional=[OPT, ADDRESS]), EDNS_ANSWER),
    "OPT behind another record is read": (having(additional=[ADDRESS, OPT]), EDNS_ANSWER),
    "OPT behind records of other sections is read": (
        having(answer=[ADDRESS], authority=[ADDRESS], additional=[OPT]), EDNS_ANSWER),
    "two OPTs get FORMERR": (having(additional=[OPT, OPT]), error(EDNS, FORMERR)),
    "two OPTs with a record between get FORMERR": (
        having(additional=[OPT, ADDRESS, OPT]), error(EDNS, FORMERR)),
    "two OPTs of which one is of version 1 get FORMERR": (
        having(additional=[OPT, wire.opt(version=1)]), error(EDNS, FORMERR)),
    "OPT in the answer section gets FORMERR": (having(answer=[OPT]), error(PLAIN, FORMERR)),
    "OPT in the authority section gets FORMERR": (having(authority=[OPT]), error(PLAIN, FORMERR)),
    "OPT with a name gets FORMERR": (
        having(additional=[wire.opt(owner=b"\1a\0")]), error(PLAIN, FORMERR)),
    "OPT with a pointer as its name gets FORMERR": (
        having(additional=[wire.opt(owner=b"\xc0\x0c")]), error(PLAIN, FORMERR)),
    "OPT with a pointer to a root as its name gets FORMERR": (
        having(additional=[wire.opt(owner=ROOT_OF_QUESTION)]), error(PLAIN, FORMERR)),
    "OPT that ARCOUNT does not count gets FORMERR": (PLAIN + OPT, error(PLAIN, FORMERR)),
    "ARCOUNT that counts an OPT too many gets FORMERR": (
        having(additional=[OPT, b""]), error(EDNS, FORMERR)),
    "OPT cut in its head gets FORMERR": (having(additional=[OPT[:-1]]), error(PLAIN, FORMERR)),
    "OPT cut in its options gets FORMERR": (
        having(additional=[wire.opt(options=option(3, b"abcd"))[:-1]]), error(PLAIN, FORMERR)),
    "an option longer than OPT gets FORMERR": (
        with_opt(options=b"\0\3\0\5abcd"), error(EDNS, FORMERR)),
    "an option cut in its head gets FORMERR": (with_opt(options=b"\0\3\0"), error(EDNS, FORMERR)),
    "an octet behind the last option gets FORMERR": (
        with_opt(options=option(100) + b"\0"), error(EDNS, FORMERR)),
    "32 options are read": (with_opt(options=option(65001) * 32), EDNS_ANSWER),
    "33 options get FORMERR (hardening 44)": (
        with_opt(options=option(65001) * 33), error(EDNS, FORMERR)),
})
@pytest.mark.every_transport
def test_places(port, case):
    check(port, case)
