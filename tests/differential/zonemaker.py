"""Makes zones of every shape from a seed: what each one holds, before it is signed.

make_world() gives the zones of one batch: some are parents and children of each other, and their
aliases lead into each other.
"""

import dataclasses
import random

import names
from names import text

WORDS = [b"www", b"mail", b"ns1", b"ns2", b"a", b"b", b"c", b"x", b"alias", b"deep", b"host", b"dn",
         b"sub", b"cut", b"zone", b"WwW", b"Api", b"_dns", b"_tcp", b"1",
         b"long-label-with-hyphens"]
ODD_LABELS = [b"\0", b"\xff\xfe", b"a.b", b"sp ace", b'q"uo', b"semi;", b"ba\\ck", b"*x", b"x*",
              b"UPPER", b"\x7f\x80", b"$", b"@", b"(", b"0" * 63, b"xn--caf-dma", b"\xc3\xa9"]
OUTSIDE = names.name("out.side.invalid")
FLAVOURS = ["unsigned"] * 6 + ["nsec"] * 4 + ["nsec3"] * 5 + ["optout"] * 4
LARGE_TYPES = ["TXT", "A", "AAAA", "MX", "NS"]


@dataclasses.dataclass(eq=False)
class Zone:
    """What is in a zone, and what the questions are made from. Keys are in lower case."""

    origin: tuple
    flavour: str
    records: list = dataclasses.field(default_factory=list)  # (owner, TTL, type, rdata text)
    names: dict = dataclasses.field(default_factory=dict)    # owner -> set of types
    spelling: dict = dataclasses.field(default_factory=dict)  # owner -> as it was written
    cuts: list = dataclasses.field(default_factory=list)
    dnames: list = dataclasses.field(default_factory=list)
    wildcards: list = dataclasses.field(default_factory=list)
    aliases: list = dataclasses.field(default_factory=list)
    children: list = dataclasses.field(default_factory=list)  # zones that are served here too
    secure_children: list = dataclasses.field(default_factory=list)
    path: object = None       # the file that is served
    source: object = None     # the file before it was signed
    signed_by: str = ""       # the command
    keys: list = dataclasses.field(default_factory=list)      # signer.Key

    @property
    def key(self):
        return names.lower(self.origin)

    def __str__(self):
        return text(self.origin)


