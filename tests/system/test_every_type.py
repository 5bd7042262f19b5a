"""One RRset of every type of the registry that a zone can hold: text in, the same octets out."""

import dns.rdata
import dns.rdataclass
import dns.rdatatype
import pytest

import appliance as harness
import client
import wire

# Text as dnspython reads it.
KNOWN = """
A 192.0.2.7
AAAA 2001:db8::7
AFSDB 1 server.types.test.
APL 1:192.0.2.0/24 !2:2001:db8::/32
AVC "app-name:WOLFGANG|app-class:OAM"
CAA 0 issue "ca.example.net; policy=ev"
CDNSKEY 257 3 13 vNoj4HcYCmBbCOII0YwawvwnOulePKaZ7VSkTWnRhLYTQMyu7g2ms776w9L8CTDlZ7uMJ69i/QU17lR853QzCQ==
CDS 12345 13 2 49fd46e6c4b45c55d4ac69cbd3cd34ac1afe51de58bdcf1a4a5b5c6a5b7c8d9e
CERT PGP 0 0 AQIDBA==
CSYNC 12345 3 A NS AAAA
DHCID AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA=
DLV 12345 13 2 49fd46e6c4b45c55d4ac69cbd3cd34ac1afe51de58bdcf1a4a5b5c6a5b7c8d9e
EUI48 00-11-22-33-44-55
EUI64 00-11-22-33-44-55-66-77
GPOS -22.6882 116.8652 250.0
HINFO "Generic PC" "Debian"
HIP 2 200100107b1a74df365639cc39f1d578 AwEAAbdxyhNuSutc5EMzxTs9LBPCIkOFH8cIvM4p9+LrV4e19WzK00+CI6zBCQTdtWsuxKbWIy87UOoJTwkUs7lBu+Upr1gsNrut79ryra+bSRGQb1slImA8YVJyuIDsj7kwzG7jnERNqnWxZ48AWkskmdHaVDP4BcelrTI3rMXdXF5D rvs.example.net.
HTTPS 1 . alpn="h2,h3" port=8443 ipv4hint=192.0.2.1 ipv6hint=2001:db8::1
IPSECKEY 10 2 2 2001:db8::1 AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ==
ISDN "150862028003217" "004"
KX 10 kx.types.test.
L32 10 10.1.2.0
L64 10 2001:0db8:1140:1000
LOC 51 30 12.748 N 0 7 39.612 W 0.00m 0.00m 0.00m 0.00m
LP 10 l64-subnet1.types.test.
MX 5 mx.types.test.
NAPTR 100 50 "s" "z3950+I2L+I2C" "" _z3950._tcp.types.test.
NID 10 0014:4fff:ff20:ee64
NINFO "zone status"
NSAP 0x47000580005a0000000001e133ffffff00016100
NSAP-PTR foo.types.test.
OPENPGPKEY AQIDBAUGBwg=
PTR host.types.test.
PX 10 map822.types.test. mapx400.types.test.
RP mbox.types.test. txt.types.test.
RT 10 relay.types.test.
SMIMEA 3 0 1 49fd46e6c4b45c55d4ac69cbd3cd34ac1afe51de58bdcf1a4a5b5c6a5b7c8d9e
SPF "v=spf1 -all"
SRV 0 5 5060 sip.types.test.
SSHFP 4 2 49fd46e6c4b45c55d4ac69cbd3cd34ac1afe51de58bdcf1a4a5b5c6a5b7c8d9e
SVCB 1 svc.types.test. mandatory=alpn alpn=h2 key667="hello"
TLSA 3 1 1 49fd46e6c4b45c55d4ac69cbd3cd34ac1afe51de58bdcf1a4a5b5c6a5b7c8d9e
TXT "one" "two three" "\\000\\255\\"quoted\\""
URI 10 1 "https://types.test/a?b"
WKS 192.0.2.1 6 ( 25 )
X25 "311061700956"
ZONEMD 2026010101 1 1 c68090d90a7aed716bc459f9340e3d7c1370d4d24b7e2fc3a1ddc0b9a87153b9a9713b3c9ae5cc27777f98b8e730044c
"""

# Text of types that dnspython 2.3 does not know, with the octets that their RFCs give them.
NEWER = {
    ("TYPE66", "DSYNC CDS NOTIFY 5359 scanner.types.test."):
        bytes.fromhex("003b0114ef") + wire.name("scanner.types.test."),
    ("TYPE261", "RESINFO qnamemin exterr=15-17"): b"\x08qnamemin\x0cexterr=15-17",
    ("TYPE262", 'WALLET "BTC" "1A2b3C"'): b"\x03BTC\x061A2b3C",
    ("TYPE65280", "TYPE65280 \\# 4 0a000001"): bytes.fromhex("0a000001"),
    ("TYPE65281", "TYPE65281 \\# 0"): b"",
    ("TYPE1", "TYPE1 \\# 4 c0000207"): bytes([192, 0, 2, 7]),
    ("TYPE15", "MX \\# 8 000a 046d61696c 00"): bytes.fromhex("000a046d61696c00"),
}


def cases():
    found = []
    for line in KNOWN.strip().splitlines():
        mnemonic, text = line.split(" ", 1)
        code = wire.type_code(mnemonic)
        rdata = dns.rdata.from_text(dns.rdataclass.IN, code, text).to_wire()
        found.append((mnemonic, code, line, rdata))
    for (mnemonic, line), rdata in NEWER.items():
        found.append((mnemonic, wire.type_code(mnemonic), line, rdata))
    return found


CASES = cases()


@pytest.fixture(scope="module")
def types():
    text = harness.small_zone("types.test.", 1)
    for number, (_, code, line, rdata) in enumerate(CASES):
        text += f"t{number} {line}\n"
        text += f"g{number} TYPE{code} \\# {len(rdata)} {rdata.hex()}\n"
    with harness.Appliance({"types.test.": text}) as running:
        yield running.start()


@pytest.mark.parametrize("number", range(len(CASES)), ids=[case[0] for case in CASES])
def test_a_record_of_each_type_comes_back_octet_by_octet(types, number):
    _, code, line, rdata = CASES[number]
    for owner in (f"t{number}.types.test.", f"g{number}.types.test."):
        reply = types.ask(owner, code)
        assert reply.rcode == wire.NOERROR, (line, types.errors()[-1000:])
        assert reply.rdata("answer", owner, code) == {rdata}, line
        assert wire.parse(client.tcp(types.address(), wire.query(owner, code))).answer
