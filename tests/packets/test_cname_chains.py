"""Aliases (RFC 1034 3.6.2 and 4.3.2, RFC 2308 2.1, RFC 6604)."""

from cases import check
from tables import SOA, row, table
from wire import NXDOMAIN

DATA = "data A 192.0.2.1"
OTHER_SOA = ("chain2.test. 30 SOA ns.chain2.test. hostmaster.chain2.test. "
             "1 3600 600 86400 30")
CUT = {"authority": "cut NS ns.cut", "additional": "ns.cut A 192.0.2.3"}
# RFC 1034 wants chains followed; answer/limits.h says how far.
STEPS = [f"s{i} CNAME s{i + 1}" for i in range(12)]


@table("chain.test.", [
    row("an alias is followed to the data", "one A", answer=["one CNAME data", DATA]),
    row("an alias of an alias is followed", "two A",
        answer=["two CNAME one", "one CNAME data", DATA]),
    row("the type asked for is looked for at the end", "one AAAA",
        answer=["one CNAME data", "data AAAA 2001:db8::1"]),
    row("a question for CNAME is answered by the alias alone", "two CNAME",
        answer="two CNAME one"),
    row("ANY at an alias is answered by the alias alone", "two ANY", answer="two CNAME one"),
    row("the TTL of each step is its own", "short A", answer=["short 7 CNAME data", DATA]),
    row("the target keeps the letters of the alias", "capital A",
        answer=["capital CNAME DATA", "DATA A 192.0.2.1"]),
    row("an alias in other letters is found", "ONE A", answer=["ONE CNAME data", DATA]),
    row("an alias to a name without the type has no data", "one MX", answer="one CNAME data",
        authority=SOA),
    row("an alias to nothing is NXDOMAIN", "gone A", rcode=NXDOMAIN, answer="gone CNAME nothing",
        authority=SOA),
    row("the RCODE is that of the last name of the chain", "gone2 A", rcode=NXDOMAIN,
        answer=["gone2 CNAME gone", "gone CNAME nothing"], authority=SOA),
    row("an alias out of our zones ends the answer", "away A",
        answer="away CNAME elsewhere.invalid."),
    row("so does the second step of a chain", "away2 A",
        answer=["away2 CNAME away", "away CNAME elsewhere.invalid."]),
    row("an alias to the root leads out of our zones", "root A", answer="root CNAME ."),
    row("an alias to the apex gets data of the apex", "apex NS",
        answer=["apex CNAME @", "@ NS ns"], additional="ns A 192.0.2.53"),
    row("an alias to a name that a wildcard covers is synthesized", "covered A",
        answer=["covered CNAME x.wild", "x.wild A 192.0.2.2"]),
    row("an alias to below a cut ends in a referral and stays authoritative", "below A",
        answer="below CNAME www.cut", **CUT),
    row("an alias to a cut ends in a referral", "at-cut NS", answer="at-cut CNAME cut", **CUT),
    row("an alias below a cut is not followed", "hidden A", answer="hidden CNAME hidden.cut",
        **CUT),
    row("an alias to below a DNAME goes on behind it", "renamed A",
        answer=["renamed CNAME x.old", "old DNAME new", "x.old CNAME x.new",
                "x.new A 192.0.2.4"]),
    row("additional addresses come for the end of a chain", "mail MX",
        answer=["mail CNAME mx", "mx MX 10 data"],
        additional=[DATA, "data AAAA 2001:db8::1"]),
    row("an alias to itself is answered once", "self A", answer="self CNAME self"),
    row("two aliases of each other are answered once each", "left A",
        answer=["left CNAME right", "right CNAME left"]),
    row("a chain into a circle goes round once", "into-loop A",
        answer=["into-loop CNAME left", "left CNAME right", "right CNAME left"]),
    row("an alias into another zone of ours is followed", "other A",
        answer=["other CNAME www.chain2.test.", "www.chain2.test. A 192.0.2.10"]),
    row("an alias into another zone of ours and back is followed", "back A",
        answer=["back CNAME back.chain2.test.", "back.chain2.test. CNAME data", DATA]),
    row("a name missing in the other zone is denied by that zone", "other-not A", rcode=NXDOMAIN,
        answer="other-not CNAME nothing.chain2.test.", authority=OTHER_SOA),
    row("an empty name of the other zone has its SOA", "other-no A",
        answer="other-no CNAME empty.chain2.test.", authority=OTHER_SOA),
    row("a chain of eleven steps is followed to its end", "s1 A",
        answer=[*STEPS[1:], "s12 A 192.0.2.5"]),
    row("a longer one is given as far as that", "s0 A", answer=STEPS),
])
def test_cname_chains(port, case):
    check(port, case)
