"""DS is data of the parent's side of a cut (RFC 4035 3.1.4.1)."""

from cases import check
from tables import SOA, row, table
from wire import NXDOMAIN

DS = ["child DS 1 13 2 " + "1" * 64, "child DS 1 13 4 " + "2" * 96]
OTHER_DS = "other DS 2 8 2 " + "3" * 64
CHILD_SOA = "child 30 SOA ns hostmaster 1 3600 600 86400 30"


@table("ds.test.", [
    row("DS of a child that is served here, too, comes from the parent", "child DS", answer=DS),
    row("in other letters, too", "CHILD DS", answer=DS),
    row("RD and DO are no matter", "child DS +rd +do", answer=DS),
    row("other types at the child's apex come from the child", "child A",
        answer="child A 192.0.2.10"),
    row("keys come from the child", "child DNSKEY", answer="child DNSKEY 257 3 13 AAAA"),
    row("servers of the child come from the child, as an answer", "child NS",
        answer="child NS ns"),
    row("no DS of a child is denied by the parent", "unsigned DS", authority=SOA),
    row("another missing type is denied by the child", "child MX", authority=CHILD_SOA),
    row("the SOA of a child is the child's", "unsigned SOA",
        answer="unsigned SOA ns hostmaster 1 3600 600 86400 30"),
    row("DS below the child's apex is the child's", "www.child DS", authority=CHILD_SOA),
    row("a name missing in the child is denied by the child", "no.child DS", rcode=NXDOMAIN,
        authority=CHILD_SOA),
    row("DS of a grandchild comes from the child", "grand.child DS",
        answer="grand.child DS 3 13 2 " + "4" * 64),
    row("DS below the grandchild's cut gets the child's referral", "x.grand.child DS", aa=False,
        authority="grand.child NS ns"),
    row("DS of a child that is served elsewhere is answered", "other DS", answer=OTHER_DS),
    row("DS below such a child gets the referral", "x.other DS", aa=False,
        authority="other NS ns", additional="ns A 192.0.2.53"),
    row("DS of an apex whose parent is not served is denied by the zone itself", "@ DS",
        authority=SOA),
    row("DS of a name without a cut has no data", "data DS", authority=SOA),
    row("DS of an empty name has no data", "empty DS", authority=SOA),
    row("DS of a name that is not there is NXDOMAIN", "nothing DS", rcode=NXDOMAIN,
        authority=SOA),
    row("an alias to the child's apex ends at the parent's DS", "to-child DS",
        answer=["to-child CNAME child", *DS]),
    row("an alias in the child to its own apex does, too", "to-self.child DS",
        answer=["to-self.child CNAME child", *DS]),
    row("an alias to a cut ends at its DS", "to-other DS",
        answer=["to-other CNAME other", OTHER_DS]),
    row("a DNAME into the child goes on in the child", "www.renamed A",
        answer=["renamed DNAME child", "www.renamed CNAME www.child",
                "www.child A 192.0.2.11"]),
])
def test_ds(port, case):
    check(port, case)
