"""Names and types that are missing (RFC 2308, RFC 8020). With proofs they are in test_nsec.py and
test_nsec3.py."""

from cases import check
from tables import row, table
from wire import NXDOMAIN

SOA = "@ 30 SOA ns hostmaster 7 3600 600 86400 300"
LEAST = r"minimum.test. {} SOA ns.Elsewhere.invalid. Host\.Master.minimum.test. 4294967295 1 2 3 20"
ZERO = "zero.test. 0 SOA ns.elsewhere.invalid. hostmaster.zero.test. 1 3600 600 86400 0"


def missing(sentence, question, soa=SOA):
    return row(sentence, question, rcode=NXDOMAIN, authority=soa)


def no_data(sentence, question, soa=SOA):
    return row(sentence, question, authority=soa)


@table("negative.test.", [
    missing("the TTL of a denial is the SOA's own if that is the least", "nothing A"),
    no_data("it is so for a missing type", "data TXT"),
    row("the SOA asked for has its own TTL", "@ SOA", answer=SOA),
    missing("the TTL of a denial is the SOA's last field if that is the least",
            "nothing.minimum.test. A", LEAST.format(20)),
    no_data("it is so for a missing type, too", "data.minimum.test. AAAA", LEAST.format(20)),
    row("the SOA asked for has its own TTL although that is greater", "minimum.test. SOA",
        answer=LEAST.format(3600)),
    missing("a last field of zero makes a TTL of zero", "nothing.zero.test. A", ZERO),
    no_data("a zone of an apex alone lacks types", "zero.test. A", ZERO),
    missing("a zone of an apex alone lacks names", "a.b.c.d.e.zero.test. A", ZERO),
    no_data("the apex lacks a type", "@ A"),
    no_data("a name lacks a type that others have", "ns AAAA"),
    no_data("a name that is no alias has no CNAME", "data CNAME"),
    no_data("a name that is no cut has no NS", "data NS"),
    no_data("a name that is no apex has no SOA", "data SOA"),
    no_data("a name that is no cut has no DS", "data DS"),
    no_data("an unsigned name has no signatures", "data RRSIG"),
    no_data("an unsigned name has no NSEC", "data NSEC"),
    no_data("a type that nobody knows is missing", "data TYPE65534"),
    missing("a type that nobody knows is missing at a missing name", "nothing TYPE65534"),
    missing("all types are missing at a missing name", "nothing ANY"),
    missing("a name below a name with data does not exist", "x.data A"),
    missing("nor does it three labels below", "x.y.z.data A"),
    row("a name below a name with data may exist", "data.data A", answer="data.data A 192.0.2.2"),
    missing("a name before all names does not exist", r"\000 A"),
    missing("a name behind all names does not exist", r"\255 A"),
    missing("a name that lacks a letter does not exist", "dat A"),
    missing("a name that has a letter too many does not exist", "dataa A"),
    missing("a name in capitals does not exist either", "NOTHING A"),
    no_data("a type is missing at a name in other letters", "uPPER AAAA"),
    row("DO without signatures brings no proof", "nothing A +do", rcode=NXDOMAIN, authority=SOA),
])
def test_negative(port, case):
    check(port, case)
