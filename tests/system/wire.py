"""Messages to and from octets, for tests: no library decides here what an answer means.

Names in rdata of the types of RFC 1035 (the only ones that may be compressed) are expanded; all
other rdata is taken as it stands, so a server that compresses what it must not is found out.
"""

import dataclasses
import struct

import dns.name
import dns.rdatatype

QR, AA, TC, RD, RA, Z, AD, CD = 0x8000, 0x0400, 0x0200, 0x0100, 0x0080, 0x0040, 0x0020, 0x0010
NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED = range(6)
NOTAUTH, BADVERS = 9, 16
QUERY, IQUERY, STATUS, NOTIFY, UPDATE, DSO = 0, 1, 2, 4, 5, 6
IN, CH, HS, NONE, ANY = 1, 3, 4, 254, 255
OPT, TSIG = 41, 250
DO = 0x8000

# Names inside rdata: how many octets stand before the first name, and how many names follow.
COMPRESSIBLE = {2: (0, 1), 3: (0, 1), 4: (0, 1), 5: (0, 1), 6: (0, 2), 7: (0, 1), 8: (0, 1),
                9: (0, 1), 12: (0, 1), 14: (0, 2), 15: (2, 1)}

_TYPES = {}


def type_code(text):
    if isinstance(text, int):
        return text
    if text not in _TYPES:
        _TYPES[text] = int(dns.rdatatype.from_text(text))
    return _TYPES[text]


def name(text):
    """Octets of a name in text, of a dnspython name, or of octets as they are."""
    if isinstance(text, bytes):
        return text
    if isinstance(text, str):
        text = dns.name.from_text(text)
    return text.to_wire()


def opt(size=1232, flags=0, options=b"", version=0, owner=b"\0", extended=0):
    fixed = struct.pack("!HHBBHH", OPT, size, extended, version, flags, len(options))
    return owner + fixed + options


def option(code, value=b""):
    return struct.pack("!HH", code, len(value)) + value


def record(owner, rr_type, rr_class=IN, ttl=0, rdata=b""):
    return name(owner) + struct.pack("!HHIH", type_code(rr_type), rr_class, ttl, len(rdata)) + rdata


def header(ident=0, flags=0, counts=(1, 0, 0, 0)):
    return struct.pack("!6H", ident, flags, *counts)


def question(qname, qtype="A", qclass=IN):
    return name(qname) + struct.pack("!HH", type_code(qtype), qclass)


def query(qname, qtype="A", *, qclass=IN, ident=0, flags=0, edns=None, do=False, options=b""):
    """`edns`: size to offer; None: no OPT unless DO or options are wanted."""
    if edns is None and (do or options):
        edns = 1232
    tail = b"" if edns is None else opt(edns, DO if do else 0, options)
    return (header(ident, flags, (1, 0, 0, 1 if tail else 0)) + question(qname, qtype, qclass)
            + tail)


def with_id(message, ident):
    return struct.pack("!H", ident) + message[2:]


@dataclasses.dataclass(frozen=True)
class Record:
    owner: bytes  # uncompressed, case as it came
    type: int
    rr_class: int
    ttl: int
    rdata: bytes  # names expanded


@dataclasses.dataclass
class Message:
    ident: int
    flags: int
    counts: tuple
    questions: list
    answer: list
    authority: list
    additional: list  # without OPT
    opt: Record | None
    size: int
    octets: bytes

    @property
    def rcode(self):
        extended = self.opt.ttl >> 24 if self.opt else 0
        return extended << 4 | self.flags & 15

    @property
    def opcode(self):
        return self.flags >> 11 & 15

    @property
    def aa(self):
        return bool(self.flags & AA)

    @property
    def tc(self):
        return bool(self.flags & TC)

    def rdata(self, section, owner, rr_type):
        """Set of rdata of one RRset; the owner without regard to case."""
        wanted, code = name(owner).lower(), type_code(rr_type)
        return {r.rdata for r in getattr(self, section)
                if r.type == code and r.owner.lower() == wanted}

    def options(self):
        found, rest = [], self.opt.rdata if self.opt else b""
        while rest:
            code, size = struct.unpack_from("!HH", rest)
            found.append((code, rest[4:4 + size]))
            rest = rest[4 + size:]
        return found


def expand(message, at):
    """Returns (octets of the name at `at`, place behind it)."""
    labels, end, limit = [], None, at
    while True:
        length = message[at]
        if length >= 0xc0:
            target = (length & 0x3f) << 8 | message[at + 1]
            end = end or at + 2
            assert target < limit, "pointer that does not lead back"
            at = limit = target
            continue
        assert length < 64, "label type"
        labels.append(message[at:at + 1 + length])
        at += 1 + length
        if length == 0:
            octets = b"".join(labels)
            assert len(octets) <= 255
            return octets, end or at


def _rdata(message, at, size, rr_type):
    names = COMPRESSIBLE.get(rr_type)
    if names is None:
        return message[at:at + size]
    before, count = names
    end = at + size
    parts = [message[at:at + before]]
    at += before
    for _ in range(count):
        octets, at = expand(message, at)
        parts.append(octets)
    parts.append(message[at:end])
    assert at <= end
    return b"".join(parts)


def parse(message):
    """Reads a whole message; fails on anything that is not well-formed."""
    ident, flags, *counts = struct.unpack_from("!6H", message)
    at, questions, sections, found_opt = 12, [], [], None
    for _ in range(counts[0]):
        qname, at = expand(message, at)
        questions.append((qname, *struct.unpack_from("!HH", message, at)))
        at += 4
    for count in counts[1:]:
        records = []
        for _ in range(count):
            owner, at = expand(message, at)
            rr_type, rr_class, ttl, size = struct.unpack_from("!HHIH", message, at)
            at += 10
            assert at + size <= len(message), "rdata is cut"
            found = Record(owner, rr_type, rr_class, ttl, _rdata(message, at, size, rr_type))
            at += size
            if rr_type == OPT:
                assert found_opt is None, "two OPT"
                found_opt = found
            else:
                records.append(found)
        sections.append(records)
    assert at == len(message), "octets behind the last record"
    return Message(ident, flags, tuple(counts), questions, *sections, found_opt, len(message),
                   message)


def soa_serial(soa):
    return struct.unpack("!I", soa.rdata[-20:-16])[0]
