"""Replies in the form that is compared, and requests; by hand, because there are many of them."""

import struct

QR, AA, TC, RD, RA, Z, AD, CD = 0x8000, 0x0400, 0x0200, 0x0100, 0x0080, 0x0040, 0x0020, 0x0010
NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED, YXDOMAIN = range(7)
NOTAUTH, BADVERS = 9, 16
QUERY, IQUERY, STATUS, NOTIFY, UPDATE, DSO = 0, 1, 2, 4, 5, 6
IN, CH, HS, NONE, ANY = 1, 3, 4, 254, 255
DO = 0x8000

TYPES = {
    "A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "HINFO": 13, "MX": 15, "TXT": 16, "RP": 17,
    "AFSDB": 18, "X25": 19, "RT": 21, "SIG": 24, "KEY": 25, "AAAA": 28, "LOC": 29, "SRV": 33,
    "NAPTR": 35, "KX": 36, "CERT": 37, "DNAME": 39, "OPT": 41, "APL": 42, "DS": 43, "SSHFP": 44,
    "RRSIG": 46, "NSEC": 47, "DNSKEY": 48, "DHCID": 49, "NSEC3": 50, "NSEC3PARAM": 51, "TLSA": 52,
    "SMIMEA": 53, "CDS": 59, "CDNSKEY": 60, "OPENPGPKEY": 61, "CSYNC": 62, "ZONEMD": 63,
    "SVCB": 64, "HTTPS": 65, "SPF": 99, "NID": 104, "L32": 105, "L64": 106, "LP": 107,
    "EUI48": 108, "EUI64": 109, "TKEY": 249, "TSIG": 250, "IXFR": 251, "AXFR": 252, "MAILB": 253,
    "MAILA": 254, "ANY": 255, "URI": 256, "CAA": 257}
TYPE_NAMES = {code: text for text, code in TYPES.items()}
RCODES = {0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED",
          6: "YXDOMAIN", 9: "NOTAUTH", 16: "BADVERS"}
A, NS, CNAME, SOA, MX, TXT, AAAA, SRV = 1, 2, 5, 6, 15, 16, 28, 33
DNAME, OPT, DS, RRSIG, NSEC, DNSKEY, NSEC3, NSEC3PARAM = 39, 41, 43, 46, 47, 48, 50, 51
SVCB, HTTPS = 64, 65

# Names in rdata: octets before the first one, how many there are, then the rest as it stands.
_RDATA_NAMES = {2: (0, 1), 3: (0, 1), 4: (0, 1), 5: (0, 1), 6: (0, 2), 7: (0, 1), 8: (0, 1),
                9: (0, 1), 12: (0, 1), 14: (0, 2), 15: (2, 1), 17: (0, 2), 18: (2, 1), 21: (2, 1),
                33: (6, 1), 36: (2, 1), 39: (0, 1), 46: (18, 1), 47: (0, 1), 107: (2, 1)}

_HEADER = struct.Struct("!6H")
_FIXED = struct.Struct("!HHIH")


def type_text(code):
    return TYPE_NAMES.get(code, f"TYPE{code}")


def rcode_text(code):
    return RCODES.get(code, f"RCODE{code}")


class Malformed(Exception):
    """A reply that cannot be read."""


class Reply:
    """One reply. Records are (owner, type, class, TTL, rdata); names in lower case."""

    __slots__ = ("flags", "rcode", "opcode", "question", "answer", "authority", "additional",
                 "opt", "repeated", "size", "octets")

    def records(self, section, *types):
        return frozenset(r for r in getattr(self, section) if r[1] in types)

    def has(self, flag):
        return bool(self.flags & flag)


def _expand(message, at, known):
    """(octets of the name in lower case, place behind it); `known`: place -> octets."""
    labels, end, limit, places = [], None, at, []
    while True:
        length = message[at]
        if length >= 0xc0:
            target = (length & 0x3f) << 8 | message[at + 1]
            end = end or at + 2
            if target >= limit:
                raise Malformed("pointer that does not lead back")
            if target in known:
                labels.append(known[target])
                break
            at = limit = target
            continue
        if length >= 64:
            raise Malformed("label type")
        places.append((at, len(labels)))
        labels.append(message[at:at + 1 + length])
        at += 1 + length
        if length == 0:
            break
    octets = b"".join(labels).lower()
    if len(octets) > 255:
        raise Malformed("name too long")
    skipped = 0
    for (place, index), label in zip(places, labels):
        known[place] = octets[skipped:]
        skipped += len(label)
    return octets, end or at


def _rdata(message, at, size, rr_type, known):
    names = _RDATA_NAMES.get(rr_type)
    if names is None:
        return message[at:at + size]
    before, count = names
    end = at + size
    parts = [message[at:at + before]]
    at += before
    for _ in range(count):
        octets, at = _expand(message, at, known)
        parts.append(octets)
    if at > end:
        raise Malformed("rdata is longer than it says")
    parts.append(message[at:end])
    return b"".join(parts)