class Maker:
    """Fills one zone."""

    def __init__(self, rng, zone, world):
        self.rng = rng
        self.zone = zone
        self.world = world
        self.odd = rng.random() < 0.4  # ldns-signzone cannot write such names
        self.ttls = rng.choice([[300], [60, 300, 3600], [0, 1, 86400, 2147483647]])
        if zone.flavour != "unsigned":  # dnssec-signzone shortens what would outlive a signature
            self.ttls = [min(ttl, 86400) for ttl in self.ttls]

    # ---- adding -----------------------------------------------------------------------------

    def types(self, owner):
        return self.zone.names.get(names.lower(owner), set())

    def closed(self, owner):
        """Whether a DNAME stands above: nothing may be below it (RFC 6672 2.4).

        Of any zone: nsd takes what another zone has there for data below it.
        """
        key = names.lower(owner)
        return any(len(key) > len(d) and names.is_below(key, d)
                   for zone in [self.zone, *self.world] for d in zone.dnames)

    def may_add(self, owner, rr_type):
        types = self.types(owner)
        if names.size(owner) > names.MAX_NAME_SIZE - 12 or self.closed(owner):
            return False
        if rr_type == "CNAME":
            return not types
        if rr_type == "DNAME":
            key = names.lower(owner)
            return ("CNAME" not in types and "DNAME" not in types and "NS" not in types
                    and not any(n != key and names.is_below(n, key)
                                for zone in [self.zone, *self.world] for n in zone.names))
        return "CNAME" not in types and not (rr_type == "NS" and "DNAME" in types)

    def add(self, owner, rr_type, *rdatas):
        """Adds one RRset if the rules of zone files allow it; gives back whether they did."""
        if not self.may_add(owner, rr_type):
            return False
        key = names.lower(owner)
        if rr_type in self.types(owner):
            return False
        ttl = self.rng.choice(self.ttls)
        for rdata in dict.fromkeys(rdatas):
            self.zone.records.append((owner, ttl, rr_type, rdata))
        self.zone.names.setdefault(key, set()).add(rr_type)
        self.zone.spelling.setdefault(key, owner)
        lists = {"CNAME": self.zone.aliases, "DNAME": self.zone.dnames}
        if rr_type in lists:
            lists[rr_type].append(key)
        if rr_type == "NS" and key != self.zone.key:
            self.zone.cuts.append(key)
        if b"*" in key[:1] and key not in self.zone.wildcards:
            self.zone.wildcards.append(key)
        return True

    # ---- names ------------------------------------------------------------------------------

    def label(self):
        roll = self.rng.random()
        if roll < 0.75:
            return self.rng.choice(WORDS)
        if roll < 0.85 and self.odd:
            return self.rng.choice(ODD_LABELS)
        return bytes(self.rng.choice(b"abcdefghijklmnopqrstuvwxyz0123456789-")
                     for _ in range(self.rng.choice([1, 2, 5, 12, 40])))

    def below(self, parent, depth=None):
        depth = depth or self.rng.choice([1, 1, 1, 2, 2, 3, 4])
        return tuple(self.label() for _ in range(depth)) + parent

    def fresh(self, depth=None):
        """A name of this zone that nothing hides."""
        for _ in range(50):
            base = self.zone.origin
            if self.zone.names and self.rng.random() < 0.3:
                base = self.zone.spelling[self.rng.choice(sorted(self.zone.names))]
            owner = self.below(base, depth)
            if not self.closed(owner) and not self.occluded(owner) and names.size(owner) < 200:
                return owner
        return (b"spare%d" % self.rng.randrange(10 ** 6),) + self.zone.origin

    def occluded(self, owner):
        key = names.lower(owner)
        return any(names.is_below(key, cut) for cut in self.zone.cuts)

    def target(self):
        """Where an alias or a host name may point: anything, anywhere."""
        rng, zone = self.rng, self.zone
        roll = rng.random()
        if roll < 0.35 and zone.names:
            return zone.spelling[rng.choice(sorted(zone.names))]
        if roll < 0.5:
            return self.below(zone.origin)
        if roll < 0.6 and zone.names:
            return self.below(rng.choice(sorted(zone.names)), 1)
        if roll < 0.9 and self.world:
            other = rng.choice(self.world)
            if other.names and rng.random() < 0.6:
                found = other.spelling[rng.choice(sorted(other.names))]
                return found if self.odd or names.is_plain(found) else other.origin
            return self.below(other.origin)
        return self.below(OUTSIDE, 1)

    # ---- rdata ------------------------------------------------------------------------------

    def address(self):
        return f"192.0.2.{self.rng.randrange(256)}"

    def address6(self):
        return f"2001:db8::{self.rng.randrange(65536):x}:{self.rng.randrange(1, 65536):x}"

    def words(self):
        rng = self.rng
        return " ".join('"' + "".join(rng.choice("abc XYZ.;0") for _ in range(rng.choice(
            [0, 1, 9, 60, 255]))) + '"' for _ in range(rng.choice([1, 1, 2, 4])))

    def hex(self, size):
        return bytes(self.rng.randrange(256) for _ in range(size)).hex()

    def binding(self):
        rng = self.rng
        if rng.random() < 0.3:
            return f"0 {text(self.target())}"
        target = "." if rng.random() < 0.5 else text(self.target())
        extra = rng.choice(["", " alpn=h2,h3", " port=8443", " alpn=h2 ipv4hint=192.0.2.1",
                            " mandatory=alpn alpn=h2 ipv6hint=2001:db8::1", " key65333=abc"])
        return f"{rng.randrange(1, 9)} {target}{extra}"

    def rdata(self, rr_type):
        rng = self.rng
        simple = {
            "A": self.address, "AAAA": self.address6, "TXT": self.words, "SPF": self.words,
            "MX": lambda: f"{rng.randrange(50)} {text(self.target())}",
            "NS": lambda: text(self.target()), "PTR": lambda: text(self.target()),
            "SRV": lambda: f"{rng.randrange(9)} 5 {rng.randrange(65536)} {text(self.target())}",
            "NAPTR": lambda: f'100 {rng.randrange(99)} "u" "E2U+sip" "!^.*$!sip:i@x.test!" .',
            "CAA": lambda: f'{rng.choice([0, 128])} issue "ca{rng.randrange(9)}.test"',
            "TLSA": lambda: f"3 1 1 {self.hex(32)}", "SMIMEA": lambda: f"3 0 1 {self.hex(32)}",
            "SSHFP": lambda: f"4 2 {self.hex(32)}", "HINFO": lambda: '"cpu" "os"',
            "RP": lambda: f"{text(self.target())} {text(self.target())}",
            "AFSDB": lambda: f"1 {text(self.target())}", "KX": lambda: f"1 {text(self.target())}",
            "RT": lambda: f"1 {text(self.target())}",
            "LOC": lambda: "51 30 12.748 N 0 7 39.611 W 0.00m 0.00m 0.00m 0.00m",
            "URI": lambda: '10 1 "https://x.test/"', "CERT": lambda: "1 0 0 AAECAwQF",
            "EUI48": lambda: "00-00-5e-00-53-2a", "EUI64": lambda: "00-00-5e-ef-10-00-00-2a",
            "APL": lambda: "1:192.0.2.0/24 !2:2001:db8::/32", "DHCID": lambda: "AAIBY2/AuCccgoJb",
            "NID": lambda: "10 1014:4fff:ff20:ee64", "L32": lambda: "10 10.1.2.0",
            "L64": lambda: "10 2001:1db8:1140:1000", "LP": lambda: f"10 {text(self.target())}",
            "OPENPGPKEY": lambda: "AAECAwQFBgcICQ==", "CDS": lambda: f"12345 13 2 {self.hex(32)}",
            "CSYNC": lambda: "66 3 A NS AAAA", "SVCB": self.binding, "HTTPS": self.binding,
            "TYPE65280": lambda: f"\\# {(n := rng.randrange(1, 20))} {self.hex(n)}",
            "TYPE731": lambda: "\\# 0"}
        return simple[rr_type]()

    PLAIN_TYPES = ["A", "A", "A", "AAAA", "AAAA", "TXT", "TXT", "MX", "SRV", "PTR", "SPF", "NAPTR",
                   "CAA", "TLSA", "SMIMEA", "SSHFP", "HINFO", "RP", "AFSDB", "KX", "RT",
                   "LOC", "URI", "CERT", "EUI48", "EUI64", "APL", "DHCID", "NID", "L32", "L64",
                   "LP", "OPENPGPKEY", "CSYNC", "SVCB", "HTTPS", "TYPE65280", "TYPE731"]

    def fill(self, owner, kinds=None):
        """Gives the owner some RRsets."""
        for _ in range(kinds or self.rng.choice([1, 1, 2, 3])):
            rr_type = self.rng.choice(self.PLAIN_TYPES)
            self.add(owner, rr_type, *(self.rdata(rr_type) for _ in range(self.rng.choice(
                [1, 1, 2, 3]))))

    # ---- features ---------------------------------------------------------------------------

    def apex(self):
        rng, origin = self.rng, self.zone.origin
        serial, minimum = rng.randrange(1, 2 ** 32), rng.choice([0, 60, 300, 7200])
        primary = rng.choice([text((b"ns1",) + origin), ".", text(OUTSIDE)])
        self.add(origin, "SOA",
                 f"{primary} {text((b'hostmaster',) + origin)} {serial} 3600 600 86400 {minimum}")
        servers = [text((b"ns1",) + origin)]
        if rng.random() < 0.5:
            other = self.target()  # named wants an address for a server of the zone itself
            if not names.is_below(names.lower(other), self.zone.key):
                servers.append(text(other))
        if rng.random() < 0.3 and origin:
            servers.append(text((b"ns9",) + OUTSIDE))
        self.add(origin, "NS", *servers)
        self.add((b"ns1",) + origin, "A", self.address())
        if rng.random() < 0.5:
            self.add((b"ns1",) + origin, "AAAA", self.address6())
        if rng.random() < 0.5:
            self.fill(origin)

    def hosts(self):
        for _ in range(self.rng.randrange(4, 14)):
            self.fill(self.fresh())

    def wildcard(self):
        """A wildcard at some depth; with data, an alias, a DNAME, or nothing but what is below."""
        rng = self.rng
        base = rng.choice([self.zone.origin, self.fresh(1), self.fresh()])
        owner = (b"*",) + base
        if self.closed(owner) or self.occluded(owner):
            return
        roll = rng.random()
        if roll < 0.45:
            self.fill(owner)
        elif roll < 0.7:
            self.add(owner, "CNAME", text(self.target()))
        elif roll < 0.8:
            self.add(owner, "DNAME", text(self.target()))
        else:
            self.fill(self.below(owner, 1))
            if rng.random() < 0.5:
                self.fill(owner)
        if rng.random() < 0.5:
            self.fill(self.below(base))

    def alias(self):
        owner = self.fresh()
        self.add(owner, "CNAME", text(self.target()))

    def alias_chain(self):
        """A chain in order, sometimes a loop, sometimes longer than anybody follows."""
        rng = self.rng
        length = rng.choice([2, 3, 5, 9, 12, 20])
        links = [(b"l%d" % i,) + self.fresh(1) for i in range(length)]
        for here, there in zip(links, links[1:]):
            self.add(here, "CNAME", text(there))
        end = rng.choice([links[0], rng.choice(links), self.target(), self.below(OUTSIDE, 1)])
        self.add(links[-1], "CNAME", text(end))

    def dname(self):
        rng = self.rng
        owner = self.fresh()
        if rng.random() < 0.3:  # the target is so long that most names below do not fit
            target = tuple(b"t" * 60 for _ in range(rng.choice([2, 3]))) + self.zone.origin
            if names.size(target) > names.MAX_NAME_SIZE:
                return
        else:
            target = self.target()
        if self.add(owner, "DNAME", text(target)) and rng.random() < 0.5:
            self.fill(owner)

    def cut(self, owner=None, child=None):
        """A delegation with every kind of server, glue and occluded data."""
        rng, origin = self.rng, self.zone.origin
        owner = owner or self.fresh(rng.choice([1, 1, 2, 3]))
        if len(owner) <= len(origin) or self.occluded(owner):
            return
        hosts = []
        for _ in range(rng.choice([1, 1, 2, 3, 5])):
            hosts.append(rng.choice([
                (b"ns%d" % rng.randrange(4),) + owner, (b"ns1",) + owner, owner,
                (b"ns1",) + self.below(owner, 1), self.target(), (b"ns1",) + origin,
                (b"ns1",) + OUTSIDE]))
        if self.zone.cuts and rng.random() < 0.4:  # a sibling's server
            hosts.append((b"ns1",) + self.zone.spelling[rng.choice(self.zone.cuts)])
        if not self.add(owner, "NS", *(text(host) for host in hosts)):
            return
        for host in hosts:
            if names.is_below(names.lower(host), self.zone.key) and rng.random() < 0.8:
                self.glue(host)
        secure = child.flavour != "unsigned" if child else rng.random() < 0.4
        if secure:
            self.add_ds(owner, child)
        if rng.random() < 0.4:  # glue that no server needs, and data that the cut hides
            self.glue((b"orphan",) + owner)
        if rng.random() < 0.3:
            self.fill(self.below(owner))
        if rng.random() < 0.15:
            self.fill((b"*",) + owner)
        if rng.random() < 0.1:
            self.add((b"hidden",) + owner, "CNAME", text(self.target()))
        if rng.random() < 0.1:
            self.add(owner, "TXT", '"at the cut"')
        if rng.random() < 0.1:
            self.add(self.below((b"inner",) + owner, 1), "NS", text((b"ns1",) + owner))

    def glue(self, host):
        if self.rng.random() < 0.85:
            self.add(host, "A", *(self.address() for _ in range(self.rng.choice([1, 1, 2]))))
        if self.rng.random() < 0.5:
            self.add(host, "AAAA", self.address6())

    def add_ds(self, owner, child):
        if child is not None:
            self.zone.secure_children.append(child)  # the signer adds its DS: it has the keys
            return
        self.add(owner, "DS", *(f"{self.rng.randrange(65536)} 13 2 {self.hex(32)}"
                                for _ in range(self.rng.choice([1, 1, 2]))))

    def large(self):
        """An RRset that no datagram holds, or hardly."""
        rng = self.rng
        rr_type = rng.choice(LARGE_TYPES)
        count = {"TXT": rng.choice([4, 8, 30]), "A": rng.choice([20, 70, 100]),
                 "AAAA": rng.choice([15, 40, 80]), "MX": rng.choice([8, 14, 30]),
                 "NS": rng.choice([6, 13, 14, 25])}[rr_type]
        owner = self.fresh()
        if rr_type == "TXT":
            self.add(owner, "TXT", *(f'"{i}" "{"v" * 120}"' for i in range(count)))
        elif rr_type == "A":
            self.add(owner, "A", *(f"198.51.100.{i}" for i in range(count)))
        elif rr_type == "AAAA":
            self.add(owner, "AAAA", *(f"2001:db8:ff::{i:x}" for i in range(count)))
        else:
            hosts = [(b"h%d" % i,) + owner for i in range(count)]
            prefix = {"MX": "10 ", "NS": ""}[rr_type]
            if self.add(owner, rr_type, *(prefix + text(host) for host in hosts)):
                for host in hosts:
                    self.glue(host)

    def long_name(self):
        owner = self.zone.origin
        while names.size(owner) < 170:
            owner = (b"n" * self.rng.choice([1, 30, 50]),) + owner
        self.fill(owner)

    def reverse_hosts(self):
        for _ in range(self.rng.randrange(3, 12)):
            self.add((b"%d" % self.rng.randrange(256),) + self.zone.origin, "PTR",
                     text(self.target()))

    def make(self):
        rng = self.rng
        self.apex()
        self.hosts()
        for child in self.zone.children:
            if rng.random() < 0.85:  # or the parent does not know of it
                self.cut(child.origin, child)
        features = [(self.wildcard, 0.75, 4), (self.alias, 0.8, 5), (self.alias_chain, 0.35, 2),
                    (self.dname, 0.5, 3), (self.cut, 0.75, 5), (self.large, 0.35, 2),
                    (self.long_name, 0.25, 1)]
        if b"arpa" in self.zone.key:
            features.append((self.reverse_hosts, 1.0, 1))
        for feature, chance, most in features:
            if rng.random() < chance:
                for _ in range(rng.randrange(1, most + 1)):
                    feature()


