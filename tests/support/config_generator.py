"""Random configurations, valid and broken, of the items that knotd 3.2.6 knows.

Types, bounds and words come from the JSON schema of the option table, so a new item takes part at
once. Everything follows from the seed.
"""

import base64
import copy
import random

# Items and sections of the table that came after knotd 3.2.6, or that its Debian package leaves to
# modules of their own.
LATER = {
    "module": None, "dnskey-sync": None, "mod-dnstap": None, "mod-geoip": None, "dataplane": None,
    "resolver": None, "web": None, "log": {"quic"}, "control": {"backlog"},
    # knotd looks for these two files when it checks; here they are read when they are used.
    "server": {"listen-quic", "listen-tls", "key-file", "cert-file"},
    "xdp": {"ring-size", "busypoll-budget", "busypoll-timeout"},
    "remote": {"quic", "tls", "cert-key"}, "acl": {"cert-key", "protocol"},
    "policy": {"keytag-modulo", "dnskey-sync"},
    "zone": {"master-pin-tolerance", "default-ttl", "ixfr-benevolent", "ixfr-by-one",
             "ixfr-from-axfr", "serial-modulo", "reverse-generate"},
    "mod-rrl": {"instant-limit", "time-rate-limit", "time-instant-limit", "log-period", "dry-run"},
}
LATER["template"] = LATER["zone"]
# Values that came later, and units of times.
LATER_WORDS = {"keys-updated", "pattern"}
UNITS = {"time": [("", 1), ("s", 1), ("m", 60), ("h", 3600), ("d", 86400)],
         "size": [("", 1), ("B", 1), ("K", 1 << 10), ("M", 1 << 20), ("G", 1 << 30)]}
NAMES = ["a", "b1", "gate", "x-y", "Long.Name", "n_2"]
ZONES = ["a.test.", "b.test", "c.a.test.", "example.", "1.0.10.in-addr.arpa.", "x--y.example",
         "w\\032x.test.", "."]
ADDRESSES = ["192.0.2.1", "198.51.100.200", "::1", "2001:db8::53", "0.0.0.0", "::", "10.9.8.7",
             "::ffff:192.0.2.5", "2001:DB8:0:1::A"]
RANGES = ["192.0.2.0/24", "2001:db8::/32", "192.0.2.1-192.0.2.9", "::1-::f", "10.0.0.1", "::/0"]
TYPES = ["A", "AAAA", "MX", "TXT", "TYPE65280", "CDS", "SOA"]
TEXTS = ["x", "two words", "", "with # mark", "a,b", "[x]", "it's", "quote \" in", "back\\slash",
         "%s", "-", ":", "ü", "0x41"]
PATHS = ["/tmp/x", "rel/path", "x.file", "/tmp/with space", "./a"]


class Table:
    """The items of each section that take part, from the JSON schema."""

    def __init__(self, schema):
        self.sections = {}
        for name, section in schema["properties"].items():
            later = LATER.get(name, set())
            if later is None:
                continue
            items = section.get("items", section)["properties"]
            self.sections[name] = {item: rule for item, rule in items.items() if item not in later}
        self.with_entries = {name for name, section in schema["properties"].items()
                             if section["type"] == "array"}
        self.identifiers = {"zone": "domain", "log": "target"}

    def identifier(self, section):
        return self.identifiers.get(section, "id") if section in self.with_entries else None


def kind_of(section, item, rule):
    """What generates values of an item, by what its schema looks like."""
    if "x-reference" in rule:
        return "reference"
    rule = rule.get("items", rule)
    if rule.get("type") in ("boolean", "integer"):
        return rule["type"]
    if "enum" in rule:
        return "word"
    if "anyOf" in rule:
        one, other = rule["anyOf"]
        if one["type"] == "boolean":
            return "boolean-or-word"
        return "time" if "smhdwMy" in other["pattern"] else "size"
    named = {("key", "secret"): "base64", ("server", "user"): "user", ("server", "nsid"): "octets",
             ("mod-cookies", "secret"): "secret", ("server", "listen"): "socket",
             ("remote", "address"): "socket", ("xdp", "listen"): "device",
             ("zone", "file"): "zone-file", ("template", "file"): "zone-file",
             ("acl", "update-owner-name"): "owner", ("keystore", "config"): "path"}
    if (section, item) in named:
        return named[section, item]
    if item in ("update-type", "nsec-bitmap"):
        return "type"
    if item in ("module", "global-module"):
        return "module"
    if item in ("catalog-zone", "origin"):
        return "name"
    pattern = rule.get("pattern", "")
    if "/[0-9]{1,3}" in pattern:
        return "range-or-path" if pattern.endswith("|/.+)$") else "range"
    if "@[0-9]" in pattern:
        return "address"
    return "path" if rule.get("minLength") == 1 else "text"


