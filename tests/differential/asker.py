"""Makes questions about the zones of a batch from a seed."""

import dataclasses
import random
import struct

import messages
import names

TYPES = ["A", "AAAA", "NS", "SOA", "MX", "TXT", "CNAME", "DNAME", "DS", "DNSKEY", "NSEC", "NSEC3",
         "NSEC3PARAM", "RRSIG", "ANY", "SRV", "PTR", "HTTPS", "SVCB", "CDS", "ZONEMD", "CAA",
         "NAPTR", "TLSA", "SPF", "KEY", "SIG"]
TRANSFERS = (251, 252)
META_TYPES = [0, 41, 128, 129, 248, 249, 250, 253, 254]
CHAOS_NAMES = [names.name(text) for text in (
    "id.server", "hostname.bind", "version.server", "version.bind", "authors.bind", "nothing.bind",
    ".")]
OTHER_OPCODES = [messages.IQUERY, messages.STATUS, 3, messages.DSO, 7, 15]
COOKIE, NSID, SUBNET, EXPIRE, KEEPALIVE, PADDING = 10, 3, 8, 9, 11, 12


@dataclasses.dataclass(frozen=True)
class Question:
    """One request, with what classes.py asks about it."""

    qname: tuple       # in the case that is asked
    qtype: int
    qclass: int
    opcode: int
    flags: int         # without the opcode
    edns: tuple | None  # (size, DO, version, flags, options)
    tcp: bool
    octets: bytes

    @property
    def key(self):
        return names.lower(self.qname)

    @property
    def do(self):
        return self.edns is not None and self.edns[1]

    def over_tcp(self):
        return dataclasses.replace(self, tcp=True)

    def kdig(self):
        """The command that asks the same."""
        parts = ["kdig", "@127.0.0.1", "-p", "PORT", f"'{names.text(self.qname)}'",
                 messages.type_text(self.qtype)]
        if self.qclass != messages.IN:
            parts.append("CH" if self.qclass == messages.CH else f"CLASS{self.qclass}")
        parts.append("+tcp" if self.tcp else "+notcp +ignore")
        for bit, text in ((messages.AA, "aa"), (messages.TC, "tc"), (messages.RD, "rd"),
                          (messages.RA, "ra"), (messages.Z, "z"), (messages.AD, "ad"),
                          (messages.CD, "cd")):
            parts.append(f"+{'' if self.flags & bit else 'no'}{text}flag")
        if self.opcode:
            parts.append(f"+opcode={self.opcode}  # kdig cannot")
        if self.edns is None:
            return " ".join([*parts, "+noedns"])
        size, do, version, flags, options = self.edns
        parts += [f"+edns={version}", f"+bufsize={size}", "+dnssec" if do else "+nodnssec"]
        at = 0
        while at < len(options):
            code, length = struct.unpack_from("!HH", options, at)
            parts.append(f"+ednsopt={code}:{options[at + 4:at + 4 + length].hex()}")
            at += 4 + length
        return " ".join(parts) + (f"  # EDNS flags {flags:#06x}" if flags else "")


