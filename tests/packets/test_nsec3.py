"""Denials with NSEC3 (RFC 5155 7.2, RFC 9276). Which record matches or covers a name is found out
here, from the zone's file and dnspython's hashes."""

import dns.dnssec
import dns.name
import dns.rdatatype
import dns.zone

import messages
import ports
from cases import check
from tables import SIGNED_SOA, SOA, row, table
from wire import NXDOMAIN


class Chain:
    """The NSEC3 records of a zone."""

    def __init__(self, zone):
        self.origin = dns.name.from_text(zone)
        read = dns.zone.from_file(str(ports.TABLE_ZONES / f"{zone}zone"), origin=zone,
                                  relativize=False)
        self.records = {owner.labels[0].decode().upper(): rdata for owner, _, rdata
                        in read.iterate_rdatas(dns.rdatatype.NSEC3)}
        self.any = next(iter(self.records.values()))

    def hash(self, name):
        return dns.dnssec.nsec3_hash(dns.name.from_text(name, self.origin), self.any.salt,
                                     self.any.iterations, 1)

    def _lines(self, digest):
        return [f"{digest.lower()} 60 NSEC3 {self.records[digest].to_text()}",
                f"{digest.lower()} 60 RRSIG NSEC3"]

    def match(self, name):
        return self._lines(self.hash(name))

    def cover(self, name):
        digest = self.hash(name)
        assert digest not in self.records, f"{name} is there"
        return self._lines(max((each for each in self.records if each < digest),
                               default=max(self.records)))

    def proofs(self, text):
        """Of "=name" the matching record and of "-name" the covering one, each once."""
        lines = []
        for word in text.split():
            for line in (self.match if word[0] == "=" else self.cover)(word[1:]):
                if line not in lines:
                    lines.append(line)
        return lines


def rows_of(chain):
    """The functions that make a row whose proofs are of this chain."""
    def answered(sentence, question, lines, proofs=""):
        return row(sentence, f"{question} +do", answer=lines, authority=chain.proofs(proofs),
                   any_order=True)

    def no_data(sentence, question, proofs, **more):
        return row(sentence, f"{question} +do", any_order=True,
                   authority=[*SIGNED_SOA, *chain.proofs(proofs)], **more)

    def missing(sentence, question, proofs, **more):
        return no_data(sentence, question, proofs, rcode=NXDOMAIN, **more)

    def referral(sentence, question, servers, proofs, **more):
        return row(sentence, f"{question} +do", aa=False, any_order=True,
                   authority=[servers, *chain.proofs(proofs)], **more)

    return answered, no_data, missing, referral


B = ["b A 192.0.2.1", "b RRSIG A"]
DS = ["secure DS 1 13 2 " + "0" * 64, "secure RRSIG DS"]
SECURE = {"aa": False, "authority": ["secure NS ns.secure", *DS],
          "additional": "ns.secure A 192.0.2.7"}
INSECURE = {"additional": "ns.insecure A 192.0.2.8"}
answered, no_data, missing, referral = rows_of(Chain("nsec3.test."))


@table("nsec3.test.", [
    answered("an RRset comes with its signature and no proof", "b A", B),
    missing("the closest encloser matches; next closer name and wildcard are covered", "c A",
            "=@ -c -*"),
    missing("the next closer name is one label longer than the encloser", "x.y.z.c A",
            "=@ -c -*"),
    missing("the closest encloser is the longest name that exists", "c.b A", "=b -c.b -*.b"),
    missing("an empty name is a closest encloser", "c.e A", "=e -c.e -*.e"),
    missing("the lower of two empty names is, too", "c.y.e A", "=y.e -c.y.e -*.y.e"),
    missing("a name in capitals has the hash of small letters", "C.B A", "=b -c.b -*.b"),
    missing("below an asterisk the asterisk is the encloser", "z.*.we A",
            "=*.we -z.*.we -*.*.we"),
    no_data("a missing type is proved by the name's record", "b TXT", "=b"),
    no_data("a missing type in other letters has the same proof", "B TXT", "=b"),
    no_data("a missing type at the apex is proved by the apex", "@ A", "=@"),
    no_data("DS at the apex is missing by the apex", "@ DS", "=@"),
    no_data("an empty name has a record of its own", "e A", "=e"),
    no_data("so has the lower one of two", "y.e A", "=y.e"),
    no_data("so has one above a cut", "f A", "=f"),
    no_data("so has one above a wildcard", "w A", "=w"),
    answered("a wildcard's answer has the next closer name covered", "x.w A",
             ["x.w A 192.0.2.4", "x.w RRSIG A/3"], "-x.w"),
    answered("of many labels it is the one below the encloser", "1.2.3.w A",
             ["1.2.3.w A 192.0.2.4", "1.2.3.w RRSIG A/3"], "-3.w"),
    answered("the wildcard itself needs no proof", "*.w A", ["*.w A 192.0.2.4", "*.w RRSIG A"]),
    no_data("a type that a wildcard lacks: encloser, next closer name, wildcard", "x.w TXT",
            "=w -x.w =*.w"),
    no_data("a type that an empty asterisk lacks is proved so, too", "q.we A",
            "=we -q.we =*.we"),
    no_data("a type that the wildcard's own name lacks is proved by its record", "*.w TXT",
            "=*.w"),
    answered("an alias of a wildcard has the cover and the target's data", "x.wc A",
             ["x.wc CNAME b", "x.wc RRSIG CNAME/3", *B], "-x.wc"),
    no_data("an alias of a wildcard to a missing type has the target's proof, too", "x.wc TXT",
            "-x.wc =b", answer=["x.wc CNAME b", "x.wc RRSIG CNAME/3"]),
    missing("below a DNAME the target is proved to be missing", "c.old A", "=b -c.b -*.b",
            answer=["old DNAME b", "old RRSIG DNAME", "c.old CNAME c.b"]),
    row("a referral to a signed child has its DS and no proof", "www.secure A +do", **SECURE),
    referral("a referral to an unsigned child has the cut's record", "www.insecure A",
             "insecure NS ns.insecure", "=insecure", **INSECURE),
    referral("so has one to the cut below an empty name", "www.cut.f A",
             "cut.f NS ns.elsewhere.invalid.", "=cut.f"),
    no_data("DS that is missing at a cut is proved by its record", "insecure DS", "=insecure"),
    no_data("NSEC is a missing type", "b NSEC", "=b"),
    no_data("NSEC3 is a missing type at a name", "b NSEC3", "=b"),
    answered("the parameters are data of the apex", "@ NSEC3PARAM",
             ["@ 0 NSEC3PARAM 1 0 0 -",
              "@ 0 RRSIG NSEC3PARAM 13 2 0 20300101000000 20200101000000 1 @ AAAA"]),
    row("without DO no proof comes", "c A edns=1232", rcode=NXDOMAIN, authority=SOA),
    row("without EDNS no proof comes", "b TXT", authority=SOA),
    row("without DO a referral has no proof", "www.insecure A", aa=False,
        authority="insecure NS ns.insecure", **INSECURE),
])
def test_nsec3(port, case):
    check(port, case)


