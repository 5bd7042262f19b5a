"""CNAME and DNAME at wildcards (RFC 4592 4.3 and 4.4, RFC 6672 3.3)."""

from cases import check
from tables import SOA, row, table
from wire import NXDOMAIN

TARGET = "target A 192.0.2.1"


@table("walias.test.", [
    row("an alias at a wildcard is synthesized and followed", "x.c A",
        answer=["x.c CNAME target", TARGET]),
    row("it is so for names of several labels", "x.y.z.c A",
        answer=["x.y.z.c CNAME target", TARGET]),
    row("a question for CNAME gets the synthesized alias alone", "x.c CNAME",
        answer="x.c CNAME target"),
    row("the wildcard asked for by its name is followed", "*.c A",
        answer=["*.c CNAME target", TARGET]),
    row("a name that exists does not take the alias", "there.c A", authority=SOA),
    row("a name below it does not take the alias", "x.there.c A", rcode=NXDOMAIN, authority=SOA),
    row("a type that the target lacks is missing", "x.c TXT", answer="x.c CNAME target",
        authority=SOA),
    row("ANY gets the synthesized alias", "x.c ANY", answer="x.c CNAME target"),
    row("an alias out of our zones ends the answer", "x.out A",
        answer="x.out CNAME elsewhere.invalid."),
    row("an alias to nothing is NXDOMAIN", "x.dead A", rcode=NXDOMAIN,
        answer="x.dead CNAME nothing", authority=SOA),
    row("an alias to a name without the type has no data", "x.none TXT",
        answer="x.none CNAME ns", authority=SOA),
    row("an alias to a name that a wildcard covers goes on", "x.twice A",
        answer=["x.twice CNAME x.c", "x.c CNAME target", TARGET]),
    row("an alias that leads to itself is followed once", "y.self A",
        answer=["y.self CNAME x.self", "x.self CNAME x.self"]),
    row("the name that it leads to, asked for, is answered once", "x.self A",
        answer="x.self CNAME x.self"),
    row("an alias to a longer name below the same wildcard comes back to it", "x.deeper A",
        answer=["x.deeper CNAME x.y.deeper", "x.y.deeper CNAME x.y.deeper"]),
    row("an alias to below a cut ends in the referral", "x.cut A",
        answer="x.cut CNAME www.delegated", authority="delegated NS ns.elsewhere.invalid."),
    row("an alias to below a DNAME goes on with it", "x.renamed A",
        answer=["x.renamed CNAME x.old", "old DNAME c", "x.old CNAME x.c", "x.c CNAME target",
                TARGET]),
    row("a DNAME at a wildcard renames nothing that it covers", "x.d A", authority=SOA),
    row("a DNAME at a wildcard is data of the covered name", "x.d DNAME", answer="x.d DNAME c"),
    row("a DNAME at a wildcard renames what is below the asterisk", "x.*.d A",
        answer=["*.d DNAME c", "x.*.d CNAME x.c", "x.c CNAME target", TARGET]),
    row("data beside a DNAME at a wildcard is synthesized", "x.dt TXT",
        answer='x.dt TXT "beside a DNAME"'),
])
def test_wildcard_aliases(port, case):
    check(port, case)