class Generator:
    """One random configuration after the other."""

    def __init__(self, schema, seed):
        self.table = Table(schema)
        self.random = random.Random(seed)
        self.ids = {}

    # ---- values

    def number(self, rule):
        low, high = rule["minimum"], rule.get("maximum", 2**63 - 1)
        chosen = [low, high, low + 1, high - 1, self.random.randint(low, min(high, low + 100)),
                  self.random.randint(low, high)]
        return self.random.choice(chosen)

    def with_unit(self, kind, rule):
        value = self.number(rule["anyOf"][0])
        fitting = [(unit, factor) for unit, factor in UNITS[kind] if value % factor == 0]
        unit, factor = self.random.choice(fitting)
        return f"{value // factor}{unit}"

    def reference(self, section, item, rule):
        targets = [name for target in rule["x-reference"] for name in self.ids.get(target, [])]
        if set(rule["x-reference"]) & {"policy", "keystore"} and not targets:
            return "default"
        return self.random.choice(targets) if targets else None

    def module(self):
        named = [f"{section}/{name}" for section, names in self.ids.items()
                 if section.startswith("mod-") for name in names]
        return self.random.choice(named + ["mod-stats", "mod-cookies", "mod-noudp", "mod-whoami"])

    def value(self, section, item, rule):
        """A value that knotd takes; None where there is none to choose from."""
        pick = self.random.choice
        kind = kind_of(section, item, rule)
        if kind == "reference":
            return self.reference(section, item, rule)
        rule = rule.get("items", rule)
        if (section, item) == ("mod-rrl", "rate-limit"):
            return str(self.random.randint(1, 1000))  # 0, no limit, came later
        if kind == "integer":
            return str(self.number(rule))
        if kind in ("time", "size"):
            return self.with_unit(kind, rule)
        if kind == "boolean":
            return pick(["on", "off", "true", "false", "ON", "Off"])
        if kind == "word":
            return pick([word for word in rule["enum"] if word not in LATER_WORDS])
        if kind == "boolean-or-word":
            return pick(["on", "off"] + rule["anyOf"][1]["enum"])
        port = pick(["", "", "@53", "@5353", "@65535"])
        makers = {
            "base64": lambda: base64.b64encode(self.random.randbytes(pick([1, 16, 32]))).decode(),
            "octets": lambda: pick(["", "text", "0x", "0xAb01", "two words"]),
            "secret": lambda: "0x" + self.random.randbytes(16).hex(),
            "user": lambda: pick(["root", "root:root", "nobody"]),
            "socket": lambda: pick([pick(ADDRESSES) + port, "/tmp/a.sock"]),
            "device": lambda: "lo" + port,  # knotd looks for it
            "address": lambda: pick(ADDRESSES) + port,
            "range": lambda: pick(RANGES),
            "range-or-path": lambda: pick(RANGES),  # paths of sockets came later
            "zone-file": lambda: pick(["%s.zone", "x/%c[0]/%s", "%l[0]/%c[1-2]", "100%%", "z"]),
            "owner": lambda: pick(["www", "a.b", "full.example.", "*.x"]),
            "type": lambda: pick(TYPES),
            "name": lambda: pick(ZONES),
            "module": self.module,
            "path": lambda: pick(PATHS),
            "text": lambda: pick(TEXTS),
        }
        return makers[kind]()

    # ---- entries

    def identifier_of(self, section, used):
        choices = {"zone": ZONES, "log": ["stdout", "stderr", "syslog", "/tmp/x.log"],
                   "key": ["k1.", "k2", "K3.Example."], "remotes": ["g1", "g2", "Group.3"],
                   "template": ["default", "t1", "t2"]}
        left = [name for name in choices.get(section, NAMES) if name not in used]
        return self.random.choice(left) if left else None

    def items_of(self, section, count):
        rules = self.table.sections[section]
        free = [item for item in rules if item != self.table.identifier(section)]
        chosen = self.random.sample(free, min(count, len(free)))
        needed = {"key": ["algorithm", "secret"], "remote": ["address"], "remotes": ["remote"],
                  "mod-dnsproxy": ["remote"], "mod-synthrecord": ["type", "network", "origin"],
                  "mod-rrl": ["rate-limit"]}.get(section, [])
        result = []
        for item in needed + [item for item in chosen if item not in needed]:
            rule = rules[item]
            many = rule.get("type") == "array"
            most = {"secret": 2, "listen": 1 if section == "xdp" else 3}.get(item, 3)
            values = [self.value(section, item, rule)
                      for _ in range(self.random.choice([1, 1, 2, most]) if many else 1)]
            values = [value for value in dict.fromkeys(values) if value is not None][:most]
            if values:
                result.append((item, values))
        return self.consistent(section, result) if self.random.random() < 0.9 else result

    def consistent(self, section, items):
        """Without what rules between items forbid."""
        given = dict(items)
        drop = set()
        if section == "keystore" and given.get("backend") != ["pkcs11"]:
            drop.add("key-label")
        if section == "mod-noudp" and "udp-allow-rate" in given:
            drop.add("udp-truncate-rate")
        if section == "mod-synthrecord" and given.get("type", [""])[0] != "reverse":
            drop.add("origin")
        if section == "acl" and "remote" in given:
            drop |= {"address", "key"}
        if section == "policy":
            drop |= self.random.choice([{"ksk-size", "zsk-size"}, {"algorithm"}])
            drop |= self.random.choice([{"zsk-lifetime", "ksk-lifetime", "rrsig-lifetime"},
                                        {"dnskey-ttl", "zone-max-ttl", "propagation-delay",
                                         "rrsig-refresh", "rrsig-pre-refresh"}])
        if section in ("zone", "template"):
            drop |= {"catalog-role", "catalog-zone", "catalog-template"}
            if section == "template":
                drop.add("global-module")
        return [(item, values) for item, values in items if item not in drop]

    def configuration(self):
        """[(section, identifying item or None, [(identifier, [(item, values)])])], mostly valid."""
        self.ids = {}
        sections = []
        order = [name for name in self.table.sections if name not in ("template", "zone")]
        for name in order + ["template", "zone"]:
            if self.random.random() > (0.9 if name in ("zone", "remote", "key") else 0.35):
                continue
            if name not in self.table.with_entries:
                items = self.items_of(name, self.random.randint(1, 4))
                sections.append((name, None, [("", items)]))
                continue
            entries = []
            for _ in range(self.random.randint(1, 3)):
                found = self.identifier_of(name, [entry[0] for entry in entries])
                if found is not None:
                    entries.append((found, self.items_of(name, self.random.randint(0, 4))))
            self.ids[name] = [entry[0] for entry in entries]
            sections.append((name, self.table.identifier(name), entries))
        return sections

    # ---- text

    def scalar(self, text):
        plain = text and not any(c in " \",#[]\t" for c in text) and not text.endswith("\\")
        if plain and self.random.random() < 0.7:
            return text
        return '"' + text.replace('"', '\\"') + '"'

    def lines_of(self, item, values):
        scalars = [self.scalar(value) for value in values]
        if len(scalars) > 1 and self.random.random() < 0.3:
            return [f"{item}: {scalar}" for scalar in scalars]
        gap = self.random.choice(["", " "])
        if len(scalars) > 1 or self.random.random() < 0.1:
            comma = self.random.choice([",", ", "])
            return [f"{item}: [{gap}" + comma.join(scalars) + f"{gap}]"]
        return [f"{item}: {scalars[0]}"]

    def text(self, sections):
        lines = []
        for name, identifier, entries in sections:
            lines.append(f"{name}:")
            indent = " " * self.random.choice([1, 2, 4])
            for found, items in entries:
                inner = indent
                if identifier is not None:
                    dash = "-" + " " * self.random.choice([1, 1, 3])
                    lines.append(f"{indent}{dash}{identifier}: {self.scalar(found)}")
                    inner = indent + " " * len(dash)
                for item, values in items:
                    lines += [inner + line for line in self.lines_of(item, values)]
                if self.random.random() < 0.2:
                    lines.append(self.random.choice(["", "# remark", "      # \"remark"]))
        ends = [line + " # remark" if line and self.random.random() < 0.05 else line
                for line in lines]
        return "\n".join(ends) + "\n"

    # ---- mistakes

    def broken(self, sections):
        """The text of a configuration after one or two mistakes."""
        sections = copy.deepcopy(sections)
        by_structure = [self.bad_value, self.bad_item, self.twice, self.bad_reference, self.missing]
        by_text = [self.change_octet, self.change_line]
        mistake = self.random.choice(by_structure + by_text + by_text)
        if mistake in by_structure:
            mistake(sections)
            return self.text(sections)
        text = self.text(sections)
        for _ in range(self.random.choice([1, 1, 2])):
            text = mistake(text)
        return text

    def any_entry(self, sections):
        choices = [entries for _, _, entries in sections if entries]
        entries = self.random.choice(choices)
        return entries, self.random.randrange(len(entries))

    def bad_value(self, sections):
        entries, at = self.any_entry(sections)
        items = entries[at][1]
        if not items:
            return
        which = self.random.randrange(len(items))
        bad = self.random.choice(["", "-1", "0", "1", "99999999999999999999", "on", "nothing", "1x",
                                  "1.2.3", "1.2.3.4.5", "::1::2", "192.0.2.1@0", "192.0.2.1@65536",
                                  "10.0.0.0/33", "9.0.0.1-8.0.0.1", "TYPE65536", "0xabc", "=A==",
                                  "a..b", "%x", "1/0", "root:", "mod-none", "two words"])
        items[which] = (items[which][0], [bad])

    def bad_item(self, sections):
        entries, at = self.any_entry(sections)
        name = self.random.choice(["nothing", "lsiten", "domian", "id", "file", "timer", "listen"])
        entries[at][1].append((name, ["x"]))

    def twice(self, sections):
        entries, at = self.any_entry(sections)
        entries.append(entries[at])

    def bad_reference(self, sections):
        entries, at = self.any_entry(sections)
        item = self.random.choice(
            ["master", "key", "acl", "policy", "remote", "template", "parent"])
        entries[at][1].append((item, ["not-there"]))

    def missing(self, sections):
        entries, at = self.any_entry(sections)
        if entries[at][1]:
            entries[at][1].pop(self.random.randrange(len(entries[at][1])))

    def change_octet(self, text):
        at = self.random.randrange(len(text))
        new = self.random.choice(" \t\n:-[],\"'#x0@/%\\{}&*!|>")
        way = self.random.randrange(3)
        return text[:at] + (new if way else "") + text[at + (way != 1):]

    def change_line(self, text):
        lines = text.split("\n")[:-1]
        at = self.random.randrange(len(lines))
        way = self.random.randrange(4)
        if way == 0:
            lines[at] = self.random.choice([" ", "  ", "\t", "- "]) + lines[at]
        elif way == 1:
            lines[at] = lines[at][self.random.choice([1, 2, 4]):]
        elif way == 2:
            lines.insert(at, lines[self.random.randrange(len(lines))])
        else:
            lines.pop(at)
        return "\n".join(lines) + "\n"

    def next(self):
        """A text; every second one has a mistake on purpose."""
        sections = self.configuration()
        while not sections or not any(entries for _, _, entries in sections):
            sections = self.configuration()
        return self.broken(sections) if self.random.random() < 0.5 else self.text(sections)