answered, no_data, missing, referral = rows_of(Chain("optout.test."))


@table("optout.test.", [
    referral("an unsigned child without a record: its next closer name is covered",
             "www.insecure A", "insecure NS ns.insecure", "=@ -insecure", **INSECURE),
    referral("below a name that is there only by such a child, that name is not the encloser",
             "www.cut.f A", "cut.f NS ns.elsewhere.invalid.", "=@ -f"),
    no_data("DS of such a child is proved by the cover", "insecure DS", "=@ -insecure"),
    no_data("DS of such a child further below is, too", "cut.f DS", "=@ -f"),
    no_data("an empty name above such a child has no record, but a cover", "f A", "=@ -f"),
    no_data("an empty name above a signed child has its record", "g A", "=g"),
    row("a signed child has its DS", "www.secure A +do", **SECURE),
    missing("a missing name has the proof that it always has", "c A", "=@ -c -*"),
    missing("a missing name below one that exists has, too", "c.b A", "=b -c.b -*.b"),
    missing("below an empty name without a record the encloser is the next above", "x.f A",
            "=@ -f -*"),
    no_data("a missing type has the proof that it always has", "b TXT", "=b"),
    answered("a wildcard's answer has the proof that it always has", "x.w A",
             ["x.w A 192.0.2.4", "x.w RRSIG A/3"], "-x.w"),
])
def test_opt_out(port, case):
    check(port, case)


answered, no_data, missing, referral = rows_of(Chain("salted.test."))


@table("salted.test.", [
    missing("hashes have the zone's salt and iterations", "c A", "=@ -c -*"),
    missing("it is so for every hash of the proof", "c.e A", "=e -c.e -*.e"),
    no_data("a missing type is found by such a hash", "ns TXT", "=ns"),
    no_data("an empty name is found by such a hash", "e A", "=e"),
    answered("a wildcard's cover is found by such a hash", "x.w A",
             ["x.w A 192.0.2.4", "x.w RRSIG A/3"], "-x.w"),
])
def test_salt_and_iterations(port, case):
    check(port, case)


answered, no_data, missing, referral = rows_of(Chain("iterated.test."))


@table("iterated.test.", [
    missing("the most iterations that RFC 5155 10.3 allows make a whole proof", "c A",
            "=@ -c -*"),
    no_data("so they do for a type that a wildcard lacks", "x.w TXT", "=w -x.w =*.w"),
])
def test_most_iterations(port, case):
    check(port, case)


UNSUPPORTED = messages.extended_error(27)  # RFC 8914 4.28: Unsupported NSEC3 Iterations Value


@table("toomany.test.", [
    row("more iterations than that make no proof, and an extended error", "c A +do",
        rcode=NXDOMAIN, authority=SIGNED_SOA, options=UNSUPPORTED),
    row("it is so for a missing type", "ns TXT +do", authority=SIGNED_SOA, options=UNSUPPORTED),
    row("answers are signed all the same", "ns A +do", answer=["ns A 192.0.2.53", "ns RRSIG A"]),
    row("a wildcard's answer is signed without a proof", "x.w A +do",
        answer=["x.w A 192.0.2.4", "x.w RRSIG A/3"], options=UNSUPPORTED),
])
def test_too_many_iterations(port, case):
    check(port, case)
