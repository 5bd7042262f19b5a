"""Makes trees of signed zones, each with what a validator must be able to prove, from a seed.

A tree is a signed zone with one signed child and two unsigned ones. Keys and signatures are those
of ldns and BIND, so the chains are theirs and not of our own making.
"""

import dataclasses
import pathlib
import subprocess

ALGORITHMS = {"RSASHA256": 8, "ECDSAP256SHA256": 13, "ED25519": 15}
DNAMES = ("dn", "dother", "dchild")
LAME_CUTS = ("lame", "lame.under.nothing", "ds.under.nothing2")
HOSTS = ("ns1", "www", "mail", "a", "b", "host")
TYPES = ("A", "AAAA", "TXT", "MX", "CNAME", "DS", "NS", "SOA", "NSEC", "DNSKEY")


@dataclasses.dataclass(frozen=True)
class Flavour:
    """How a zone is signed."""
    tool: str                          # ldns or bind
    algorithms: tuple = ("ECDSAP256SHA256",)
    split: bool = True                 # KSK and ZSK; else one key does both
    nsec3: bool = False
    salt: str = "-"
    iterations: int = 0
    opt_out: bool = False
    zonemd: bool = False

    def __str__(self):
        denial = "nsec"
        if self.nsec3:
            denial = f"nsec3({self.salt},{self.iterations}{',opt-out' if self.opt_out else ''})"
        keys = "+".join(self.algorithms) + (" ksk/zsk" if self.split else " csk")
        return f"{self.tool} {denial} {keys}{' zonemd' if self.zonemd else ''}"


@dataclasses.dataclass
class Zone:
    name: str
    path: pathlib.Path
    flavour: Flavour = None            # None: not signed
    is_top: bool = False               # of a tree: validators trust its key
    keys: list = dataclasses.field(default_factory=list)
    names: list = dataclasses.field(default_factory=list)
    aliases: list = dataclasses.field(default_factory=list)  # owners of CNAME
    cuts: list = dataclasses.field(default_factory=list)     # apexes of children, and its own
    anchors: list = dataclasses.field(default_factory=list)  # DS records in text


def every_flavour(rng):
    """One of each kind that matters, the rest of each drawn."""
    flavours = []
    for tool in ("ldns", "bind"):
        flavours += [
            Flavour(tool, (rng.choice(list(ALGORITHMS)),), rng.random() < 0.5, zonemd=True),
            Flavour(tool, nsec3=True, salt="-", iterations=0, zonemd=rng.random() < 0.5),
            Flavour(tool, ("ED25519",), nsec3=True, salt=f"{rng.getrandbits(32):08x}",
                    iterations=rng.randint(1, 5)),
            Flavour(tool, ("ECDSAP256SHA256",), False, nsec3=True, opt_out=True),
            Flavour(tool, ("RSASHA256",), nsec3=True, opt_out=True,
                    salt=f"{rng.getrandbits(64):016x}", iterations=rng.randint(1, 5)),
            Flavour(tool, ("RSASHA256", "ECDSAP256SHA256"), nsec3=rng.random() < 0.5),
        ]
    return flavours


def run(*command, folder):
    done = subprocess.run([str(c) for c in command], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(map(str, command))}: {done.stdout}{done.stderr}"
    return done.stdout


# ---- Signing --------------------------------------------------------------------------------

def make_keys(zone, folder):
    for algorithm in zone.flavour.algorithms:
        for is_ksk in (True, False) if zone.flavour.split else (True,):
            if zone.flavour.tool == "ldns":
                options = ["-k"] if is_ksk else []
                size = ["-b", "1024"] if algorithm.startswith("RSA") else []
                key = run("ldns-keygen", "-a", algorithm, *size, *options, zone.name, folder=folder)
            else:
                options = ["-f", "KSK"] if is_ksk else []
                size = ["-b", "1024"] if algorithm.startswith("RSA") else []
                key = run("dnssec-keygen", "-q", "-a", algorithm, *size, *options, zone.name,
                          folder=folder)
            zone.keys.append((key.strip(), is_ksk))


def make_anchors(zone, folder):
    for key, is_ksk in zone.keys:
        if is_ksk:
            text = run("dnssec-dsfromkey", "-2", f"{key}.key", folder=folder)
            zone.anchors += [line for line in text.splitlines() if line.strip()]


