"""Renamed trees (RFC 6672)."""

from cases import check
from tables import SOA, row, table
from wire import NXDOMAIN

YXDOMAIN = 6
WWW = "www.new A 192.0.2.2"
LONG = ".".join(letter * size for letter, size in zip("abcd", (63, 63, 63, 37)))
GROWING = [f"x.{'a.' * i}grow CNAME x.{'a.' * (i + 1)}grow" for i in range(12)]


@table("dname.test.", [
    row("a name below is answered with the DNAME, an alias made from it, and the data",
        "www.old A", answer=["old DNAME new", "www.old CNAME www.new", WWW]),
    row("all labels below the DNAME are kept", "x.y.old A",
        answer=["old DNAME new", "x.y.old CNAME x.y.new", "x.y.new A 192.0.2.3"]),
    row("a name below does not need to exist behind the DNAME", "nothing.old A", rcode=NXDOMAIN,
        answer=["old DNAME new", "nothing.old CNAME nothing.new"], authority=SOA),
    row("an empty name behind the DNAME exists", "y.old A",
        answer=["old DNAME new", "y.old CNAME y.new"], authority=SOA),
    row("the owner itself is not renamed", "old A", answer="old A 192.0.2.4"),
    row("the owner lacks a type as any name does", "old MX", authority=SOA),
    row("the DNAME asked for is an answer", "old DNAME", answer="old DNAME new"),
    row("a question for CNAME below gets the alias that is made", "www.old CNAME",
        answer=["old DNAME new", "www.old CNAME www.new"]),
    row("a question for DNAME below is renamed, too", "www.old DNAME",
        answer=["old DNAME new", "www.old CNAME www.new"], authority=SOA),
    row("a question for DS below is renamed, too", "www.old DS",
        answer=["old DNAME new", "www.old CNAME www.new"], authority=SOA),
    row("an alias behind the DNAME is followed", "cname.old A",
        answer=["old DNAME new", "cname.old CNAME cname.new", "cname.new CNAME target",
                "target A 192.0.2.1"]),
    row("the made alias has the letters of the question", "WwW.OLD A",
        answer=["old DNAME new", "WwW.old CNAME WwW.new", "WwW.new A 192.0.2.2"]),
    row("the made alias has the letters of the DNAME's target", "www.capital A",
        answer=["Capital DNAME New", "www.Capital CNAME www.New", "www.New A 192.0.2.2"]),
    row("the made alias has the TTL of the DNAME", "www.ttl A",
        answer=["ttl 7 DNAME new", "www.ttl 7 CNAME www.new", WWW]),
    row("a DNAME of TTL zero makes an alias of TTL zero", "www.zero A",
        answer=["zero 0 DNAME new", "www.zero 0 CNAME www.new", WWW]),
    row("a DNAME of a DNAME is followed", "www.first A",
        answer=["first DNAME second", "www.first CNAME www.second", "second DNAME new",
                "www.second CNAME www.new", WWW]),
    row("a DNAME out of our zones ends the answer", "www.out A",
        answer=["out DNAME elsewhere.invalid.", "www.out CNAME www.elsewhere.invalid."]),
    row("a DNAME to a tree that is not there is NXDOMAIN", "www.nowhere A", rcode=NXDOMAIN,
        answer=["nowhere DNAME nothing", "www.nowhere CNAME www.nothing"], authority=SOA),
    row("a DNAME to the apex finds names of the zone", "target.up A",
        answer=["up DNAME @", "target.up CNAME target", "target A 192.0.2.1"]),
    row("a DNAME to the root finds names of another zone", "one.positive.test.root A",
        answer=["root DNAME .", "one.positive.test.root CNAME one.positive.test.",
                "one.positive.test. A 192.0.2.1"]),
    row("a DNAME into a delegation ends in the referral", "www.into-cut A",
        answer=["into-cut DNAME cut", "www.into-cut CNAME www.cut"],
        authority="cut NS ns.cut", additional="ns.cut A 192.0.2.5"),
    row("a wildcard covers names behind a DNAME", "x.into-wild A",
        answer=["into-wild DNAME wild", "x.into-wild CNAME x.wild", "x.wild A 192.0.2.6"]),
    row("two DNAMEs of each other are answered once each", "x.left A",
        answer=["left DNAME right", "x.left CNAME x.right", "right DNAME left",
                "x.right CNAME x.left"]),
    row("a DNAME that leads below itself is answered once, as far as chains go", "x.grow A",
        answer=["grow DNAME a.grow", *GROWING]),
    row("the apex of another zone of ours may be renamed", "www.across A",
        answer=["across DNAME dname2.test.", "www.across CNAME www.dname2.test.",
                "dname2.test. DNAME new", "www.dname2.test. CNAME www.new", WWW]),
    row("a DNAME at the apex leaves data of the apex", "dname2.test. TXT",
        answer='dname2.test. TXT "the apex stays"'),
    row("a DNAME at the apex leaves the apex's SOA", "dname2.test. A",
        authority="dname2.test. 60 SOA ns.dname2.test. hostmaster.dname2.test. "
                  "1 3600 600 86400 60"),
    row("a made name of 255 octets is followed", f"{'x' * 12}.long A edns=1232", rcode=NXDOMAIN,
        answer=[f"long DNAME {LONG}", f"{'x' * 12}.long CNAME {'x' * 12}.{LONG}"], authority=SOA),
    row("a made name that is too long is YXDOMAIN, with the DNAME", f"{'x' * 13}.long A",
        rcode=YXDOMAIN, answer=f"long DNAME {LONG}"),
    row("a made name is too long by its labels, too", f"{'x.' * 7}long A",
        rcode=YXDOMAIN, answer=f"long DNAME {LONG}"),
])
def test_dname(port, case):
    check(port, case)
