"""Every kind of rdata comes back as it was loaded; names in it are pointers only in the types of
RFC 1035 (RFC 3597 4)."""

from cases import check
from tables import row, table

Z32, Z48 = "0" * 64, "0" * 96


def there(sentence, record, **more):
    owner, kind, _ = record.split(" ", 2)
    return row(f"{kind}: {sentence}", f"{owner} {kind}", answer=record, **more)


@table("types.test.", [
    there("four octets", "a A 192.0.2.1"),
    there("sixteen octets", "aaaa AAAA 2001:db8::1"),
    there("its name is compressed, and keeps its letters", "ptr PTR Target"),
    there("its name is compressed behind the preference", "mx MX 10 Target"),
    there("a mailbox's name is compressed", "mb MB target"),
    there("a mail group's name is compressed", "mg MG target"),
    there("a mail rename's name is compressed", "mr MR target"),
    there("both names are compressed, letters that differ stay", "minfo MINFO target Target"),
    there("no name is compressed", "rp RP target target"),
    there("no name is compressed", "afsdb AFSDB 1 target"),
    there("no name is compressed", "rt RT 1 target"),
    there("no name is compressed", "px PX 1 target target"),
    there("no name is compressed", "kx KX 1 target"),
    there("no name is compressed", "srv SRV 1 2 3 target"),
    there("no name is compressed", 'naptr NAPTR 1 2 "U" "E2U+sip" "!^.*$!sip:x!" target'),
    there("no name is compressed", "dname DNAME target"),
    there("what looks like a name in it is not compressed",
          r"nsec-ish TYPE65281 \# 14 0674617267657400000000000001"),
    there("two strings", 'hinfo HINFO "PC" "none"'),
    there("strings, and an empty one between them", 'txt TXT "one" "" "three"'),
    there("a string of 255 octets", f'txt255 TXT "{"a" * 255}"'),
    there("the obsolete twin of TXT", 'spf SPF "v=spf1 -all"'),
    there("a string without its length at the end", 'caa CAA 128 issue "ca.types.test"'),
    there("a fingerprint", "sshfp SSHFP 4 2 00112233"),
    there("a certificate's hash", "tlsa TLSA 3 1 1 00112233"),
    there("a place on the earth",
          "loc LOC 52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m"),
    there("no name is compressed, parameters come in their order",
          'svcb SVCB 1 target alpn="h2" port=8443'),
    there("an alias of services", "https HTTPS 0 target"),
    there("a child's wish for a DS", f"cds CDS 1 13 2 {Z32}"),
    there("a child's wish for a key", "cdnskey CDNSKEY 257 3 13 AAAA"),
    there("a key of OpenPGP", "openpgp OPENPGPKEY AAAA"),
    there("a string without its length", 'uri URI 1 2 "https://types.test/"'),
    there("an address of Ethernet", "eui48 EUI48 00-11-22-33-44-55"),
    there("a certificate", "cert CERT 1 2 3 AAAA"),
    there("a list of prefixes", "apl APL 1:192.0.2.0/24 !2:2001:db8::/32"),
    there("a hash of the zone", f"@ ZONEMD 1 1 1 {Z48}"),
    there("what a parent shall copy", "csync CSYNC 1 3 A NS"),
    row("NID: half an address", "nid NID", answer=r"nid NID \# 10 000a00144fffff20ee64"),
    there("an opaque value", "dhcid DHCID AAAA"),
    there("a number without a name", r"first TYPE1234 \# 2 0001"),
    there("the number beside it", r"first TYPE1235 \# 2 0002"),
    there("the last number that is for data", r"last TYPE65534 \# 1 ff"),
    row("a number with a name is that type", "a TYPE1", answer="a A 192.0.2.1"),
])
def test_types(port, case):
    check(port, case)
