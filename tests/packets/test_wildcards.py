"""Wildcards (RFC 4592). Those with CNAME and DNAME are in test_wildcard_aliases.py."""

from cases import check
from tables import SOA, row, table
from wire import NXDOMAIN

TEXT = 'TXT "this is a wildcard"'
SUBDEL = {"aa": False, "authority": "subdel.rfc NS ns.elsewhere.invalid."}


@table("wild.test.", [
    row("RFC 4592 2.2.1: host3 MX is synthesized", "host3.rfc MX",
        answer="host3.rfc MX 10 host1.rfc", additional="host1.rfc A 192.0.2.1"),
    row("RFC 4592 2.2.1: host3 A has no data", "host3.rfc A", authority=SOA),
    row("RFC 4592 2.2.1: foo.bar TXT is synthesized, two labels below", "foo.bar.rfc TXT",
        answer=f"foo.bar.rfc {TEXT}"),
    row("RFC 4592 2.2.1: host1 MX has no data, for the name exists", "host1.rfc MX",
        authority=SOA),
    row("RFC 4592 2.2.1: sub.* MX has no data, for the name exists", "sub.*.rfc MX",
        authority=SOA),
    row("RFC 4592 2.2.1: _telnet._tcp.host1 does not exist, for host1 does",
        "_telnet._tcp.host1.rfc SRV", rcode=NXDOMAIN, authority=SOA),
    row("RFC 4592 2.2.1: below a cut there is the referral", "host.subdel.rfc A", **SUBDEL),
    row("RFC 4592 2.2.1: ghost.* does not exist, for the asterisk does", "ghost.*.rfc MX",
        rcode=NXDOMAIN, authority=SOA),
    row("the cut itself is not covered", "subdel.rfc TXT", **SUBDEL),
    row("an empty name beside the wildcard is not covered", "_tcp.host1.rfc TXT", authority=SOA),
    row("a name that only has names below it hides the wildcard", "host2.rfc TXT", authority=SOA),
    row("the wildcard asked for by its name is an answer", "*.rfc TXT", answer=f"*.rfc {TEXT}"),
    row("the wildcard asked for by its name lacks a type as any name does", "*.rfc A",
        authority=SOA),
    row("the name above the wildcard is not covered by it", "rfc TXT", authority=SOA),
    row("a name below an asterisk has its data", "sub.*.rfc TXT",
        answer='sub.*.rfc TXT "this is not a wildcard"'),
    row("a label that is written as an escaped asterisk is an asterisk", r"\042.rfc TXT",
        answer=f"*.rfc {TEXT}"),

    row("the upper wildcard covers what is not below the lower one", "x.deep A",
        answer="x.deep A 192.0.2.10"),
    row("the lower wildcard covers what is below its parent", "x.a.deep A",
        answer="x.a.deep A 192.0.2.11"),
    row("the parent of the lower wildcard is not covered by the upper one", "a.deep A",
        authority=SOA),
    row("a name beside one below the lower wildcard does not exist", "y.b.a.deep A",
        rcode=NXDOMAIN, authority=SOA),
    row("the closest encloser decides, not the longest wildcard", "x.y.z.a.deep A",
        answer="x.y.z.a.deep A 192.0.2.11"),
    row("a name of many labels is covered", "1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.deep A",
        answer="1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.deep A 192.0.2.10"),

    row("an asterisk before a letter makes no wildcard", "xa.not A", rcode=NXDOMAIN,
        authority=SOA),
    row("an asterisk behind a letter makes no wildcard", "ax.not A", rcode=NXDOMAIN,
        authority=SOA),
    row("two asterisks in a label make no wildcard", "xx.not A", rcode=NXDOMAIN, authority=SOA),
    row("a label with an asterisk in it is a name", "*a.not A", answer="*a.not A 192.0.2.20"),
    row("only the leftmost of two asterisks is a wildcard", "x.*.two A",
        answer="x.*.two A 192.0.2.23"),
    row("an asterisk above the wildcard covers no other label", "x.y.two A", authority=SOA),
    row("an asterisk inside a name covers nothing", "in.x.side A", authority=SOA),
    row("a question with an asterisk inside is for that very name", "in.*.side A",
        answer="in.*.side A 192.0.2.24"),
    row("a question below a covered asterisk is covered", "*.x.deep A",
        answer="*.x.deep A 192.0.2.10"),

    row("all records of the wildcard's RRset come", "x.many A",
        answer=["x.many A 192.0.2.30", "x.many A 192.0.2.31"]),
    row("another type of the wildcard comes by itself", "x.many AAAA",
        answer="x.many AAAA 2001:db8::30"),
    row("an unknown type of a wildcard is answered", "x.many TYPE65280",
        answer=r"x.many TYPE65280 \# 1 01"),
    row("a wildcard has no DS", "x.many DS", authority=SOA),
    row("a synthesized record can have additional addresses", "x.srv SRV",
        answer="x.srv SRV 0 0 1 target.srv", additional="target.srv A 192.0.2.33"),
    row("the letters of the question are the owner's", "QuEsTiOn.MaNy AAAA",
        answer="QuEsTiOn.MaNy AAAA 2001:db8::30"),
    row("a name in other letters is there and not covered", "kEPT.cASE A",
        answer="kEPT.cASE A 192.0.2.40"),
    row("a wildcard below a name of capital letters covers small ones", "x.upper A",
        answer="x.upper A 192.0.2.42"),
    row("a name above all wildcards is not covered by them", "nothing A", rcode=NXDOMAIN,
        authority=SOA),
])
def test_wildcards(port, case):
    check(port, case)


@table("wildns.test.", [
    row("a delegation at a wildcard is one of the name below it", "x.cut A", aa=False,
        authority=["x.cut NS a.cut", "x.cut NS ns"],
        additional=["a.cut A 192.0.2.1", "ns A 192.0.2.53"]),
    row("DS at a covered delegation is ours", "x.cut DS", authority=SOA),
    row("a name beside a covered delegation is ours", "a.cut A", answer="a.cut A 192.0.2.1"),
])
def test_delegating_wildcards(port, case):
    check(port, case)
