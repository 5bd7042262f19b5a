"""Zones of one tree on one server: the longest one that a name ends in answers (RFC 1034 4.3.2)."""

from cases import check
from tables import SOA, row, table
from wire import NXDOMAIN, REFUSED


def soa(zone, ttl):
    return f"{zone} {ttl} SOA ns.{zone} hostmaster.{zone} 1 3600 600 86400 {ttl}"


SUB_SOA, GHOST_SOA, DEEP_SOA = soa("sub", 30), soa("ghost", 20), soa("x.deep", 10)
LOW = {"authority": "low.sub NS ns.low.sub", "additional": "ns.low.sub A 192.0.2.13"}


@table("par.test.", [
    row("the child answers below the parent's cut", "host.sub A", answer="host.sub A 192.0.2.12"),
    row("the child's data is told, not the parent's old copy", "www.sub A",
        answer="www.sub A 192.0.2.11"),
    row("what only the parent has below the cut does not exist", "gone.sub A", rcode=NXDOMAIN,
        authority=SUB_SOA),
    row("servers of the child come from the child", "sub NS", answer="sub NS ns.sub",
        additional="ns.sub A 192.0.2.10"),
    row("the SOA of the child's apex is the child's", "sub SOA",
        answer="sub SOA ns.sub hostmaster.sub 1 3600 600 86400 30"),
    row("a type missing at the child's apex is denied by the child", "sub MX", authority=SUB_SOA),
    row("DS of the child is denied by the parent", "sub DS", authority=SOA),
    row("the parent's wildcard does not cover names of the child", "x.sub A", rcode=NXDOMAIN,
        authority=SUB_SOA),
    row("the parent's wildcard covers names beside the child", "x.other A",
        answer="x.other A 192.0.2.1"),
    row("the child refers to its own children", "x.low.sub A", aa=False, **LOW),
    row("a child of the parent that is not served gets the parent's referral", "x.away A",
        aa=False, authority="away NS ns.sub", additional="ns.sub A 192.0.2.90"),
    row("a zone that its parent does not delegate is answered", "www.ghost A",
        answer="www.ghost A 192.0.2.21"),
    row("its missing names are denied by itself", "x.ghost A", rcode=NXDOMAIN,
        authority=GHOST_SOA),
    row("DS of its apex is asked of the parent, whose wildcard covers it", "ghost DS",
        authority=SOA),
    row("a zone two labels below its parent is answered", "ns.x.deep A",
        answer="ns.x.deep A 192.0.2.30"),
    row("its missing names are denied by itself, too", "y.x.deep A", rcode=NXDOMAIN,
        authority=DEEP_SOA),
    row("the name between the two is the parent's", "deep A", answer="deep A 192.0.2.1"),
    row("the zone's letters are no matter", "WWW.GHOST.PAR.TEST. A",
        answer="WWW.GHOST.PAR.TEST. A 192.0.2.21"),
    row("an alias leads from the parent into the child", "to-sub A",
        answer=["to-sub CNAME www.sub", "www.sub A 192.0.2.11"]),
    row("an alias leads into the zone that is not delegated", "to-ghost A",
        answer=["to-ghost CNAME www.ghost", "www.ghost A 192.0.2.21"]),
    row("an alias to what only the parent has is denied by the child", "to-not A",
        rcode=NXDOMAIN, answer="to-not CNAME gone.sub", authority=SUB_SOA),
    row("an alias ends in the referral of a child", "to-low A", answer="to-low CNAME www.low.sub",
        **LOW),
    row("an alias leads from the child to the parent", "up.sub A",
        answer=["up.sub CNAME ns", "ns A 192.0.2.53"]),
    row("an alias leads from the child to the parent's wildcard", "up-any.sub A",
        answer=["up-any.sub CNAME x", "x A 192.0.2.1"]),
    row("a circle through two zones is answered once", "circle.sub A",
        answer=["circle.sub CNAME circle.ghost", "circle.ghost CNAME circle.sub"]),
    row("a DNAME leads from the parent into the child", "host.old A",
        answer=["old DNAME sub", "host.old CNAME host.sub", "host.sub A 192.0.2.12"]),
    row("additional addresses are of the zone of the answer alone", "mail.sub MX",
        answer="mail.sub MX 10 ns"),
    row("a name beside all zones is refused", "par.tests. A", rcode=REFUSED, aa=False),
    row("a name above all zones is refused", "test. A", rcode=REFUSED, aa=False),
    row("the root is refused where it is not served", ". NS", rcode=REFUSED, aa=False),
    row("a name that only ends in the zone's letters is refused", "www.xpar.test. A",
        rcode=REFUSED, aa=False),
])
def test_several_zones(port, case):
    check(port, case)