def sign(zone, folder):
    flavour, signed = zone.flavour, zone.path.with_suffix(".signed")
    if flavour.tool == "ldns":
        options = ["-o", zone.name, "-f", signed]
        if flavour.zonemd:
            options += ["-z", "1:1"]
        if len(flavour.algorithms) > 1:
            options.append("-U")
        if flavour.nsec3:
            options += ["-n", "-t", flavour.iterations]
            options += ["-s", flavour.salt] if flavour.salt != "-" else []
            options += ["-p"] if flavour.opt_out else []
        run("ldns-signzone", *options, zone.path, *(key for key, _ in zone.keys), folder=folder)
    else:
        options = ["-q", "-x", "-P", "-S", "-K", folder, "-o", zone.name, "-f", signed]
        if flavour.split is False:
            options.append("-z")
        if flavour.nsec3:
            options += ["-3", flavour.salt, "-H", flavour.iterations]
            options += ["-A"] if flavour.opt_out else []
        run("dnssec-signzone", *options, zone.path, folder=folder)
    zone.path = signed


# ---- Content --------------------------------------------------------------------------------

def content(rng, zone, other, children):
    """Records of a zone as lines; notes the owner names. `other`: apex of a neighbour."""
    lines = ["$TTL 300", f"$ORIGIN {zone.name}",
             "@ SOA ns1 hostmaster 1 3600 600 86400 60", "@ NS ns1", "@ MX 10 mail",
             '@ TXT "an apex"']
    owners = {"@"}

    def add(owner, text):
        owners.add(owner)
        if text.startswith("CNAME"):
            zone.aliases.append(owner)
        lines.append(f"{owner} {text}")

    for number, host in enumerate(HOSTS):
        add(host, f"A 192.0.2.{number + 1}")
        if rng.random() < 0.5:
            add(host, f"AAAA 2001:db8::{number + 1}")
    add("UPPER.Case", "A 192.0.2.77")
    add("deep.down.here", 'TXT "below two empty non-terminals"')
    add("bin\\000ary\\255", "A 192.0.2.78")
    # Wildcards at several depths, and what hides them.
    add("*.wild", "A 192.0.2.81")
    add("*.wild", 'TXT "wild"')
    add("some.wild", "A 192.0.2.82")
    add("x.ent.wild", "A 192.0.2.83")
    add("leaf.*.odd", 'TXT "the wildcard is an empty non-terminal"')
    add("*.cw", "CNAME www")
    add("*.cx", f"CNAME x.y.wild.{other}")
    add("*.cn", "CNAME nothing.here")
    add("*.sub.*.starry", "A 192.0.2.84")
    # Aliases within the zone, into the children and into the neighbour.
    for owner, target in (("c1", "www"), ("c2", "c1"), ("cnx", "missing"), ("cwild", "q.wild"),
                          ("cent", "down.here"), ("cother", f"www.{other}"), ("ccw", "q.cw"),
                          ("cothernx", f"no.such.{other}"), ("cotherwild", f"q.wild.{other}"),
                          ("csigned", "www.signed"), ("cplain", "www.plain"),
                          ("cdn", "q.dn"), ("cchain", f"q.cx.{other}")):
        add(owner, f"CNAME {target}")
    add("dn", "DNAME wild")
    add("dn", 'TXT "beside a DNAME"')
    add("dother", f"DNAME {other}")
    add("dchild", "DNAME signed")
    add("*.dw", "CNAME q.dn")
    # Delegations: to a signed child, to unsigned ones (one of them below empty non-terminals), to
    # servers that are not ours.
    for child in children:
        label = child.name[:-len(zone.name) - 1]
        add(label, f"NS ns1.{label}")
        lines.append(f"ns1.{label} A 127.0.0.1")
        lines += child.anchors
    lines += ["lame NS ns.lame", "ns.lame A 192.0.2.99", 'occluded.lame TXT "hidden"',
              "lame.under.nothing NS ns.elsewhere.invalid.",
              "ds.under.nothing2 NS ns.elsewhere.invalid.",
              f"ds.under.nothing2 DS 12345 13 2 {'ab' * 32}"]
    for _ in range(rng.randint(5, 30)):
        labels = [rng.choice("abcdxyz*") for _ in range(rng.randint(1, 4))]
        owner = ".".join(["r", *labels][::-1])
        # Where "*.*.r" is an empty non-terminal, Unbound takes the NSEC of "*.r" for its own.
        if owner in owners or owner.count("*") > 1:
            continue
        add(owner, rng.choice(["A 192.0.2.200", 'TXT "random"', "AAAA 2001:db8::200",
                               "MX 5 mail"]))
    zone.names = sorted(owners)
    return lines


