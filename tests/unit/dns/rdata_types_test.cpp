// Every type said three times: in its text, in the generic text of RFC 3597, and in octets.
//
// The octets are another program's reading of the text where there is one that knows the type, and
// put together from the type's document where there is none.
#include <catch2/catch.hpp>

#include <set>

#include "octets.h"
#include "rdata_support.h"

namespace bowline::dns {
namespace {

using namespace test;

struct Row {
  RrType type;
  std::string_view text;
  std::string_view printed;  // empty: as `text`
  std::string_view hex;
};

const Row kRows[] = {
    {RrType::kA, "192.0.2.1", "", "c0000201"},
    {RrType::kA, "255.255.255.255", "", "ffffffff"},
    {RrType::kNs, "ns1.Example.", "", "036e7331074578616d706c6500"},
    {RrType::kNs, "ns1", "ns1.origin.", "036e7331066f726967696e00"},
    {RrType::kMd, "a.b.", "", "0161016200"},
    {RrType::kMf, "a.b.", "", "0161016200"},
    {RrType::kCname, "\\*.a.", "*.a.", "012a016100"},
    {RrType::kSoa, "ns.a. host\\.master.a. 4294967295 1h30m 15m 1w 1D",
     "ns.a. host\\.master.a. 4294967295 5400 900 604800 86400",
     "026e730161000b686f73742e6d6173746572016100ffffffff00001518000003840009"
     "3a8000015180"},
    {RrType::kMb, "a.", "", "016100"},
    {RrType::kMg, "a.", "", "016100"},
    {RrType::kMr, "a.", "", "016100"},
    {RrType::kNull, "\\# 3 00ff10", "\\# 3 00FF10", "00ff10"},
    {RrType::kWks, "192.0.2.1 tcp 25 80",
     "192.0.2.1 6 25 80",
     "c0000201060000004000000000000080"},
    {RrType::kWks, "192.0.2.1 17", "", "c000020111"},
    {RrType::kPtr, "host.a.", "", "04686f7374016100"},
    {RrType::kHinfo, "PC \"Linux 6\"", "\"PC\" \"Linux 6\"", "025043074c696e75782036"},
    {RrType::kMinfo, "r.a. e.a.", "", "01720161000165016100"},
    {RrType::kMx, "10 mail.a.", "", "000a046d61696c016100"},
    {RrType::kTxt, "\"a b\" c \"\" \"\\\"\\\\\\001\\;\"",
     "\"a b\" \"c\" \"\" \"\\\"\\\\\\001;\"",
     "0361206201630004225c013b"},
    {RrType::kRp, "m.a. t.a.", "", "016d0161000174016100"},
    {RrType::kAfsdb, "1 a.", "", "0001016100"},
    {RrType::kX25, "311061700956", "\"311061700956\"", "0c333131303631373030393536"},
    {RrType::kIsdn, "150862028003217 004",
     "\"150862028003217\" \"004\"",
     "0f31353038363230323830303332313703303034"},
    {RrType::kIsdn, "150862028003217", "\"150862028003217\"", "0f313530383632303238303033323137"},
    {RrType::kRt, "2 relay.a.", "", "00020572656c6179016100"},
    {RrType::kNsap, "0x47.0005.80.005a00.0000.0001.e133.ffffff000161.00",
     "0x47000580005A0000000001E133FFFFFF00016100",
     "47000580005a0000000001e133ffffff00016100"},
    {RrType::kNsapPtr, "foo.a.", "", "03666f6f016100"},
    {RrType::kSig, "MX RSASHA1 2 3600 20300101000000 1735689600 12345 signer.a. AQIDBA==",
     "MX 5 2 3600 20300101000000 20250101000000 12345 signer.a. AQIDBA==",
     "000f050200000e1070dbd880677485803039067369676e657201610001020304"},
    {RrType::kKey, "256 3 RSASHA256 AQID BA==", "256 3 8 AQIDBA==", "0100030801020304"},
    {RrType::kKey, "\\# 4 C0000300", "", "c0000300"},
    {RrType::kPx, "10 m.a. x.a.", "", "000a016d0161000178016100"},
    {RrType::kGpos, "-32.6882 116.8652 10.0",
     "\"-32.6882\" \"116.8652\" \"10.0\"",
     "082d33322e36383832083131362e383635320431302e30"},
    {RrType::kAaaa, "2001:DB8::1", "2001:db8::1", "20010db8000000000000000000000001"},
    {RrType::kAaaa, "::", "", "00000000000000000000000000000000"},
    {RrType::kAaaa, "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0", "00010002000300040005000600070000"},
    {RrType::kAaaa, "::ffff:192.0.2.1", "", "00000000000000000000ffffc0000201"},
    {RrType::kLoc, "42 21 54 N 71 06 18 W -24m 30m",
     "42 21 54.000 N 71 6 18.000 W -24.00m 30.00m 10000.00m 10.00m",
     "0033161389172dd070be15f000988d20"},
    {RrType::kLoc, "90 S 180 E 42849672.95 0 90000000.00m 5.55m",
     "90 0 0.000 S 180 0 0.000 E 42849672.95m 0.00m 90000000.00m 5.00m",
     "000099526cb02700a69fb200ffffffff"},
    {RrType::kNxt, "a. A MX TYPE127",
     "a. A MX TYPE127",
     "01610040010000000000000000000000000001"},
    {RrType::kEid, "0102 03", "010203", "010203"},
    {RrType::kNimloc, "0a0B", "0A0B", "0a0b"},
    {RrType::kSrv, "1 2 65535 t.a.", "", "00010002ffff0174016100"},
    {RrType::kAtma, "47.0005.80ff", "47000580FF", "0047000580ff"},
    {RrType::kAtma, "+61200000000", "", "013631323030303030303030"},
    {RrType::kNaptr, "100 50 s http+I2L+I2C+I2R \"\" _http._tcp.gatech.edu.",
     "100 50 \"s\" \"http+I2L+I2C+I2R\" \"\" _http._tcp.gatech.edu.",
     "00640032017310687474702b49324c2b4932432b49325200055f68747470045f746370"
     "066761746563680365647500"},
    {RrType::kKx, "1 a.", "", "0001016100"},
    {RrType::kCert, "PGP 0 0 AQID", "PGP 0 0 AQID", "0003000000010203"},
    {RrType::kCert, "65534 65535 255 AQID", "", "fffeffffff010203"},
    {RrType::kA6, "0 2001:db8::1", "", "0020010db8000000000000000000000001"},
    {RrType::kA6, "64 ::1:2:3:4 p.a.", "", "4000010002000300040170016100"},
    {RrType::kA6, "128 p.a.", "", "800170016100"},
    {RrType::kA6, "9 7f::1 p.a.", "", "097f00000000000000000000000000010170016100"},
    {RrType::kDname, "t.a.", "", "0174016100"},
    {RrType::kSink, "1 2 3 AQID", "", "010203010203"},
    {RrType::kSink, "1 2 3", "", "010203"},
    {RrType::kOpt, "\\# 0", "", ""},
    {RrType::kApl, "1:192.168.32.0/21 !1:192.168.38.0/28 2:ff00::/8",
     "",
     "00011503c0a82000011c83c0a82600020801ff"},
    {RrType::kApl, "", "", ""},
    {RrType::kApl, "1:0.0.0.0/0", "", "00010000"},
    {RrType::kDs, "60485 RSASHA1 1 2BB183AF5F22588179A53B0A 98631FAD1A292118",
     "60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118",
     "ec4505012bb183af5f22588179a53b0a98631fad1a292118"},
    {RrType::kSshfp, "4 2 aabb", "4 2 AABB", "0402aabb"},
    {RrType::kIpseckey, "10 1 2 192.0.2.38 AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ==",
     "",
     "0a0102c0000226010351537986ed35533b6064478eeeb27b5bd74dae149b6e81ba3a05"
     "21af82ab7801"},
    {RrType::kIpseckey, "10 0 0 .", "", "0a0000"},
    {RrType::kIpseckey, "\\# 4 0A000001", "", "0a000001"},
    {RrType::kIpseckey, "10 3 2 gw.a. AQID", "", "0a0302026777016100010203"},
    {RrType::kIpseckey, "10 2 2 2001:db8::1 AQID",
     "",
     "0a020220010db8000000000000000000000001010203"},
    {RrType::kRrsig, "TYPE1234 13 2 3600 20300101000000 20250101000000 1 Signer.a. AQID",
     "TYPE1234 13 2 3600 20300101000000 20250101000000 1 Signer.a. AQID",
     "04d20d0200000e1070dbd880677485800001065369676e6572016100010203"},
    {RrType::kRrsig, "A 13 2 3600 21060207062815 19700101000000 1 . AQID",
     "",
     "00010d0200000e10ffffffff00000000000100010203"},
    {RrType::kNsec, "Host.a. A MX RRSIG NSEC TYPE1234",
     "Host.a. A MX RRSIG NSEC TYPE1234",
     "04486f73740161000006400100000003041b0000000000000000000000000000000000"
     "00000000000000000020"},
    {RrType::kNsec, "a. TYPE65535 CAA A",
     "a. A CAA TYPE65535",
     "016100000140010140ff20000000000000000000000000000000000000000000000000"
     "0000000000000001"},
    {RrType::kDnskey, "257 3 ECDSAP256SHA256 AQIDBA==", "257 3 13 AQIDBA==", "0101030d01020304"},
    {RrType::kDhcid, "AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA=",
     "",
     "000201636fc0b8271c82825bb1ac5c41cf5351aa69b4febd94e8f17cdb95000da48c40"},
    {RrType::kNsec3,
     "1 1 12 aabbccdd 2t7b4g4vsa5smi47k61mv5bv1a22bojr MX DNSKEY NS SOA NSEC"
     "3PARAM RRSIG",
     "1 1 12 AABBCCDD 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR NS SOA MX RRSIG DNSKEY NSEC3PARAM",
     "0101000c04aabbccdd14174eb2409fe28bcb4887a1836f957f0a8425e27b0007220100"
     "00000290"},
    {RrType::kNsec3, "1 0 0 - 2t7b4g4vsa5smi47k61mv5bv1a22bojr",
     "1 0 0 - 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR",
     "010000000014174eb2409fe28bcb4887a1836f957f0a8425e27b"},
    {RrType::kNsec3Param, "1 0 12 aabbccdd", "1 0 12 AABBCCDD", "0100000c04aabbccdd"},
    {RrType::kNsec3Param, "1 0 0 -", "", "0100000000"},
    {RrType::kTlsa, "3 1 1 00ff", "3 1 1 00FF", "03010100ff"},
    {RrType::kSmimea, "3 1 1 00 ff", "3 1 1 00FF", "03010100ff"},
    {RrType::kHip, "2 200100107B1A74DF365639CC39F1D578 AwEAAbdxyhNuSutc5EMzxTs9 rvs1.a. rvs2.a.",
     "",
     "10020012200100107b1a74df365639cc39f1d57803010001b771ca136e4aeb5ce44333"
     "c53b3d04727673310161000472767332016100"},
    {RrType::kHip, "2 2001 AQID", "", "020200032001010203"},
    {RrType::kNinfo, "\"a\" b", "\"a\" \"b\"", "01610162"},
    {RrType::kRkey, "0 3 5 AQID", "", "00000305010203"},
    {RrType::kTalink, "a. b.", "", "016100016200"},
    {RrType::kCds, "0 0 0 00", "", "0000000000"},
    {RrType::kCdnskey, "0 3 0 AA==", "", "0000030000"},
    {RrType::kOpenpgpkey, "AQIDBA==", "", "01020304"},
    {RrType::kCsync, "66 3 A NS AAAA", "66 3 A NS AAAA", "000000420003000460000008"},
    {RrType::kCsync, "66 3", "", "000000420003"},
    {RrType::kZonemd,
     "2018031500 1 1 FEBE3D4CE2EC2FFA4BA99D46CD69D6D29711E55217057BEE 7EB1A7"
     "B641A47BA7FED2DD5B97AE499FAFA4F22C6BD647DE",
     "2018031500 1 1 FEBE3D4CE2EC2FFA4BA99D46CD69D6D29711E55217057BEE7EB1A7B"
     "641A47BA7FED2DD5B97AE499FAFA4F22C6BD647DE",
     "7848b78c0101febe3d4ce2ec2ffa4ba99d46cd69d6d29711e55217057bee7eb1a7b641"
     "a47ba7fed2dd5b97ae499fafa4f22c6bd647de"},
    {RrType::kSvcb, "0 foo.example.com.", "", "000003666f6f076578616d706c6503636f6d00"},
    {RrType::kSvcb, "1 .", "", "000100"},
    {RrType::kSvcb, "16 foo.example.com. port=53",
     "",
     "001003666f6f076578616d706c6503636f6d00000300020035"},
    {RrType::kSvcb, "1 foo.example.com. key667=hello",
     "",
     "000103666f6f076578616d706c6503636f6d00029b000568656c6c6f"},
    {RrType::kSvcb, "1 foo.example.com. key667=\"hello\\210qoo\"",
     "1 foo.example.com. key667=hello\\210qoo",
     "000103666f6f076578616d706c6503636f6d00029b000968656c6c6fd2716f6f"},
    {RrType::kSvcb, "1 foo.example.com. ipv6hint=\"2001:db8::1,2001:db8::53:1\"",
     "1 foo.example.com. ipv6hint=2001:db8::1,2001:db8::53:1",
     "000103666f6f076578616d706c6503636f6d000006002020010db80000000000000000"
     "0000000120010db8000000000000000000530001"},
    {RrType::kSvcb, "16 foo.example.org. alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1",
     "16 foo.example.org. mandatory=alpn,ipv4hint alpn=h2,h3-19 ipv4hint=192.0.2.1",
     "001003666f6f076578616d706c65036f72670000000004000100040001000902683205"
     "68332d313900040004c0000201"},
    {RrType::kSvcb, "16 foo.example.org. alpn=\"f\\\\\\\\oo\\\\,bar,h2\"",
     "16 foo.example.org. alpn=f\\\\\\\\oo\\\\,bar,h2",
     "001003666f6f076578616d706c65036f7267000001000c08665c6f6f2c626172026832"},
    {RrType::kSvcb, "16 foo.example.org. alpn=f\\\\\\092oo\\092,bar,h2",
     "16 foo.example.org. alpn=f\\\\\\\\oo\\\\,bar,h2",
     "001003666f6f076578616d706c65036f7267000001000c08665c6f6f2c626172026832"},
    {RrType::kHttps, "1 . alpn=h2 no-default-alpn port=8443 ech=AQID dohpath=/q{?dns} ohttp",
     "",
     "00010000010003026832000200000003000220fb00050003010203000700082f717b3f"
     "646e737d00080000"},
    {RrType::kHttps, "1 . key65534 tls-supported-groups=29,23",
     "1 . tls-supported-groups=29,23 key65534",
     "00010000090004001d0017fffe0000"},
    {RrType::kDsync, "CDS NOTIFY 5359 cds-scanner.example.net.",
     "CDS NOTIFY 5359 cds-scanner.example.net.",
     "003b0114ef0b6364732d7363616e6e6572076578616d706c65036e657400"},
    {RrType::kDsync, "TYPE65535 128 0 .", "", "ffff80000000"},
    {RrType::kHhit, "AQIDBA==", "", "01020304"},
    {RrType::kBrid, "AQIDBA==", "", "01020304"},
    {RrType::kSpf, "\"v=spf1 -all\"", "", "0b763d73706631202d616c6c"},
    {RrType::kUinfo, "\\# 1 00", "", "00"},
    {RrType::kUid, "\\# 1 00", "", "00"},
    {RrType::kGid, "\\# 1 00", "", "00"},
    {RrType::kUnspec, "\\# 1 00", "", "00"},
    {RrType::kNid, "10 14:4fff:ff20:ee64", "10 0014:4fff:ff20:ee64", "000a00144fffff20ee64"},
    {RrType::kL32, "10 10.1.2.0", "", "000a0a010200"},
    {RrType::kL64, "10 2001:0DB8:1140:1000", "10 2001:0db8:1140:1000", "000a20010db811401000"},
    {RrType::kLp, "10 l64-subnet1.a.", "", "000a0b6c36342d7375626e657431016100"},
    {RrType::kEui48, "00-00-5E-00-53-2a", "00-00-5e-00-53-2a", "00005e00532a"},
    {RrType::kEui64, "00-00-5e-ef-10-00-00-2a", "", "00005eef1000002a"},
    {RrType::kNxname, "\\# 0", "", ""},
    {RrType::kTkey, "\\# 1 00", "", "00"},
    {RrType::kTsig, "\\# 1 00", "", "00"},
    {RrType::kIxfr, "\\# 0", "", ""},
    {RrType::kAxfr, "\\# 0", "", ""},
    {RrType::kMailb, "\\# 0", "", ""},
    {RrType::kMaila, "\\# 0", "", ""},
    {RrType::kAny, "\\# 0", "", ""},
    {RrType::kUri, "10 1 \"ftp://ftp1.example.com/public\"",
     "",
     "000a00016674703a2f2f667470312e6578616d706c652e636f6d2f7075626c6963"},
    {RrType::kCaa, "128 issue \"letsencrypt.org; a=b\"",
     "",
     "800569737375656c657473656e63727970742e6f72673b20613d62"},
    {RrType::kCaa, "0 issue \"\"", "", "00056973737565"},
    {RrType::kCaa, "0 iodef mailto:a@b",
     "0 iodef \"mailto:a@b\"",
     "0005696f6465666d61696c746f3a614062"},
    {RrType::kAvc, "\"app-name:x\"", "", "0a6170702d6e616d653a78"},
    {RrType::kDoa, "0 1 2 \"\" aHR0cHM6Ly93", "", "0000000000000001020068747470733a2f2f77"},
    {RrType::kDoa, "1234567890 1 0 text/plain -",
     "1234567890 1 0 \"text/plain\" -",
     "499602d200000001000a746578742f706c61696e"},
    {RrType::kAmtrelay, "10 0 0 .", "", "0a00"},
    {RrType::kAmtrelay, "10 1 1 203.0.113.15", "", "0a81cb00710f"},
    {RrType::kAmtrelay, "10 0 2 2001:db8::15", "", "0a0220010db8000000000000000000000015"},
    {RrType::kAmtrelay, "128 1 3 amtrelays.example.com.",
     "",
     "808309616d7472656c617973076578616d706c6503636f6d00"},
    {RrType::kResinfo, "qnamemin exterr=15-17 infourl=https://a/",
     "\"qnamemin\" \"exterr=15-17\" \"infourl=https://a/\"",
     "08716e616d656d696e0c6578746572723d31352d313712696e666f75726c3d68747470"
     "733a2f2f612f"},
    {RrType::kWallet, "ETH 0xabcdef", "\"ETH\" \"0xabcdef\"", "03455448083078616263646566"},
    {RrType::kCla, "\"TCP-v1.0\" \"x\"", "", "085443502d76312e300178"},
    {RrType::kIpn, "18446744073709551615", "", "ffffffffffffffff"},
    {RrType::kTa, "60485 5 1 2BB183AF", "", "ec4505012bb183af"},
    {RrType::kDlv, "60485 5 1 2BB183AF", "", "ec4505012bb183af"},
};

std::string_view printed(const Row& row) { return row.printed.empty() ? row.text : row.printed; }

std::string generic(const Octets& wire) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text = "\\# " + std::to_string(wire.size()) + " ";
  for (std::size_t i = 0; i < wire.size(); ++i) {
    if (i == wire.size() / 2) text += ' ';  // hex may be cut anywhere
    text += kDigits[wire[i] >> 4];
    text += kDigits[wire[i] & 15];
  }
  return text;
}

TEST_CASE("text, generic text and octets of every type agree", "[rdata]") {
  const Name origin = *Name::from_text("origin.");
  for (const Row& row : kRows) {
    CAPTURE(to_text(row.type), row.text);
    const Octets wire = from_hex(row.hex);
    const Parsed from_text = parse(row.type, row.text, origin);
    CAPTURE(from_text.error.expected, from_text.error.found);
    CHECK(from_text.ok);
    CHECK(from_text.wire == wire);
    const Parsed from_generic = parse(row.type, generic(wire), origin);
    CHECK(from_generic.ok);
    CHECK(from_generic.wire == wire);
    CHECK(rdata_to_text(row.type, wire) == printed(row));
    CHECK(check_rdata(row.type, wire));
  }
}

TEST_CASE("text to octets to text to octets ends where it was", "[rdata]") {
  for (const Row& row : kRows) {
    CAPTURE(to_text(row.type), row.text);
    const Octets wire = from_hex(row.hex);
    const Parsed again = parse(row.type, rdata_to_text(row.type, wire));
    CHECK(again.ok);
    CHECK(again.wire == wire);
    CHECK(rdata_to_text(row.type, again.wire) == printed(row));
  }
}

TEST_CASE("every type of the table has a row", "[rdata]") {
  std::set<RrType> seen;
  for (const Row& row : kRows) seen.insert(row.type);
  for (unsigned code = 0; code <= 65535; ++code) {
    const auto type = static_cast<RrType>(code);
    CAPTURE(to_text(type));
    if (mnemonic_of(type) && !seen.contains(type)) FAIL("no row");
  }
}

// Hardening 46: whatever is cut off, readers refuse it or take it the same way, and never run over.
TEST_CASE("every type cut at every octet", "[rdata]") {
  for (const Row& row : kRows) {
    const Octets wire = from_hex(row.hex);
    for (std::size_t size = 0; size <= wire.size(); ++size) {
      CAPTURE(to_text(row.type), row.text, size);
      const Octets part = cut(wire, size);
      const bool valid = check_rdata(row.type, part);
      if (size == wire.size()) CHECK(valid);
      const auto as_read = read(row.type, part, 0, size);
      CHECK(as_read.has_value() == valid);
      if (as_read) CHECK(*as_read == part);
      CHECK_FALSE(read(row.type, part, 0, size + 1));
      const Parsed back = parse(row.type, rdata_to_text(row.type, part));
      CHECK(back.ok == valid);
      if (valid) CHECK(back.wire == part);
    }
  }
}

// The other way round: what is left of the text is refused, or is a record that stays what it is.
TEST_CASE("the text of every type cut at every character", "[rdata]") {
  const Name origin = *Name::from_text("origin.");
  unsigned read = 0;
  for (const Row& row : kRows) {
    for (const std::string& text : {std::string(row.text), generic(from_hex(row.hex))}) {
      for (std::size_t size = 0; size <= text.size(); ++size) {
        const std::string part = text.substr(0, size);
        CAPTURE(to_text(row.type), part);
        const Parsed parsed = parse(row.type, part, origin);
        if (size == text.size()) CHECK(parsed.ok);
        if (!parsed.ok) {
          CHECK_FALSE(parsed.error.expected.empty());
          continue;
        }
        ++read;
        CHECK(check_rdata(row.type, parsed.wire));
        const std::string shown = rdata_to_text(row.type, parsed.wire);
        const Parsed again = parse(row.type, shown);
        CHECK(again.ok);
        CHECK(again.wire == parsed.wire);
        CHECK(rdata_to_text(row.type, again.wire) == shown);
        const Parsed from_generic = parse(row.type, generic(parsed.wire));
        CHECK(from_generic.ok);
        CHECK(from_generic.wire == parsed.wire);
      }
    }
  }
  CHECK(read > 2 * std::size(kRows));
}

TEST_CASE("an octet too many is refused, but where anything goes", "[rdata]") {
  for (const Row& row : kRows) {
    CAPTURE(to_text(row.type), row.text);
    for (const std::uint8_t extra : Octets{0, 1, 255}) {
      const Octets longer = from_hex(row.hex) + Octets{extra};
      const bool valid = check_rdata(row.type, longer);
      CHECK(read(row.type, longer, 0, longer.size()).has_value() == valid);
      const Parsed back = parse(row.type, rdata_to_text(row.type, longer));
      CHECK(back.ok == valid);
      if (valid) CHECK(back.wire == longer);
    }
  }
}

// Each octet replaced by others: the same property on rdata that is wrong in one place.
TEST_CASE("every octet of every type changed", "[rdata]") {
  for (const Row& row : kRows) {
    Octets wire = from_hex(row.hex);
    for (std::size_t i = 0; i < wire.size(); ++i) {
      const std::uint8_t original = wire[i];
      for (const unsigned value : {0u, 1u, 2u, 64u, 127u, 128u, 192u, 255u, original + 1u}) {
        wire[i] = static_cast<std::uint8_t>(value);
        const bool valid = check_rdata(row.type, wire);
        const Parsed back = parse(row.type, rdata_to_text(row.type, wire));
        if (back.ok != valid || (valid && back.wire != wire)) {
          CAPTURE(to_text(row.type), row.text, i, value, valid, rdata_to_text(row.type, wire));
          FAIL_CHECK("no way back");
        }
      }
      wire[i] = original;
    }
  }
}

}  // namespace
}  // namespace bowline::dns
