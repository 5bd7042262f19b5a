"""Reverse zones (RFC 1035 3.5, RFC 3596 2.5, RFC 2317)."""

from cases import check
from tables import row, table
from wire import NXDOMAIN

SOA = "@ 60 SOA ns.names.test. hostmaster.names.test. 1 3600 600 86400 60"
ONE = ".".join(["1"] + ["0"] * 23)
HALF = ".".join(["0"] * 12)


@table("2.0.192.in-addr.arpa.", [
    row("an address has its name", "1 PTR", answer="1 PTR one.names.test."),
    row("an address may have two names", "2 PTR",
        answer=["2 PTR two.names.test.", "2 PTR deux.names.test."]),
    row("an address without a name does not exist", "3 PTR", rcode=NXDOMAIN, authority=SOA),
    row("an address has only names", "1 A", authority=SOA),
    row("a name below an address does not exist", "1.1 PTR", rcode=NXDOMAIN, authority=SOA),
    row("the network has no name of its own", "@ PTR", authority=SOA),
    row("RFC 2317: an address of a smaller delegation is an alias and a referral", "10 PTR",
        answer="10 CNAME 10.0/26", authority="0/26 NS ns.elsewhere.invalid."),
    row("RFC 2317: the delegation asked for gets the referral", "10.0/26 PTR", aa=False,
        authority="0/26 NS ns.elsewhere.invalid."),
    row("RFC 2317: a delegation may be written with a dash", "70 PTR",
        answer="70 CNAME 70.64-127", authority="64-127 NS ns.elsewhere.invalid."),
    row("an alias to a name of the zone is followed", "20 PTR",
        answer=["20 CNAME 20.in", "20.in PTR twenty.names.test."]),
    row("an address that is written with zeros is another name", "001 PTR", rcode=NXDOMAIN,
        authority=SOA),
])
def test_ipv4(port, case):
    check(port, case)


@table("8.b.d.0.1.0.0.2.ip6.arpa.", [
    row("an address of 34 labels has its name", f"{ONE} PTR", answer=f"{ONE} PTR one.names.test."),
    row("half an address is an empty name", f"{HALF} PTR", authority=SOA),
    row("all but the last digit is an empty name", f"{ONE[2:]} PTR", authority=SOA),
    row("another last digit does not exist", f"2{ONE[1:]} PTR", rcode=NXDOMAIN, authority=SOA),
    row("a digit too many does not exist", f"0.{ONE} PTR", rcode=NXDOMAIN, authority=SOA),
    row("another digit in the middle does not exist", f"{HALF}.1.{HALF[2:]} PTR",
        rcode=NXDOMAIN, authority=SOA),
    row("a wildcard covers all addresses of a network", f"{ONE[:39]}.f.0.0.0 PTR",
        answer=f"{ONE[:39]}.f.0.0.0 PTR any.names.test."),
    row("hexadecimal digits may be capitals", f"{ONE[:39]}.F.0.0.0 PTR",
        answer=f"{ONE[:39]}.F.0.0.0 PTR any.names.test."),
    row("a network is delegated", f"{ONE[:39]}.1.0.0.0 PTR", aa=False,
        authority="1.0.0.0 NS ns.elsewhere.invalid."),
    row("a network is renamed", f"{ONE[:39]}.2.0.0.0 PTR",
        answer=["2.0.0.0 DNAME 0.0.0.0", f"{ONE[:39]}.2.0.0.0 CNAME {ONE}",
                f"{ONE} PTR one.names.test."]),
])
def test_ipv6(port, case):
    check(port, case)