def plain_content(zone):
    zone.names = ["@", "ns1", "www", "*.wild"]
    return ["$TTL 300", f"$ORIGIN {zone.name}", "@ SOA ns1 hostmaster 1 3600 600 86400 60",
            "@ NS ns1", "ns1 A 127.0.0.1", "www A 192.0.2.90", "*.wild A 192.0.2.91"]


def make_trees(rng, folder, flavours, suffix="bowline."):
    """One tree for each flavour; returns all zones. The apexes of the trees are zNUMBER.SUFFIX."""
    zones = []
    for number, flavour in enumerate(flavours):
        apex = f"z{number}.{suffix}"
        other = f"z{(number + 1) % len(flavours)}.{suffix}"
        top = Zone(apex, folder / f"{apex}zone", flavour, is_top=True)
        signed = Zone(f"signed.{apex}", folder / f"signed.{apex}zone",
                      Flavour(rng.choice(("ldns", "bind")), nsec3=rng.random() < 0.5, split=False))
        children = [signed, Zone(f"plain.{apex}", folder / f"plain.{apex}zone"),
                    Zone(f"plain.below.ent.{apex}", folder / f"plain.below.ent.{apex}zone")]
        make_keys(top, folder)
        make_keys(signed, folder)
        make_anchors(top, folder)
        make_anchors(signed, folder)
        for child in children:
            child.path.write_text("\n".join(plain_content(child)) + "\n")
        for zone in (top, *children):
            zone.cuts = [each.name for each in children]
        top.path.write_text("\n".join(content(rng, top, other, children)) + "\n")
        sign(signed, folder)
        sign(top, folder)
        zones += [top, *children]
    return zones


# ---- Questions ------------------------------------------------------------------------------

def absolute(owner, zone):
    return zone.name if owner == "@" else f"{owner}.{zone.name}"


def is_alias(name, owner, zone):
    """Whether a name is an alias, or may be made one by a wildcard."""
    parent = absolute(owner.removeprefix("*."), zone)
    return name == parent or owner.startswith("*.") and name.endswith(f".{parent}")


def questions(rng, zone, per_name=3):
    """(name, type) about a zone: each name, names near it, names that meet each rule."""
    names = set()
    for owner in zone.names:
        name = absolute(owner, zone)
        names.add(name)
        names.add(f"nx.{name}")
        if owner.startswith("*."):
            names |= {f"q{owner[1:]}.{zone.name}", f"p.q{owner[1:]}.{zone.name}"}
        for cut in range(1, owner.count(".") + 1):  # the empty non-terminals above
            names.add(f"{owner.split('.', cut)[cut]}.{zone.name}")
    names |= {f"{label}.{zone.name}" for label in
              ("nx", "zz", "0", "\\000", "\\255", "nx.here", "nx.down.here", "q.ent.wild",
               "ent.wild", "q.odd", "q.*.odd", "nx.dn", "a.b.dn", "www.dother", "q.wild.dother",
               "www.dchild",
               "under.nothing", "nothing", "nx.under.nothing", "nothing2", "*", "*.nx")}
    asked = []
    for name in sorted(names):
        types = {"A"} | {rng.choice(TYPES) for _ in range(per_name - 1)}
        # A CNAME that a DNAME makes has no signature; asked for one, Unbound looks for a key.
        if any(name.endswith(f".{dname}.{zone.name}") for dname in DNAMES):
            types.discard("CNAME")
        # An alias has no NSEC in a zone with NSEC3. Unbound wants the alias followed then, named
        # must not have it followed; knotd and named do not.
        has_nsec3 = zone.flavour and zone.flavour.nsec3
        if has_nsec3 and any(is_alias(name, owner, zone) for owner in zone.aliases):
            types.discard("NSEC")
        if name == zone.name and zone.is_top:
            types.discard("DS")  # nobody serves the parent
        if name in zone.cuts:
            types.discard("NSEC")  # named keeps the parent's, and the child's is asked for
        asked += [(name, each) for each in sorted(types)]
    if zone.is_top:  # whoever asks for more than their DS asks servers that are not there
        asked += [(f"{cut}.{zone.name}", "DS") for cut in LAME_CUTS]
    return asked
