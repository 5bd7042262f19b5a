"""Questions, and the very octets of the messages that must come back, from records spelt out.

Names are compressed as RFC 1035 4.1.4 allows: owners whatever their case, names in rdata (only of
the types of that RFC) in their exact case, each against all names that stand before.
"""

import struct

import wire

ZONE = "packets.test."
IDENT = 0x1d5e
OWN_PAYLOAD = 4096  # server.udp-max-payload of all backends here
PROXIES = ("192.0.2.200", "2001:db8::c8")  # server.proxy-allowlist of all backends here
IDENTITY, VERSION, NSID = "packets box", "Packets 1", "box"
SERVER_OPTIONS = f"""udp-max-payload: {OWN_PAYLOAD}
identity: "{IDENTITY}"
version: "{VERSION}"
nsid: {NSID}
proxy-allowlist: [ {", ".join(PROXIES)} ]
edns-client-subnet: on"""
FIXED_OVERHEAD = 59   # of a reply to sized_name() with OPT: all but its rdata


class Name(str):
    """A name in rdata, which is compressed."""


def query(name="www.packets.test.", rr_type="A", **options):
    options.setdefault("ident", IDENT)
    return wire.query(name, rr_type, **options)


class Writer:
    def __init__(self, question):
        self.octets = bytearray(question)
        self.places = []  # (suffix as it stands, offset)
        self._remember(wire.expand(bytes(question), 12)[0], 12)

    def _remember(self, name, at):
        while name != b"\0":
            if at < 0x4000:
                self.places.append((name, at))
            at, name = at + 1 + name[0], name[1 + name[0]:]

    def name(self, text, keep_case):
        rest, begin = wire.name(text), len(self.octets)
        fresh = rest
        while rest != b"\0":
            for suffix, at in self.places:
                if suffix == rest or not keep_case and suffix.lower() == rest.lower():
                    labels = fresh[:len(fresh) - len(rest)]
                    self.octets += labels + struct.pack("!H", 0xc000 | at)
                    self._remember_part(fresh, begin, len(rest))
                    return
            rest = rest[1 + rest[0]:]
        self.octets += fresh
        self._remember(fresh, begin)

    def _remember_part(self, name, at, known):
        while len(name) > known:
            self.places.append((name, at))
            at, name = at + 1 + name[0], name[1 + name[0]:]

    def record(self, owner, rr_type, ttl, *rdata):
        self.name(owner, keep_case=False)
        self.octets += struct.pack("!HHIH", wire.type_code(rr_type), wire.IN, ttl, 0)
        begin = len(self.octets)
        for part in rdata:
            if isinstance(part, Name):
                self.name(part, keep_case=True)
            else:
                self.octets += part
        struct.pack_into("!H", self.octets, begin - 2, len(self.octets) - begin)


def extended_error(code):
    """The option of RFC 8914 as octets."""
    return wire.option(15, struct.pack("!H", code))


def reply(request, *, rcode=wire.NOERROR, aa=True, tc=False, answer=(), authority=(),
          additional=(), payload=OWN_PAYLOAD, options=b""):
    """The reply to a request with one question; OPT comes back if one was sent, with `options`."""
    asked = wire.parse(request)
    end = wire.expand(request, 12)[1] + 4
    writer = Writer(request[:end])
    for each in (*answer, *authority, *additional):
        writer.record(*each)
    if asked.opt:
        writer.octets += wire.opt(payload, asked.opt.ttl & wire.DO, options, extended=rcode >> 4)
    flags = (wire.QR | asked.flags & (0x7800 | wire.RD) | (wire.AA if aa else 0)
             | (wire.TC if tc else 0) | rcode & 15)
    counts = (1, len(answer), len(authority), len(additional) + bool(asked.opt))
    struct.pack_into("!5H", writer.octets, 2, flags, *counts)
    return bytes(writer.octets)


def error(request, rcode, *, question=True, options=b""):
    """An error; without the question if that could not be read."""
    if question:
        return reply(request, rcode=rcode, aa=False, options=options)
    flags = struct.unpack_from("!H", request, 2)[0]
    return wire.header(int.from_bytes(request[:2], "big"),
                       wire.QR | flags & (0x7800 | wire.RD) | rcode, (0, 0, 0, 0))


# ---- The zone of these tests ---------------------------------------------------------------------

SIZES = sorted({*range(500, 530), *range(1226, 1240), *range(1440, 1480), 600, 900, 1024, 1400})
WWW = ((f"www.{ZONE}", "A", 300, bytes((192, 0, 2, 80))),)
SOA_RDATA = (Name(f"ns.{ZONE}"), Name(f"hostmaster.{ZONE}"),
             struct.pack("!5I", 7, 3600, 600, 86400, 60))
NEGATIVE_SOA = (ZONE, "SOA", 60, *SOA_RDATA)  # RFC 2308 5: the least of TTL and minimum


def sized_name(size):
    """The name whose TXT record makes a reply with OPT of so many octets."""
    return f"s{size:04}.{ZONE}"


def sized_strings(size):
    """Its character-strings."""
    left, strings = size - FIXED_OVERHEAD, []
    while left:
        take = min(255, left - 1)
        strings.append(bytes(0x61 + (size + len(strings) + i) % 26 for i in range(take)))
        left -= take + 1
    return strings


def sized_answer(size):
    rdata = b"".join(bytes((len(each),)) + each for each in sized_strings(size))
    return ((sized_name(size), "TXT", 300, rdata),)


def zone_text():
    lines = [f"$ORIGIN {ZONE}", "$TTL 300", "@ SOA ns hostmaster 7 3600 600 86400 60", "@ NS ns",
             "ns A 192.0.2.53", "www A 192.0.2.80", "www AAAA 2001:db8::80", "alias CNAME www"]
    lines += [f"s{size:04} TXT " + " ".join(f'"{each.decode()}"' for each in sized_strings(size))
              for size in SIZES]
    return "\n".join(lines) + "\n"
