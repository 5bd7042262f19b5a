"""Signed answers and denials with NSEC (RFC 4035 3.1). zones/nsec.test.zone has the chain."""

from cases import check
from tables import SIGNED_SOA, SOA, row, table
from wire import NXDOMAIN

NEXT = {
    "@": "alias NS SOA RRSIG NSEC DNSKEY", "alias": "b CNAME RRSIG NSEC",
    "b": "d.b A TXT RRSIG NSEC", "d.b": "dead A RRSIG NSEC", "dead": "x.y.e CNAME RRSIG NSEC",
    "x.y.e": "z.cut.f A RRSIG NSEC", "z.cut.f": "insecure NS RRSIG NSEC",
    "insecure": "ns NS RRSIG NSEC", "ns": "old A RRSIG NSEC", "old": "secure DNAME RRSIG NSEC",
    "secure": "two NS DS RRSIG NSEC", "two": "*.w A RRSIG NSEC", "*.w": "a.w A RRSIG NSEC",
    "a.w": "*.wc A RRSIG NSEC", "*.wc": "*.wd CNAME RRSIG NSEC",
    "*.wd": "x.*.we CNAME RRSIG NSEC", "x.*.we": "zz A RRSIG NSEC", "zz": "@ MX RRSIG NSEC"}


def nsec(*owners):
    """The NSEC records of these names, with their signatures."""
    return [line for owner in owners
            for line in (f"{owner} 60 NSEC {NEXT[owner]}", f"{owner} 60 RRSIG NSEC")]


def data(sentence, question, *lines, proofs=(), **more):
    """Answered; `proofs` are owners of NSEC records."""
    return row(sentence, f"{question} +do", answer=lines, authority=nsec(*proofs), any_order=True,
               **more)


def denied(sentence, question, *proofs, answer=(), rcode=0):
    return row(sentence, f"{question} +do", answer=answer, rcode=rcode,
               authority=[*SIGNED_SOA, *nsec(*proofs)], any_order=True)


def missing(sentence, question, *proofs, answer=()):
    return denied(sentence, question, *proofs, answer=answer, rcode=NXDOMAIN)


B = ["b A 192.0.2.1", "b RRSIG A"]
DS = "secure DS 1 13 2 " + "0" * 64


