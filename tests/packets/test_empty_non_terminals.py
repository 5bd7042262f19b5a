"""Names that own nothing and exist because of names below them (RFC 4592 2.2.2, RFC 8020)."""

from cases import check
from tables import SOA, row, table
from wire import NXDOMAIN


@table("ent.test.", [
    row("a name without data that has a name below it exists", "b.c A", authority=SOA),
    row("the one above it exists, too", "c A", authority=SOA),
    row("the name below it has its data", "a.b.c TXT", answer='a.b.c TXT "c and b.c are empty"'),
    row("a type that the name below has is not found at it", "b.c TXT", authority=SOA),
    row("an empty name has no SOA", "c SOA", authority=SOA),
    row("an empty name has no NS", "c NS", authority=SOA),
    row("an empty name has no DS", "c DS", authority=SOA),
    row("an empty name has no alias", "c CNAME", authority=SOA),
    row("an empty name has nothing of any type", "c ANY", authority=SOA),
    row("an empty name has no signatures", "c RRSIG", authority=SOA),
    row("a name beside an empty one does not exist", "d A", rcode=NXDOMAIN, authority=SOA),
    row("a name below an empty one does not exist by that", "x.b.c A", rcode=NXDOMAIN,
        authority=SOA),
    row("a name beside the lower empty one does not exist", "x.c A", rcode=NXDOMAIN,
        authority=SOA),
    row("a name above a name with data keeps its own data", "data TXT", answer='data TXT "data"'),
    row("a name between does not lose a type to the name below", "data A", authority=SOA),
    row("the uppermost of a long row of empty names exists", "row A", authority=SOA),
    row("the lowest of a long row of empty names exists", "k.j.i.h.g.f.e.d.c.b.a.row A",
        authority=SOA),
    row("one in the middle of a long row exists", "f.e.d.c.b.a.row A", authority=SOA),
    row("the end of a long row has its data", "l.k.j.i.h.g.f.e.d.c.b.a.row A",
        answer="l.k.j.i.h.g.f.e.d.c.b.a.row A 192.0.2.5"),
    row("a name that leaves a long row does not exist", "x.f.e.d.c.b.a.row A", rcode=NXDOMAIN,
        authority=SOA),
    row("a wildcard does not apply to an empty name", "empty.wild A", authority=SOA),
    row("a wildcard does not apply below an empty name", "x.empty.wild A", rcode=NXDOMAIN,
        authority=SOA),
    row("a wildcard does not apply below the lower of two", "y.deeper.empty.wild A",
        rcode=NXDOMAIN, authority=SOA),
    row("a wildcard applies beside an empty name", "other.wild A", answer="other.wild A 192.0.2.1"),
    row("an asterisk with a name below it is an empty name", "*.star A", authority=SOA),
    row("an empty asterisk is the source of empty answers (RFC 4592 2.2.3)", "q.star A",
        authority=SOA),
    row("it is so for names further below", "p.q.star TXT", authority=SOA),
    row("the name above a delegation exists", "deleg A", authority=SOA),
    row("the name above a DNAME exists", "ren A", authority=SOA),
    row("what stands below a cut makes no empty name above it", "mid.hidden A", aa=False,
        authority="hidden NS ns.mid.hidden", additional="ns.mid.hidden A 192.0.2.4"),
    row("an alias to an empty name is an answer without data", "to-empty A",
        answer="to-empty CNAME b.c", authority=SOA),
])
def test_empty_non_terminals(port, case):
    check(port, case)
