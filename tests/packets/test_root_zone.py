"""The root served here, together with the other zones of the tables, some of which it delegates."""

import pytest

import ports
import transports
from cases import check
from tables import row, table
from wire import NXDOMAIN

SOA = ". 60 SOA a.servers.net. hostmaster. 1 3600 600 86400 60"
ADDRESSES = ["a.servers.net. A 192.0.2.1", "a.servers.net. AAAA 2001:db8::1"]
COM = {"aa": False, "authority": ["com. NS a.com.", "com. NS ns.elsewhere.org."],
       "additional": "a.com. A 192.0.2.3"}
TEST = {"aa": False, "authority": "test. NS ns.test.", "additional": "ns.test. A 192.0.2.5"}


@pytest.fixture(scope="module")
def port(request):
    """The other ports answer REFUSED for what they do not serve; the root would take that."""
    made = transports.ALL[request.param]({".": ports.TABLE_ZONES / "root" / "root.zone"})
    with made:
        yield made


@table(".", [
    row("the servers of the root come with their addresses", ". NS",
        answer=[". NS a.servers.net.", ". NS b.servers.net."],
        additional=[*ADDRESSES, "b.servers.net. A 192.0.2.2"]),
    row("the root has a start of authority", ". SOA",
        answer=". SOA a.servers.net. hostmaster. 1 3600 600 86400 60"),
    row("the root may have other data", ". TXT", answer='. TXT "the root"'),
    row("the root lacks a type as any name does", ". A", authority=SOA),
    row("the root has no DS, and itself to say so", ". DS", authority=SOA),
    row("a top-level domain that is not there does not exist", "nothing. A", rcode=NXDOMAIN,
        authority=SOA),
    row("a name below it does not exist", "a.b.nothing. A", rcode=NXDOMAIN, authority=SOA),
    row("a top-level domain is delegated", "com. A", **COM),
    row("a name below a top-level domain is delegated", "www.example.com. A", **COM),
    row("glue of the root is delegated", "a.com. A", **COM),
    row("DS of a top-level domain is the root's", "com. DS", answer="com. DS 1 13 2 " + "0" * 64),
    row("a top-level domain without DS has none", "org. DS", authority=SOA),
    row("servers in other delegations come with their glue", "x.org. A", aa=False,
        authority=["org. NS a.servers.net.", "org. NS ns.com."],
        additional=[*ADDRESSES, "ns.com. A 192.0.2.4"]),
    row("a top-level domain may be a name of the root's", "single. A",
        answer="single. A 192.0.2.7"),
    row("an empty top-level domain exists", "net. A", authority=SOA),
    row("an empty name of two labels exists", "servers.net. A", authority=SOA),
    row("a wildcard of the root covers names", "x.wild. A", answer="x.wild. A 192.0.2.6"),
    row("a zone that is served here is answered below its delegation", "one.positive.test. A",
        answer="one.positive.test. A 192.0.2.1"),
    row("a name beside it gets the referral", "elsewhere.test. A", **TEST),
    row("the name above it gets the referral", "test. A", **TEST),
    row("DS of a zone that is served here is below the root's cut", "positive.test. DS", **TEST),
    row("an alias leads into another zone", "alias. A",
        answer=["alias. CNAME one.positive.test.", "one.positive.test. A 192.0.2.1"]),
    row("a DNAME leads into another zone", "one.old. A",
        answer=["old. DNAME positive.test.", "one.old. CNAME one.positive.test.",
                "one.positive.test. A 192.0.2.1"]),
    row("an alias of another zone leads into the root's", "away.chain.test. A", rcode=NXDOMAIN,
        answer="away.chain.test. CNAME elsewhere.invalid.", authority=SOA),
    row("an alias of another zone leads to the root itself", "root.chain.test. TXT",
        answer=["root.chain.test. CNAME .", '. TXT "the root"']),
])
def test_root_zone(port, case):
    check(port, case)
