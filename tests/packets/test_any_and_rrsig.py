"""ANY: over UDP one RRset, over TCP all (RFC 8482 4.1); and signatures, which may be asked for as a
type, though no resolver does (RFC 8482 7)."""

from cases import check
from tables import SIGNED_SOA, SOA, row, table
from wire import NXDOMAIN

A = ["both A 192.0.2.1", "both A 192.0.2.2"]
APEX_NS = "@ NS ns"
NS_A = "ns A 192.0.2.53"
CUT = {"aa": False, "authority": "cut NS ns.cut", "additional": "ns.cut A 192.0.2.4"}


def signed(*lines):
    """Each RRset of one record with its signature behind it."""
    for line in lines:
        owner, *words = line.split(" ")
        ttl = [words.pop(0)] if words[0].isdigit() else []
        yield line
        yield " ".join([owner, *ttl, "RRSIG", words[0]])


@table("anyplain.test.", [
    row("ANY gets one RRset over UDP and all over TCP", "both ANY", answer=A,
        stream={"answer": [*A, 'both TXT "both"']}),
    row("ANY at the apex gets its servers, with the SOA over TCP", "@ ANY", answer=APEX_NS,
        additional=NS_A, stream={"answer": [APEX_NS, SOA.replace("60", "300", 1)]}),
    row("ANY of one RRset is that one", "ns ANY", answer=NS_A),
    row("ANY brings additional addresses", "mail ANY",
        answer=["mail MX 10 both", "mail MX 20 ns"], additional=[*A, NS_A]),
    row("ANY at an alias gets the alias and does not follow it", "alias ANY",
        answer="alias CNAME both"),
    row("ANY at a DNAME gets data of its owner", "dname ANY",
        answer='dname TXT "beside the DNAME"',
        stream={"answer": ['dname TXT "beside the DNAME"', "dname DNAME both"]}),
    row("ANY below a DNAME is renamed", "x.dname ANY", rcode=NXDOMAIN,
        answer=["dname DNAME both", "x.dname CNAME x.both"], authority=SOA),
    row("ANY at a wildcard is synthesized", "x.wild ANY", answer="x.wild A 192.0.2.3",
        stream={"answer": ["x.wild A 192.0.2.3", 'x.wild TXT "wild"']}),
    row("ANY at a cut gets the referral", "cut ANY", **CUT),
    row("ANY below a cut gets the referral", "ns.cut ANY", **CUT),
    row("ANY at an empty name has no data", "empty ANY", authority=SOA),
    row("ANY at a name that is not there is NXDOMAIN", "nothing ANY", rcode=NXDOMAIN,
        authority=SOA),
    row("there are no signatures in an unsigned zone", "both RRSIG", authority=SOA),
    row("there are none at an alias, which is not followed", "alias RRSIG", authority=SOA),
    row("NSEC is missing at an unsigned alias, which is not followed", "alias NSEC",
        authority=SOA),
    row("signatures below a DNAME are asked for where it leads", "x.dname RRSIG",
        rcode=NXDOMAIN, answer=["dname DNAME both", "x.dname CNAME x.both"], authority=SOA),
])
def test_unsigned(port, case):
    check(port, case)


BOTH = list(signed("both A 192.0.2.1", 'both TXT "both"', "both 60 NSEC a.empty A TXT RRSIG NSEC"))
NO_WILD = list(signed("*.wild 60 NSEC @ A TXT RRSIG NSEC"))
WILD = ["x.wild A 192.0.2.3", "x.wild RRSIG A/3"]


@table("any.test.", [
    row("ANY with DO gets one RRset with its signature over UDP, and all over TCP",
        "both ANY +do", answer=BOTH[:2], stream={"answer": BOTH}),
    row("ANY without DO gets no signatures", "both ANY", answer=BOTH[0],
        stream={"answer": BOTH[::2]}),
    row("ANY at an alias prefers the alias to its NSEC", "alias ANY +do",
        answer=["alias CNAME both", "alias RRSIG CNAME"],
        stream={"answer": list(signed("alias CNAME both",
                                      "alias 60 NSEC both CNAME RRSIG NSEC"))}),
    row("ANY at a wildcard comes with the proof that there is no such name", "x.wild ANY +do",
        answer=WILD, authority=NO_WILD,
        stream={"answer": [*WILD, 'x.wild TXT "wild"', "x.wild RRSIG TXT/3",
                           "x.wild 60 NSEC @ A TXT RRSIG NSEC", "x.wild 60 RRSIG NSEC/3"]}),
    row("signatures asked for are those of one RRset over UDP, and all over TCP", "both RRSIG",
        answer=BOTH[1], stream={"answer": BOTH[1::2]}),
    row("DO is no matter for that", "both RRSIG +do", answer=BOTH[1],
        stream={"answer": BOTH[1::2]}),
    row("signatures at an alias are the alias's", "alias RRSIG", answer="alias RRSIG CNAME",
        stream={"answer": ["alias RRSIG CNAME", "alias 60 RRSIG NSEC"]}),
    row("signatures at a wildcard are synthesized", "x.wild RRSIG", answer="x.wild RRSIG A/3",
        stream={"answer": ["x.wild RRSIG A/3", "x.wild RRSIG TXT/3", "x.wild 60 RRSIG NSEC/3"]}),
    row("signatures at a cut get the referral", "insecure RRSIG", aa=False,
        authority="insecure NS ns.elsewhere.invalid."),
    row("signatures of a DS get the referral, too", "secure RRSIG", aa=False,
        authority="secure NS ns.elsewhere.invalid."),
    row("signatures at an empty name are missing", "empty RRSIG", authority=SOA),
    row("signatures at a name that is not there are NXDOMAIN", "nothing RRSIG", rcode=NXDOMAIN,
        authority=SOA),
    row("with DO their lack is proved", "empty RRSIG +do",
        authority=[*SIGNED_SOA, *signed("both 60 NSEC a.empty A TXT RRSIG NSEC")]),
])
def test_signed(port, case):
    check(port, case)