class Asker:
    """Questions without end; the same ones for the same seed and zones."""

    def __init__(self, seed, number, zones):
        self.rng = random.Random(f"questions {seed} {number}")
        self.zones = zones
        self.weights = [len(zone.names) for zone in zones]
        self.owners = {zone.key: sorted(zone.names) for zone in zones}

    # ---- names ------------------------------------------------------------------------------

    def label(self):
        rng = self.rng
        return bytes(rng.choice(b"abcxyz019-*\0\xffZ") for _ in range(rng.choice([1, 1, 3, 8, 63])))

    def near(self, labels):
        """The name with one octet changed, a label gone, or a label doubled."""
        rng = self.rng
        if not labels:
            return (self.label(),)
        at = rng.randrange(len(labels))
        roll = rng.random()
        if roll < 0.5:
            label = bytearray(labels[at])
            label[rng.randrange(len(label))] = rng.choice(b"abz09-*\0\xff")
            return labels[:at] + (bytes(label),) + labels[at + 1:]
        if roll < 0.75:
            return labels[:at] + labels[at + 1:]
        return labels[:at + 1] + labels[at:]

    def special(self, zone):
        """A name of what is easily answered wrongly: cuts, aliases, wildcards, DNAMEs."""
        rng = self.rng
        lists = [each for each in (zone.cuts, zone.dnames, zone.wildcards, zone.aliases,
                                   [child.key for child in zone.children]) if each]
        return rng.choice(rng.choice(lists)) if lists else zone.key

    def base(self, zone):
        owners = self.owners[zone.key]
        return self.special(zone) if self.rng.random() < 0.45 else self.rng.choice(owners)

    def qname(self, zone):
        rng = self.rng
        labels = self.base(zone)
        roll = rng.random()
        if roll < 0.35:
            return labels
        if roll < 0.65:
            if labels[:1] == (b"*",) and rng.random() < 0.8:
                labels = labels[1:]  # what the wildcard is for
            for _ in range(rng.choice([1, 1, 1, 2, 3, 10])):
                labels = (rng.choice([b"a", b"www", b"ns1", b"*", self.label()]),) + labels
        elif roll < 0.75:
            labels = labels[rng.choice([1, 1, 2, 3]):]
        elif roll < 0.95:
            labels = self.near(labels)
        else:
            labels = self.near(rng.choice(self.owners[rng.choice(self.zones).key]))
        if rng.random() < 0.03:
            while names.size(labels) < 180:
                labels = (b"q" * rng.choice([20, 63]),) + labels
        while names.size(labels) > names.MAX_NAME_SIZE:
            labels = labels[1:]
        return labels

    def recase(self, labels):
        if self.rng.random() < 0.7:
            return labels
        return tuple(bytes(o ^ 32 if chr(o).isalpha() and o < 128 and self.rng.random() < 0.5
                           else o for o in label) for label in labels)

    # ---- the rest ---------------------------------------------------------------------------

    def qtype(self, zone, labels):
        rng = self.rng
        types = zone.names.get(names.lower(labels))
        roll = rng.random()
        if types and roll < 0.4:
            text = rng.choice(sorted(types))
            return messages.TYPES.get(text) or int(text.removeprefix("TYPE"))
        if roll < 0.93:
            return messages.TYPES[rng.choice(TYPES[:14] if rng.random() < 0.7 else TYPES)]
        other = rng.choice([65280, 731, 1000, 65535, rng.randrange(1, 65536)])
        return 65280 if other in TRANSFERS else other

    def edns(self):
        rng = self.rng
        if rng.random() < 0.3:
            return None
        size = rng.choice([1232, 1232, 1232, 4096, 512, 0, 700, 65535, rng.randrange(65536)])
        options = b""
        roll = rng.random()
        if roll < 0.03:
            options = struct.pack("!HH", NSID, 0)
        elif roll < 0.05:
            options = struct.pack("!HH4s", 65001, 4, b"what")
        elif roll < 0.06:
            options = struct.pack("!HH8s", COOKIE, 8, b"12345678")
        elif roll < 0.07:
            options = struct.pack("!HH10s", PADDING, 10, bytes(10))
        elif roll < 0.08:
            options = struct.pack("!HHHBB3s", SUBNET, 7, 1, 24, 0, bytes((192, 0, 2)))
        elif roll < 0.09:
            options = struct.pack("!HH", EXPIRE, 0)
        version = 0 if rng.random() < 0.99 else rng.choice([1, 2, 255])
        flags = 0 if rng.random() < 0.97 else rng.choice([1, 0x4000, 0x7fff])
        return size, rng.random() < 0.65, version, flags, options

    def make(self):
        rng = self.rng
        zone = rng.choices(self.zones, self.weights)[0]
        labels = self.qname(zone)
        qtype, qclass, opcode = self.qtype(zone, labels), messages.IN, messages.QUERY
        roll = rng.random()
        if roll < 0.005:
            labels, qclass = rng.choice(CHAOS_NAMES), messages.CH
            qtype = rng.choice([messages.TXT, messages.TXT, messages.A, 255])
        elif roll < 0.01:
            qclass = rng.choice([messages.ANY, messages.HS, messages.NONE, 0, 7, messages.CH])
        elif roll < 0.015:
            qtype = rng.choice(META_TYPES)
        elif roll < 0.018:
            opcode = rng.choice(OTHER_OPCODES)
        flags = messages.RD if rng.random() < 0.3 else 0
        for bit, chance in ((messages.CD, 0.1), (messages.AD, 0.1), (messages.AA, 0.02),
                            (messages.RA, 0.02), (messages.Z, 0.02), (messages.TC, 0.005)):
            if rng.random() < chance:
                flags |= bit
        return self.question(self.recase(labels), qtype, qclass, opcode, flags, self.edns(),
                             rng.random() < 0.04)

    @staticmethod
    def question(labels, qtype, qclass, opcode, flags, edns, tcp):
        opt = b""
        if edns is not None:
            size, do, version, opt_flags, options = edns
            opt = messages.opt_record(size, opt_flags | (messages.DO if do else 0), options,
                                      version)
        octets = messages.request(names.wire(labels), qtype, qclass, flags=flags | opcode << 11,
                                  opt=opt)
        return Question(labels, qtype, qclass, opcode, flags, edns, tcp, octets)
