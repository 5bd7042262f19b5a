r"""What names may be made of: any octets, up to 63 of a label and 255 of a name (RFC 1035 2.3.4,
RFC 2181 11), and letters of either case (RFC 4343)."""

from cases import check
from tables import SOA, row, table
from wire import NXDOMAIN

LABEL = "x" * 63
LONGEST = ".".join([*(letter * 63 for letter in "abc"), "d" * 50])
DEEPEST = ".".join("w" * 121)


def there(sentence, name, last):
    return row(sentence, f"{name} A", answer=f"{name} A 192.0.2.{last}")


def missing(sentence, name):
    return row(sentence, f"{name} A", rcode=NXDOMAIN, authority=SOA)


@table("names.test.", [
    there("a label of one octet of zeros is a name", r"\000", 1),
    there("a label of two octets of control characters is a name", r"\000\001", 2),
    missing("a label of two octets of zeros is another name", r"\000\000"),
    there("a label of the last octet is a name", r"\255", 3),
    there("a dot may be inside a label", r"a\.b", 4),
    there("two labels are another name than one with a dot", "a.b", 5),
    there("a space may be inside a label", r"with\032space", 6),
    there("an at-sign may be a label, and is not folded", r"\@", 7),
    there("a grave accent is another octet than an at-sign", "`", 8),
    there("a bracket is not folded", "[", 9),
    missing("a brace is another octet than a bracket", "{"),
    there("octets above the letters are not folded", r"\196", 10),
    there("a small umlaut of Latin 1 is another octet than a capital one", r"\228", 11),
    there("an underscore may stand in a name", "under_score", 12),
    there("a hyphen may be a label", "-", 13),
    there("a digit may be a label", "0", 14),
    there("zeros in front of a number count", "007", 15),
    missing("a number without its zeros is another name", "7"),
    there("a label of punycode is a label like others", "xn--mnchen-3ya", 16),
    there("quotes, semicolons and parentheses may stand in a name", r"\"\;\(\)", 18),
    there("a letter that was written as a number is that letter", "abc", 19),
    there("a label may be called as a top-level domain", "com", 20),
    there("a label may be called as the zone's last one", "test", 21),
    there("a name may end in the zone's name twice", "names.test", 22),
    row("line ends may be inside a label", r"\012\010\013 TXT",
        answer=r'\012\010\013 TXT "line ends"'),
    there("the question's small letters come back", "mixed.case", 17),
    there("the question's capital letters come back", "MIXED.CASE", 17),
    there("any mixture of letters comes back", "mIxEd.CaSe", 17),
    row("letters of the zone's own name come back", "mixed.case.NAMES.Test. A",
        answer="mixed.case.NAMES.Test. A 192.0.2.17"),
    row("a target keeps the letters of its record", "to-mixed A",
        answer=["to-mixed CNAME MIXED.case", "MIXED.case A 192.0.2.17"]),
    row("a target is not pointed to letters that differ", "to-mixed.Names.TEST. CNAME",
        answer="to-mixed.Names.TEST. CNAME MIXED.case"),
    row("the SOA of a denial keeps the letters of its record", "NOTHING.names.TEST. A",
        rcode=NXDOMAIN, authority=SOA),
    there("a label of 63 octets is found", LABEL, 30),
    missing("a label of 62 octets is another name", LABEL[1:]),
    there("a name of 255 octets is found", LONGEST, 31),
    row("a name of 255 octets in capitals is found", f"{LONGEST.upper()} A",
        answer=f"{LONGEST.upper()} A 192.0.2.31"),
    missing("a name of 255 octets that is not there is denied", LONGEST.replace("a", "z")),
    row("a name above the longest is empty", f"{LONGEST.partition('.')[2]} A", authority=SOA),
    there("a name of 123 labels is found", DEEPEST, 32),
    row("all names above the deepest are empty", f"{DEEPEST[2:]} A", authority=SOA),
    missing("a name beside the deepest is denied", f"v{DEEPEST[1:]}"),
])
def test_names(port, case):
    check(port, case)
