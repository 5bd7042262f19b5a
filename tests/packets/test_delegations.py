"""Delegations: what is at and below a cut is not ours to tell (RFC 1034 4.2.1, RFC 2181 6)."""

from cases import check
from tables import SOA, row, table
from wire import NXDOMAIN

DS = "sub DS 1 13 2 " + "00" * 32
SERVERS = ["sub NS ns.sub", "sub NS ns.elsewhere.invalid."]
GLUE = "ns.sub A 192.0.2.2"
SUB = {"aa": False, "authority": SERVERS, "additional": GLUE}


def elsewhere(owner, server="ns.elsewhere.invalid."):
    return {"aa": False, "authority": f"{owner} NS {server}"}


@table("deleg.test.", [
    row("a name below a cut gets the referral", "x.sub MX", **SUB),
    row("a name many labels below a cut gets the referral", "a.b.c.d.e.f.g.h.sub A", **SUB),
    row("the cut itself gets the referral", "sub MX", **SUB),
    row("the servers of the cut asked for are no answer", "sub NS", **SUB),
    row("an address at the cut is not ours", "sub A", **SUB),
    row("other data at the cut is not ours", "sub TXT", **SUB),
    row("the start of authority of the cut is not ours", "sub SOA", **SUB),
    row("ANY at the cut gets the referral", "sub ANY", **SUB),
    row("signatures at the cut get the referral", "sub RRSIG", **SUB),
    row("glue asked for is no answer", "ns.sub A", **SUB),
    row("data below the cut is occluded", "www.sub A", **SUB),
    row("a wildcard below the cut is occluded", "*.sub A", **SUB),
    row("a wildcard below the cut covers nothing", "covered.sub A", **SUB),
    row("an alias below the cut is occluded", "alias.sub A", **SUB),
    row("a question for CNAME below the cut gets the referral", "alias.sub CNAME", **SUB),
    row("a DNAME below the cut is occluded", "x.dname.sub A", **SUB),
    row("a cut below the cut is occluded", "lower.sub NS", **SUB),
    row("a name below both gets the upper referral", "x.lower.sub A", **SUB),
    row("data below both is occluded", "ns.lower.sub TXT", **SUB),
    row("DS at the cut is ours", "sub DS", answer=DS),
    row("DS below the cut is not ours", "x.sub DS", **SUB),
    row("DS of a cut below the cut is not ours", "lower.sub DS", **SUB),
    row("DO brings no DS with the referral where nothing is signed", "x.sub A +do", **SUB),
    row("a cut without DS has none to answer", "plain DS", authority=SOA),
    row("DO brings no DS where there is none", "x.plain A +do", **elsewhere("plain")),
    row("a name that begins as the cut is not below it", "plains A", answer="plains A 192.0.2.6"),
    row("a name beside the cut does not exist by it", "plane A", rcode=NXDOMAIN, authority=SOA),
    row("the question's letters are no matter", "X.SUB A", **SUB),
    row("names of servers keep their letters", "x.capital A",
        **elsewhere("Capital", "Ns.Elsewhere.Invalid.")),
    row("a cut below empty names gets its referral", "x.a.b.c A", **elsewhere("a.b.c")),
    row("an empty name above a cut is ours", "b.c A", authority=SOA),
    row("data beside a cut is ours", "beside.b.c A", answer="beside.b.c A 192.0.2.7"),
    row("the TTL of the referral is the zone's", "x.ttl A", aa=False,
        authority="ttl 7 NS ns.elsewhere.invalid."),
    row("a wildcard does not cover the cut beside it", "cut.wild A", **elsewhere("cut.wild")),
    row("a wildcard does not cover names below the cut", "x.cut.wild A",
        **elsewhere("cut.wild")),
    row("a wildcard covers other names beside the cut", "x.wild A", answer="x.wild A 192.0.2.8"),
    row("a server that is ours comes with its address", "x.ours A", **elsewhere("ours", "ns"),
        additional="ns A 192.0.2.53"),
])
def test_delegations(port, case):
    check(port, case)
