"""Addresses of hosts that an answer names (RFC 1034 4.3.2 step 6, RFC 2782, RFC 9460 4.1)."""

from cases import check
from tables import row, table

A = ["a A 192.0.2.1", "a A 192.0.2.2"]
B = "b AAAA 2001:db8::2"
NS = ["ns A 192.0.2.53", "ns AAAA 2001:db8::53"]


def mail(sentence, owner, *hosts, additional=()):
    return row(sentence, f"{owner} MX", answer=[f"{owner} MX {host}" for host in hosts],
               additional=additional)


@table("additional.test.", [
    row("servers come with all of their addresses", "@ NS",
        answer=["@ NS ns.elsewhere.invalid.", "@ NS ns"], additional=NS),
    mail("mail servers come with theirs, A before AAAA", "mx", "10 a", "20 b",
         additional=[*A, B]),
    mail("a host that is named twice has its addresses once", "mx-same", "10 a", "20 a",
         additional=A),
    mail("hosts without addresses have none", "mx-none", "10 none", "20 missing"),
    mail("a host that is an alias has none", "mx-alias", "10 alias"),
    mail("the root, which means no mail, has none", "mx-null", "0 ."),
    mail("a host that is not ours has none", "mx-out", "10 mail.elsewhere.invalid."),
    mail("a host in another zone of ours has none", "mx-zone", "10 one.positive.test."),
    mail("the question's own name has them", "mx-self", "10 mx-self",
         additional="mx-self A 192.0.2.3"),
    mail("a host is found in other letters, and its owner points to them", "mx-case", "10 A",
         additional=A),
    mail("a host that a wildcard would cover has none", "mx-wild", "10 x.wild"),
    mail("a host below a cut has what this zone knows of it", "mx-cut", "10 host.cut",
         additional="host.cut A 192.0.2.6"),
    mail("a host below a DNAME has none", "mx-dname", "10 x.old"),
    mail("addresses keep their own TTL", "short", "10 quick", additional="quick 7 A 192.0.2.8"),
    mail("of thirteen hosts all addresses come", "thirteen",
         *(f"{i} m{i}" for i in range(1, 14)),
         additional=[f"m{i} A 192.0.2.{100 + i}" for i in range(1, 14)]),
    mail("of more than thirteen none comes (CVE-2024-11187)", "many",
         *(f"{i} m{i}" for i in range(1, 15))),
    row("hosts of services come with addresses", "_x._tcp SRV", answer="_x._tcp SRV 0 0 80 a",
        additional=A),
    row("a service that is not there has no host", "_y._tcp SRV", answer="_y._tcp SRV 0 0 0 ."),
    row("the target of HTTPS comes with addresses", "https HTTPS", answer="https HTTPS 1 a",
        additional=A),
    row("a target of the root means the owner", "https-own HTTPS", answer="https-own HTTPS 1 .",
        additional=["https-own A 192.0.2.7", "https-own AAAA 2001:db8::7"]),
    row("the target of an alias of services comes with its own record", "https-to HTTPS",
        answer="https-to HTTPS 0 https-own",
        additional=["https-own A 192.0.2.7", "https-own AAAA 2001:db8::7",
                    "https-own HTTPS 1 ."]),
    row("the target of SVCB comes with addresses", "svcb SVCB", answer="svcb SVCB 1 b",
        additional=B),
    row("PTR brings no addresses", "ptr PTR", answer="ptr PTR a"),
    row("AFSDB brings no addresses", "afsdb AFSDB", answer="afsdb AFSDB 1 a"),
    row("KX brings no addresses", "kx KX", answer="kx KX 1 a"),
    row("NAPTR brings no addresses", "naptr NAPTR", answer='naptr NAPTR 1 1 "A" "" "" a'),
    row("the end of an alias brings addresses", "to-mx MX",
        answer=["to-mx CNAME mx", "mx MX 10 a", "mx MX 20 b"], additional=[*A, B]),
    row("the addresses themselves bring nothing", "a A", answer=A),
])
def test_additional(port, case):
    check(port, case)