def _section(message, at, count, known):
    records, opt = [], None
    for _ in range(count):
        owner, at = _expand(message, at, known)
        rr_type, rr_class, ttl, size = _FIXED.unpack_from(message, at)
        at += 10
        if at + size > len(message):
            raise Malformed("rdata is cut")
        if rr_type == OPT:
            if opt is not None or owner != b"\0":
                raise Malformed("OPT")
            opt = (rr_class, ttl, message[at:at + size])
        else:
            records.append((owner, rr_type, rr_class, ttl,
                            _rdata(message, at, size, rr_type, known)))
        at += size
    return records, opt, at


def parse(message):
    """Reads a whole reply. Raises Malformed."""
    try:
        return _parse(message)
    except (IndexError, struct.error) as error:
        raise Malformed("cut") from error


def _parse(message):
    reply = Reply()
    _, flags, questions, answers, authorities, additionals = _HEADER.unpack_from(message)
    at, known = 12, {}
    for _ in range(questions):
        _, at = _expand(message, at, known)
        at += 4
    reply.question = message[12:at]
    answer, opt, at = _section(message, at, answers, known)
    authority, extra, at = _section(message, at, authorities, known)
    if opt or extra:
        raise Malformed("OPT outside of the additional section")
    additional, opt, at = _section(message, at, additionals, known)
    if at != len(message):
        raise Malformed("octets behind the last record")
    reply.flags = flags
    reply.opt = opt
    reply.opcode = flags >> 11 & 15
    reply.rcode = flags & 15 | (opt[1] >> 24 << 4 if opt else 0)
    reply.answer = frozenset(answer)
    reply.authority = frozenset(authority)
    reply.additional = frozenset(additional)
    reply.repeated = (len(answer) + len(authority) + len(additional)
                      - len(reply.answer) - len(reply.authority) - len(reply.additional))
    reply.size = len(message)
    reply.octets = message
    return reply


def name_text(octets):
    """Text of a name on the wire."""
    out, at = [], 0
    while octets[at]:
        label = octets[at + 1:at + 1 + octets[at]]
        out.append("".join(chr(o) if 33 <= o < 127 and o not in b'.\\"();@$' else f"\\{o:03d}"
                           for o in label) + ".")
        at += 1 + octets[at]
    return "".join(out) or "."


def labels_of(octets):
    found, at = [], 0
    while octets[at]:
        found.append(octets[at + 1:at + 1 + octets[at]])
        at += 1 + octets[at]
    return tuple(found)


def record_text(record):
    owner, rr_type, rr_class, ttl, rdata = record
    shown = rdata.hex()
    names = _RDATA_NAMES.get(rr_type)
    if names:
        shown, at = rdata[:names[0]].hex(), names[0]
        for _ in range(names[1]):
            shown += " " + name_text(rdata[at:])
            at += sum(len(label) + 1 for label in labels_of(rdata[at:])) + 1
        shown += " " + rdata[at:].hex()
    kind = type_text(rr_type)
    if rr_type == RRSIG:
        kind += "(" + type_text(int.from_bytes(rdata[:2], "big")) + ")"
    return f"{name_text(owner)} {ttl} {rr_class} {kind} {shown.strip()[:160]}"


def signed_type(record):
    """The type of a record; of an RRSIG, that of what it signs."""
    return int.from_bytes(record[4][:2], "big") if record[1] == RRSIG else record[1]


def reply_text(reply):
    """What a person compares."""
    if reply is None:
        return ["(no reply)"]
    flags = [text for bit, text in ((QR, "qr"), (AA, "aa"), (TC, "tc"), (RD, "rd"), (RA, "ra"),
                                    (Z, "z"), (AD, "ad"), (CD, "cd")) if reply.flags & bit]
    lines = [f"{rcode_text(reply.rcode)} opcode {reply.opcode} {' '.join(flags)}; "
             f"{reply.size} octets; opt {reply.opt}; question {reply.question[-4:].hex()}"]
    for section in ("answer", "authority", "additional"):
        for record in sorted(getattr(reply, section)):
            lines.append(f"{section[:4]}: {record_text(record)}")
    return lines


def opt_record(size=1232, flags=0, options=b"", version=0):
    return b"\0" + struct.pack("!HHBBHH", OPT, size, 0, version, flags, len(options)) + options


def request(qname, qtype, qclass=IN, *, flags=0, opt=b""):
    """A request with id 0 and, unless `opt` is empty, that OPT record."""
    return (_HEADER.pack(0, flags, 1, 0, 0, 1 if opt else 0) + qname
            + struct.pack("!HH", qtype, qclass) + opt)