@table("nsec.test.", [
    data("an RRset comes with its signature", "b A", *B),
    data("the signature is of that type alone", "b TXT", 'b TXT "b"', "b RRSIG TXT"),
    row("without DO no signature comes", "b A edns=1232", answer=B[0]),
    row("without EDNS no signature comes", "b A", answer=B[0]),
    row("without DO no proof comes", "nothing A edns=1232", rcode=NXDOMAIN, authority=SOA),
    row("without EDNS no proof comes", "b MX", authority=SOA),
    row("additional addresses are signed, too", "zz MX +do",
        answer=["zz MX 10 b", "zz RRSIG MX"], additional=B),
    data("a key comes with its signature", "@ DNSKEY", "@ DNSKEY 257 3 13 AAAA",
         "@ RRSIG DNSKEY"),
    data("an alias and its target are both signed", "alias A", "alias CNAME b",
         "alias RRSIG CNAME", *B),
    data("a DNAME is signed, the alias made from it is not", "d.old A", "old DNAME b",
         "old RRSIG DNAME", "d.old CNAME d.b", "d.b A 192.0.2.2", "d.b RRSIG A"),
    data("NSEC may be asked for", "b NSEC", *nsec("b")),
    data("NSEC at an alias is not followed", "alias NSEC", *nsec("alias")),

    missing("a missing name and its wildcard are proved to be missing", "c A", "d.b", "@"),
    missing("one record proves both where it covers both", "a A", "@"),
    missing("a name behind all others is covered by the last record", "zzz A", "zz", "@"),
    missing("a name before all others is covered by the apex", r"\000 A", "@"),
    missing("a name below one with data has that one's wildcard denied", "x.b A", "d.b", "b"),
    missing("a name far below has the same proof", "x.x.x.b A", "d.b", "b"),
    missing("a name below an empty one is denied there", "z.y.e A", "x.y.e", "dead"),
    missing("a name in other letters is covered as in small ones", "ZZZ A", "zz", "@"),
    missing("a name below a wildcard's sibling is denied at the sibling", "x.a.w A", "a.w"),
    missing("a name below an asterisk is denied at the asterisk", "z.*.we A", "x.*.we", "*.wd"),
    denied("a missing type is proved by the name's own record", "b MX", "b"),
    denied("a missing type at the apex is proved by the apex", "@ A", "@"),
    denied("DS at the apex is missing by the apex", "@ DS", "@"),
    denied("an empty name is proved by the record that covers it", "e A", "dead"),
    denied("so is the lower one of two", "y.e A", "dead"),
    denied("so is the one above a cut", "cut.f A", "x.y.e"),
    denied("so is one above a wildcard", "w A", "two"),
    denied("a missing type in other letters has the same proof", "B MX", "b"),
    missing("an alias to nothing has the proof of its target", "dead A", "insecure", "@",
            answer=["dead CNAME nothing", "dead RRSIG CNAME"]),
    denied("an alias to a name without the type has the target's proof", "alias MX", "b",
           answer=["alias CNAME b", "alias RRSIG CNAME"]),

    data("a wildcard's answer proves that there is no such name", "x.w A", "x.w A 192.0.2.4",
         "x.w RRSIG A/3", proofs=["a.w"]),
    data("the proof is of the name asked for, not of the wildcard", "0.w A", "0.w A 192.0.2.4",
         "0.w RRSIG A/3", proofs=["*.w"]),
    data("a wildcard's answer many labels below has the same proof", "1.2.3.x.w A",
         "1.2.3.x.w A 192.0.2.4", "1.2.3.x.w RRSIG A/3", proofs=["a.w"]),
    data("the wildcard itself needs no proof", "*.w A", "*.w A 192.0.2.4", "*.w RRSIG A"),
    row("without DO a wildcard's answer has no proof", "x.w A edns=1232",
        answer="x.w A 192.0.2.4"),
    denied("a type that a wildcard lacks: the wildcard's record, and that there is no such name",
           "x.w MX", "*.w", "a.w"),
    denied("one record says both where it can", "0.w MX", "*.w"),
    denied("a type that the wildcard's own name lacks is proved by its record", "*.w MX", "*.w"),
    denied("a type that an empty asterisk lacks is proved by covers", "q.we A", "*.wd", "x.*.we"),
    data("an alias of a wildcard has its proof and the target's data", "x.wc A", "x.wc CNAME b",
         "x.wc RRSIG CNAME/3", *B, proofs=["*.wc"]),
    missing("an alias of a wildcard to nothing has both proofs", "x.wd A", "*.wd", "d.b", "b",
            answer=["x.wd CNAME nothing.w.b", "x.wd RRSIG CNAME/3"]),
    denied("an alias of a wildcard to a missing type has both proofs", "x.wc MX", "*.wc", "b",
           answer=["x.wc CNAME b", "x.wc RRSIG CNAME/3"]),

    row("a referral to a signed child has its DS and no proof", "www.secure A +do", aa=False,
        authority=["secure NS ns.secure", DS, "secure RRSIG DS"],
        additional="ns.secure A 192.0.2.7"),
    row("a referral to an unsigned child proves that there is no DS", "www.insecure A +do",
        aa=False, authority=["insecure NS ns.insecure", *nsec("insecure")],
        additional="ns.insecure A 192.0.2.8"),
    row("without DO a referral has neither", "www.secure A", aa=False,
        authority="secure NS ns.secure", additional="ns.secure A 192.0.2.7"),
    row("a referral deep below proves it of the cut", "a.b.c.z.cut.f A +do", aa=False,
        authority=["z.cut.f NS ns.elsewhere.invalid.", *nsec("z.cut.f")]),
    data("DS of a cut is signed", "secure DS", DS, "secure RRSIG DS"),
    denied("DS that is missing at a cut is proved by the cut's record", "insecure DS",
           "insecure"),
    row("NSEC of a cut is not told as an answer", "insecure NSEC +do", aa=False,
        authority=["insecure NS ns.insecure", *nsec("insecure")],
        additional="ns.insecure A 192.0.2.8"),
])
def test_nsec(port, case):
    check(port, case)


def twice(owner, covered, labels, ttl=300, tag=2):
    """The signatures of both algorithms, in canonical order."""
    return [f"{owner} {wanted} RRSIG {covered} {algorithm} {labels} {ttl} 20300101000000 "
            f"20200101000000 {key} @ AAAA"
            for wanted in [60 if covered in ("SOA", "NSEC") else 300]
            for algorithm, key in ((8, tag), (13, 3))]


KEYS = ["@ DNSKEY 256 3 8 AwEB", "@ DNSKEY 257 3 8 AwEA", "@ DNSKEY 257 3 13 AAAA"]


@table("algorithms.test.", [
    row("signatures of all algorithms come", "www A +do",
        answer=["www A 192.0.2.1", *twice("www", "A", 3)]),
    row("without DO none of them comes", "www A", answer="www A 192.0.2.1"),
    row("keys come with the signatures of those that sign keys", "@ DNSKEY +do",
        answer=[*KEYS, *twice("@", "DNSKEY", 2, tag=1)]),
    row("keys come without signatures if those are not wanted", "@ DNSKEY", answer=KEYS),
    row("proofs are signed by all algorithms, too", "www TXT +do",
        authority=["@ 60 SOA ns hostmaster 1 3600 600 86400 60", *twice("@", "SOA", 2),
                   "www 60 NSEC @ A RRSIG NSEC", *twice("www", "NSEC", 3, 60)]),
    row("signatures asked for are those of all algorithms", "www RRSIG",
        answer=twice("www", "A", 3),
        stream={"answer": [*twice("www", "A", 3), *twice("www", "NSEC", 3, 60)]}),
])
def test_several_algorithms(port, case):
    check(port, case)
