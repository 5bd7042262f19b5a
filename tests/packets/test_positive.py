"""Names and types that exist (RFC 1034 4.3.2, RFC 2181 5)."""

from cases import check
from tables import row, table


@table("positive.test.", [
    row("a name with the type asked for is answered", "one A", answer="one A 192.0.2.1"),
    row("the apex is a name like any other", "@ A", answer="@ A 192.0.2.80"),
    row("a name that begins as another one is not that one", "ones A", answer="ones A 192.0.2.11"),
    row("a name that another one begins with is not that one", "on A", answer="on A 192.0.2.12"),
    row("equal labels in other places are another name", "one.two A",
        answer="one.two A 192.0.2.13"),
    row("a name below a name with data is answered", "three.one.two A",
        answer="three.one.two A 192.0.2.14"),
    row("all records of an RRset come, in canonical order and each once", "many A",
        answer=["many A 192.0.2.4", "many A 192.0.2.30", "many A 192.0.2.200"]),
    row("a shorter string sorts before a longer one", "strings TXT",
        answer=['strings TXT ""', 'strings TXT "a"', 'strings TXT "b"',
                'strings TXT "a longer one"']),
    row("of several types at a name only the one asked for comes", "mixed AAAA",
        answer="mixed AAAA 2001:db8::5"),
    row("a type of other types' name is answered by itself", "mixed TXT",
        answer='mixed TXT "mixed"'),
    row("a TTL of zero stays zero", "zero A", answer="zero 0 A 192.0.2.6"),
    row("the longest TTL of RFC 2181 8 is kept", "longest A",
        answer="longest 2147483647 A 192.0.2.7"),
    row("a name of capital letters is found by small ones", "capital A",
        answer="capital A 192.0.2.8"),
    row("a name of small letters is found by capital ones", "ONE A", answer="ONE A 192.0.2.1"),
    row("a type without a name of its own is answered (RFC 3597)", "@ TYPE65280",
        answer=r"@ TYPE65280 \# 3 010203"),
    row("rdata of no octets is rdata", "empty TYPE65280", answer=r"empty TYPE65280 \# 0"),
    row("the start of authority is answered without the servers", "@ SOA",
        answer="@ SOA ns hostmaster 1 3600 600 86400 60"),
    row("the servers of the apex are an answer, their addresses come with them", "@ NS",
        answer="@ NS ns", additional="ns A 192.0.2.53"),
    row("DO without signatures gives the answer alone, and comes back", "one A +do",
        answer="one A 192.0.2.1"),
])
def test_positive(port, case):
    check(port, case)