def origins_of(rng, count, number):
    """The names of the zones of a batch; every third batch has the root zone."""
    found = [names.name(".")] if number % 3 == 0 else []
    while len(found) < count:
        parents = [origin for origin in found if origin and len(origin) < 6]
        if rng.random() < 0.4 and parents:
            labels = tuple(rng.choice([b"sub", b"child", b"deep", b"z%d" % rng.randrange(9)])
                           for _ in range(rng.choice([1, 1, 1, 2, 3])))
            origin = labels + rng.choice(parents)
        else:
            origin = names.name(rng.choice([
                f"z{number}-{len(found)}.test", f"Z{len(found)}.Example",
                f"{rng.randrange(256)}.168.192.in-addr.arpa",
                f"{rng.randrange(10)}.8.b.d.0.1.0.0.2.ip6.arpa", f"tld{len(found)}"]))
        if names.lower(origin) not in [names.lower(other) for other in found]:
            found.append(origin)
    return found


def make_world(seed, number, count):
    """The zones of batch `number`: the same ones for the same seed."""
    rng = random.Random(f"zones {seed} {number}")
    zones = [Zone(origin, rng.choice(FLAVOURS)) for origin in origins_of(rng, count, number)]
    for zone in zones:
        above = [z for z in zones if z is not zone and names.is_below(zone.key, z.key)]
        if above:
            max(above, key=lambda z: len(z.origin)).children.append(zone)
    for zone in sorted(zones, key=lambda z: -len(z.origin)):
        Maker(rng, zone, [z for z in zones if z is not zone]).make()
    return zones
