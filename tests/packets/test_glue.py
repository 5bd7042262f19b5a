"""Addresses in referrals (RFC 1034 4.3.2, RFC 9471). Those that do not fit: test_truncation.py."""

from cases import check
from tables import row, table


def referral(sentence, cut, servers, *addresses):
    servers = [f"{cut} NS {server}" for server in servers.split()]
    return row(sentence, f"www.{cut} A", aa=False, authority=servers, additional=addresses)


IN = ("a.in A 192.0.2.1", "a.in AAAA 2001:db8::1")
B_IN = "b.in AAAA 2001:db8::2"
NS = "ns A 192.0.2.53"


@table("glue.test.", [
    referral("servers below the cut have all their addresses", "in", "a.in b.in", *IN, B_IN),
    referral("a server may have the name of the cut", "self", "self", "self A 192.0.2.3"),
    referral("glue of another delegation comes along", "sibling", "a.in", *IN),
    referral("of all kinds of servers those below the cut come first", "mixed",
             "a.mixed b.in ns ns.elsewhere.invalid.", "a.mixed A 192.0.2.4", B_IN, NS),
    referral("servers that are not there have no address", "missing", "a.missing nothing"),
    referral("glue may be many labels below the cut", "deep", "a.b.c.deep",
             "a.b.c.deep A 192.0.2.5"),
    referral("glue may be below a cut below the cut", "outer", "ns.inner.outer",
             "ns.inner.outer A 192.0.2.6"),
    row("the lower of two cuts gets the upper one's referral", "inner.outer NS", aa=False,
        authority="outer NS ns.inner.outer", additional="ns.inner.outer A 192.0.2.6"),
    referral("an address below a cut that does not name it is glue of others", "uses-orphan",
             "a.orphan", "a.orphan A 192.0.2.7"),
    referral("an address that the cut does not name is no glue", "orphan",
             "ns.elsewhere.invalid."),
    referral("a server that is an alias has no address", "alias", "to-ns"),
    referral("glue is found in other letters", "capital", "NS.Capital",
             "ns.capital A 192.0.2.8"),
    referral("only addresses of a server come", "text", "a.text", "a.text A 192.0.2.9"),
    referral("a wildcard of ours makes no address for a server", "covered", "x.wild"),
    referral("a wildcard below the cut makes no glue", "below-wild", "x.below-wild"),
    referral("servers in other zones of ours have no glue here", "foreign", "ns.positive.test."),
    referral("a server below a DNAME has no address", "renamed", "x.old"),
    referral("all addresses of all servers come", "two", "a.two b.two",
             "a.two A 192.0.2.12", "a.two A 192.0.2.13", "b.two A 192.0.2.14"),
    row("glue asked for gets the referral", "b.in AAAA", aa=False,
        authority=["in NS a.in", "in NS b.in"], additional=[*IN, B_IN]),
    row("orphan glue asked for gets the referral", "a.orphan A", aa=False,
        authority="orphan NS ns.elsewhere.invalid."),
    row("glue comes with EDNS and DO, too", "www.two A +do", aa=False,
        authority=["two NS a.two", "two NS b.two"],
        additional=["a.two A 192.0.2.12", "a.two A 192.0.2.13", "b.two A 192.0.2.14"]),
])
def test_glue(port, case):
    check(port, case)
