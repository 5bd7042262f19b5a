// Rdata text that is wrong: each kind of field, what is said about it and where; and bounds.
#include <catch2/catch.hpp>

#include "octets.h"
#include "rdata_support.h"

namespace bowline::dns {
namespace {

using namespace test;

struct Row {
  RrType type;
  std::string text;
  std::string expected;  // part of the error
};

std::string repeat(std::size_t count, std::string_view piece) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += piece;
  return text;
}

void check_refused(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    CAPTURE(to_text(row.type), row.text);
    const Parsed parsed = parse(row.type, row.text);
    CHECK_FALSE(parsed.ok);
    CAPTURE(parsed.error.expected);
    CHECK(parsed.error.expected.find(row.expected) != std::string::npos);
    CHECK_FALSE(parsed.error.found.empty());
    CHECK(parsed.error.found.size() <= 66);
  }
}

TEST_CASE("missing and left-over tokens", "[rdata]") {
  std::vector<Row> rows = {
      {RrType::kA, "192.0.2.1 192.0.2.2", "end of the record"},
      {RrType::kA, "192.0.2.1 \"\"", "end of the record"},
      {RrType::kMx, "10", "domain name"},
      {RrType::kMx, "10 a. b.", "end of the record"},
      {RrType::kSoa, "a. b. 1 2 3 4", "period"},
      {RrType::kDs, "1 8 2", "hex"},
      {RrType::kHinfo, "\"a\"", "string"},
      {RrType::kHinfo, "a b c", "end of the record"},
      {RrType::kSvcb, "1", "domain name"},
      {RrType::kNsec, "", "domain name"},
      {RrType::kTxt, "", "string"},
      {RrType::kRrsig, "A 13 2 3600 20300101000000 20250101000000 1 a.", "base64"},
      {RrType::kNxt, "a.", "type"},
      {RrType::kLoc, "1 N 2", "longitude"},
      {RrType::kIsdn, "a b c", "end of the record"},
  };
  check_refused(rows);
}

TEST_CASE("addresses", "[rdata]") {
  std::vector<Row> rows;
  for (const char* text :
       {"1.1.1.256", "1.1.1", "1.1.1.1.1", "1.1.1.", ".1.1.1", "1..1.1", "01.1.1.1", "1.1.1.00",
        "1.1.1.1a", "a.1.1.1", "-1.1.1.1", "1.1.1.1000", "\"1.1.1.1\"", "1,1,1,1", "::1"}) {
    rows.push_back({RrType::kA, text, "IPv4"});
  }
  for (const char* text :
       {"", ":", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::",
        "::1:2:3:4:5:6:7:8", "12345::", "g::", "1:", ":1", "1:2:3:4:5:6:7:", "::1.2.3",
        "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3.4:5", "::256.1.1.1", "fe80::1%eth0", "1.2.3.4",
        "1::2:3:4:5:6:1.2.3.4:7"}) {
    rows.push_back({RrType::kAaaa, text, "IPv6"});
  }
  for (const char* text : {"00-00-5e-00-53", "00-00-5e-00-53-2a-2b", "00:00:5e:00:53:2a",
                           "0-0-5e-0-53-2a", "00-00-5e-00-53-2g", "00005e00532a"}) {
    rows.push_back({RrType::kEui48, text, "EUI-48"});
  }
  rows.push_back({RrType::kEui64, "00-00-5e-ef-10-00-00", "EUI-64"});
  for (const char* text : {"1 14:4fff:ff20", "1 14:4fff:ff20:ee64:1", "1 14:4fff:ff20:",
                           "1 ::ee64", "1 14:4fff:ff20:1ee64"}) {
    rows.push_back({RrType::kNid, text, "four groups"});
  }
  for (const char* text :
       {"1:1.2.3.4", "1.2.3.4/8", "1:1.2.3.4/33", "2:::/129", "3:1.2.3.4/8", "!!1:1.2.3.4/8",
        "1:1.2.3/8", "1:1.2.3.4/", "2:1.2.3.4/8", "a:1.2.3.4/8", "1:1.2.3.4/8/9"}) {
    rows.push_back({RrType::kApl, text, "prefix"});
  }
  check_refused(rows);
}

TEST_CASE("numbers, periods and times", "[rdata]") {
  check_refused({
      {RrType::kMx, "65536 a.", "65535"},
      {RrType::kMx, "-1 a.", "65535"},
      {RrType::kMx, "+1 a.", "65535"},
      {RrType::kMx, "0x1 a.", "65535"},
      {RrType::kMx, "\"1\" a.", "65535"},
      {RrType::kMx, "99999999999999999999999 a.", "65535"},
      {RrType::kTlsa, "256 1 1 00", "255"},
      {RrType::kCsync, "4294967296 0 A", "4294967295"},
      {RrType::kIpn, "18446744073709551616", "18446744073709551615"},
      {RrType::kSoa, "a. b. 1h 1 1 1 1", "4294967295"},  // a serial is no period
      {RrType::kSoa, "a. b. 1 1x 1 1 1", "period"},
      {RrType::kSoa, "a. b. 1 h 1 1 1", "period"},
      {RrType::kSoa, "a. b. 1 1h1 1 1 1", "period"},
      {RrType::kSoa, "a. b. 1 7102w 1 1 1", "period"},
      {RrType::kSoa, "a. b. 1 4294967295s1s 1 1 1", "period"},
      {RrType::kSoa, "a. b. 1 4294967296 1 1 1", "period"},
      {RrType::kRrsig, "A 5 2 1 20301301000000 0 1 a. AQID", "time"},
      {RrType::kRrsig, "A 5 2 1 20300230000000 0 1 a. AQID", "time"},
      {RrType::kRrsig, "A 5 2 1 20300101240000 0 1 a. AQID", "time"},
      {RrType::kRrsig, "A 5 2 1 20300101006000 0 1 a. AQID", "time"},
      {RrType::kRrsig, "A 5 2 1 20300101000060 0 1 a. AQID", "time"},
      {RrType::kRrsig, "A 5 2 1 19691231235959 0 1 a. AQID", "time"},
      {RrType::kRrsig, "A 5 2 1 21060207062816 0 1 a. AQID", "time"},
      {RrType::kRrsig, "A 5 2 1 2030010100000x 0 1 a. AQID", "time"},
      {RrType::kRrsig, "A 5 2 1 203001010000 0 1 a. AQID", "time"},
      {RrType::kRrsig, "NOTYPE 5 2 1 0 0 1 a. AQID", "record type"},
      {RrType::kDs, "1 NOALGORITHM 2 00", "algorithm"},
      {RrType::kDs, "1 256 2 00", "algorithm"},
      {RrType::kCert, "NOCERT 0 0 AQID", "certificate type"},
      {RrType::kDsync, "CDS NOTIFIED 1 a.", "scheme"},
  });
}

TEST_CASE("names", "[rdata]") {
  check_refused({
      {RrType::kNs, "a..b.", "empty label"},
      {RrType::kNs, ".a.", "empty label"},
      {RrType::kNs, std::string(64, 'x') + ".", "63"},
      {RrType::kNs, repeat(128, "x."), "255"},
      {RrType::kNs, "\\256.", "escape"},
      {RrType::kNs, "\"a.\"", "domain name"},
      {RrType::kHip, "2 2001 AQID a. b..", "empty label"},
  });
}

TEST_CASE("strings", "[rdata]") {
  check_refused({
      {RrType::kX25, std::string(256, 'x'), "255"},
      {RrType::kX25, repeat(256, "\\120"), "255"},
      {RrType::kX25, "\"" + std::string(256, ' ') + "\"", "255"},
      {RrType::kTxt, "ok \\256", "string"},
      {RrType::kTxt, "\\25", "string"},
      {RrType::kTxt, "\\2x5", "string"},
      {RrType::kTxt, std::string(300, 'x') + "\\256", "string"},
      {RrType::kCaa, "0 \"\" \"x\"", "tag"},
      {RrType::kCaa, "0 is-sue \"x\"", "tag"},
      {RrType::kCaa, "0 " + std::string(256, 'x') + " \"x\"", "tag"},
      {RrType::kCaa, "0 issue a b", "end of the record"},
      {RrType::kCaa, "0 issue \\999", "string"},
      {RrType::kCaa, "256 issue \"\"", "255"},
      {RrType::kUri, "1 1 \"\"", "URI"},
      {RrType::kUri, "1 1", "URI"},
  });
  const std::string longest(255, 'x');
  CHECK(parse(RrType::kTxt, longest).wire == Octets{255} + Octets(255, 'x'));
  CHECK(parse(RrType::kTxt, repeat(255, "\\120")).wire == Octets{255} + Octets(255, 'x'));
}

TEST_CASE("hex, base64 and base32hex are strict", "[rdata]") {
  std::vector<Row> rows = {
      {RrType::kDs, "1 8 2 0", "hex"},
      {RrType::kDs, "1 8 2 00 0", "hex"},
      {RrType::kDs, "1 8 2 0g", "hex"},
      {RrType::kDs, "1 8 2 \"00\"", "hex"},
      {RrType::kZonemd, "1 1 1 0102030405060708090a0b", "12 octets"},
      {RrType::kNsec3Param, "1 0 0 a", "salt"},
      {RrType::kNsec3Param, "1 0 0 abc", "salt"},
      {RrType::kNsec3Param, "1 0 0 \"\"", "salt"},
      {RrType::kNsec3Param, "1 0 0 " + repeat(256, "ab"), "salt"},
      {RrType::kNsec3, "1 0 0 - w0", "base32hex"},
      {RrType::kNsec3, "1 0 0 - 0", "base32hex"},
      {RrType::kNsec3, "1 0 0 - 000", "base32hex"},
      {RrType::kNsec3, "1 0 0 - 01", "base32hex"},  // a bit behind the octet
      {RrType::kNsec3, "1 0 0 - 00=====", "base32hex"},
      {RrType::kNsec3, "1 0 0 - -", "base32hex"},
      {RrType::kNsec, "a. NOTYPE", "record type"},
      {RrType::kNxt, "a. TYPE128", "1 to 127"},
      {RrType::kNxt, "a. TYPE0", "1 to 127"},
      {RrType::kHip, "2 - AQID", "tag"},
      {RrType::kHip, "2 200 AQID", "tag"},
      {RrType::kHip, "2 2001 A", "base64"},
      {RrType::kNsap, "4700", "NSAP"},
      {RrType::kNsap, "0x", "NSAP"},
      {RrType::kNsap, "0x470", "NSAP"},
      {RrType::kNsap, "0x47.0g", "NSAP"},
      {RrType::kAtma, "+", "ATM"},
      {RrType::kAtma, "+12a", "ATM"},
      {RrType::kAtma, "123", "ATM"},
  };
  for (const char* text : {"A", "AQ", "AQI", "AQ=", "AR==", "AQJ=", "AQID=", "AQID====", "=",
                           "====", "AQ==AQ==", "AQ=D", "A===", "AQ-_", "AQ===", "AQIDA"}) {
    rows.push_back({RrType::kOpenpgpkey, text, "base64"});
  }
  check_refused(rows);
  CHECK(parse(RrType::kOpenpgpkey, "AQID BA==").wire == Octets{1, 2, 3, 4});
  CHECK(parse(RrType::kOpenpgpkey, "AQ==").wire == Octets{1});
  CHECK(parse(RrType::kNsec3, "1 0 0 - 00======").wire == Octets{1, 0, 0, 0, 0, 1, 0});
  CHECK(parse(RrType::kDs, "1 8 2 00 ff").wire == Octets{0, 1, 8, 2, 0, 0xff});
}

TEST_CASE("structures of single types", "[rdata]") {
  check_refused({
      {RrType::kLoc, "91 N 0 E 0", "latitude"},
      {RrType::kLoc, "90 0 0.001 N 0 E 0", "latitude"},
      {RrType::kLoc, "1 60 N 0 E 0", "latitude"},
      {RrType::kLoc, "1 1 60 N 0 E 0", "latitude"},
      {RrType::kLoc, "1 1 1.0001 N 0 E 0", "latitude"},
      {RrType::kLoc, "1 1 1 1 N 0 E 0", "latitude"},
      {RrType::kLoc, "N 0 E 0", "latitude"},
      {RrType::kLoc, "1 E 0 E 0", "latitude"},
      {RrType::kLoc, "1 N 181 E 0", "longitude"},
      {RrType::kLoc, "1 N 0 N 0", "longitude"},
      {RrType::kLoc, "1 N 0 E -100000.01m", "altitude"},
      {RrType::kLoc, "1 N 0 E 42849672.96m", "altitude"},
      {RrType::kLoc, "1 N 0 E 1.m", "altitude"},
      {RrType::kLoc, "1 N 0 E 1.123m", "altitude"},
      {RrType::kLoc, "1 N 0 E x", "altitude"},
      {RrType::kLoc, "1 N 0 E 0 90000000.01m", "size"},
      {RrType::kLoc, "1 N 0 E 0 -1m", "size"},
      {RrType::kLoc, "1 N 0 E 0 1m 1m 1m 1m", "end of the record"},
      {RrType::kIpseckey, "10 4 2 a. AQID", "0 to 3"},
      {RrType::kIpseckey, "10 0 2 a. AQID", "dot"},
      {RrType::kIpseckey, "10 1 2 :: AQID", "IPv4"},
      {RrType::kIpseckey, "10 2 2 1.2.3.4 AQID", "IPv6"},
      {RrType::kAmtrelay, "10 2 0 .", "discovery"},
      {RrType::kAmtrelay, "10 0 4 .", "0 to 3"},
      {RrType::kAmtrelay, "10 0 0 a.", "dot"},
      {RrType::kA6, "129 :: a.", "0 to 128"},
      {RrType::kA6, "64 1:: a.", "zeros"},
      {RrType::kA6, "0 :: a.", "end of the record"},
      {RrType::kA6, "64 ::", "domain name"},
      {RrType::kWks, "1.2.3.4 ip 25", "protocol"},
      {RrType::kWks, "1.2.3.4 tcp smtp", "port"},
      {RrType::kWks, "1.2.3.4 tcp 65536", "port"},
  });
}

// RFC 9460 D.3 and the rules of 2.2 and 8.
TEST_CASE("service parameters", "[rdata]") {
  check_refused({
      {RrType::kSvcb, "1 a. key123=abc key123=def", "once"},
      {RrType::kSvcb, "1 a. alpn=h2 key1=\\002h3", "once"},
      {RrType::kSvcb, "1 a. mandatory", "RFC 9460"},
      {RrType::kSvcb, "1 a. alpn", "RFC 9460"},
      {RrType::kSvcb, "1 a. port", "RFC 9460"},
      {RrType::kSvcb, "1 a. ipv4hint", "RFC 9460"},
      {RrType::kSvcb, "1 a. ipv6hint", "RFC 9460"},
      {RrType::kSvcb, "1 a. ech", "RFC 9460"},
      {RrType::kSvcb, "1 a. no-default-alpn=abc", "RFC 9460"},
      {RrType::kSvcb, "1 a. mandatory=key123", "mandatory"},
      {RrType::kSvcb, "1 a. mandatory=mandatory", "RFC 9460"},
      {RrType::kSvcb, "1 a. mandatory=key123,key123 key123=abc", "RFC 9460"},
      {RrType::kSvcb, "1 a. key0=\\000\\124 key123=x key125=y", "mandatory"},
      {RrType::kSvcb, "1 a. alpn=h2,,h3", "RFC 9460"},
      {RrType::kSvcb, "1 a. alpn=" + std::string(256, 'x'), "RFC 9460"},
      {RrType::kSvcb, "1 a. alpn=a\\\\b", "RFC 9460"},
      {RrType::kSvcb, "1 a. port=65536", "RFC 9460"},
      {RrType::kSvcb, "1 a. port=1,2", "RFC 9460"},
      {RrType::kSvcb, "1 a. ipv4hint=1.2.3.4,", "RFC 9460"},
      {RrType::kSvcb, "1 a. ipv6hint=1.2.3.4", "RFC 9460"},
      {RrType::kSvcb, "1 a. ech=A", "RFC 9460"},
      {RrType::kSvcb, "1 a. key3=\\001", "RFC 9460"},
      {RrType::kSvcb, "1 a. nokey=1", "parameter"},
      {RrType::kSvcb, "1 a. key65536=1", "parameter"},
      {RrType::kSvcb, "1 a. key01=1", "parameter"},
      {RrType::kSvcb, "1 a. key=1", "parameter"},
      {RrType::kSvcb, "1 a. =1", "parameter"},
      {RrType::kSvcb, "1 a. \"alpn=h2\"", "parameter"},
      {RrType::kSvcb, "1 a. key9999=\\25", "RFC 9460"},
      {RrType::kHttps, "65536 a.", "65535"},
  });
}

TEST_CASE("generic text", "[rdata]") {
  check_refused({
      {RrType::kA, "\\# 3 010203", "valid rdata of A"},
      {RrType::kA, "\\# 4 010203", "octets that follow"},
      {RrType::kA, "\\# 4 0102030405", "octets that follow"},
      {RrType::kA, "\\# 0", "valid rdata of A"},
      {RrType::kA, "\\#", "number of octets"},
      {RrType::kA, "\\# 65536 00", "number of octets"},
      {RrType::kA, "\\# 4 0102030g", "hex"},
      {RrType::kA, "\\# 0 00", "octets that follow"},
      {RrType::kNs, "\\# 2 c000", "valid rdata of NS"},
      {RrType::kNull, "00", "generic rdata"},
      {static_cast<RrType>(65280), "x", "generic rdata"},
      {static_cast<RrType>(65280), "", "generic rdata"},
      {static_cast<RrType>(65280), "\"\\#\" 0", "generic rdata"},
  });
  CHECK(parse(static_cast<RrType>(65280), "\\# 0").ok);
  CHECK(parse(static_cast<RrType>(65280), "\\# 3 01 0203").wire == Octets{1, 2, 3});
}

TEST_CASE("an error says where", "[rdata]") {
  std::vector<Token> tokens = tokens_of("10 mail..a.");
  tokens[1].line = 7;
  tokens[1].column = 30;
  Octets buffer(512);
  WireWriter out(buffer);
  TextError error;
  CHECK_FALSE(rdata_from_text(RrType::kMx, tokens, NameView(), out, error));
  CHECK(error.found == "mail..a.");
  CHECK(error.line == 7);
  CHECK(error.column == 30);

  tokens[1].text = "\x01\xff" "bad..";
  CHECK_FALSE(rdata_from_text(RrType::kMx, tokens, NameView(), out, error));
  CHECK(error.found == "??bad..");
  tokens[1].quoted = true;
  CHECK_FALSE(rdata_from_text(RrType::kMx, tokens, NameView(), out, error));
  CHECK(error.found == "\"??bad..\"");

  CHECK_FALSE(rdata_from_text(RrType::kMx, std::span(tokens).first(1), NameView(), out, error));
  CHECK(error.found == "the end of the record");
  CHECK(error.line == 1);
  CHECK(error.column == 3);
}

TEST_CASE("65,535 octets of rdata and no more", "[rdata]") {
  const std::string strings = repeat(255, '"' + std::string(255, 'x') + "\" ");  // 65,280 octets
  CHECK(parse(RrType::kTxt, strings + '"' + std::string(254, 'x') + '"').wire.size() == 65535);
  CHECK_FALSE(parse(RrType::kTxt, strings + '"' + std::string(255, 'x') + '"').ok);
  CHECK(parse(RrType::kOpenpgpkey, repeat(21845, "AAAA")).wire.size() == 65535);
  CHECK_FALSE(parse(RrType::kOpenpgpkey, repeat(21846, "AAAA")).ok);
  CHECK(parse(RrType::kHip, "2 20 " + repeat(21843, "AAAA")).wire.size() == 5 + 65529);
  CHECK_FALSE(parse(RrType::kHip, "2 20 " + repeat(21845, "AAAA")).ok);
  CHECK(parse(RrType::kNull, "\\# 65535 " + repeat(65535, "00")).wire.size() == 65535);
  CHECK_FALSE(parse(RrType::kNull, "\\# 65535 " + repeat(65536, "00")).ok);
  CHECK(parse(RrType::kSvcb, "1 . key9=\\000\\001 key10=" + std::string(65518, 'x')).wire.size() ==
        65531);
  CHECK_FALSE(parse(RrType::kSvcb, "1 . key10=" + std::string(65536, 'x')).ok);
  CHECK(parse(RrType::kUri, "1 1 " + std::string(65531, 'x')).wire.size() == 65535);
  CHECK_FALSE(parse(RrType::kUri, "1 1 " + std::string(65532, 'x')).ok);
}

// Writers with any room less than needed: refused, and nothing behind the room is touched.
TEST_CASE("a short buffer is an error, not an overflow", "[rdata]") {
  const std::vector<std::pair<RrType, std::string>> rows = {
      {RrType::kSoa, "a. b. 1 2 3 4 5"},
      {RrType::kTxt, "\"abc\" d\\101"},
      {RrType::kSvcb, "1 a. mandatory=alpn alpn=h2 port=1 key9999=abc"},
      {RrType::kHip, "2 2001 AQID a."},
      {RrType::kLoc, "1 N 1 E 0"},
      {RrType::kNsec, "a. A TYPE65535"},
      {RrType::kNsec3, "1 0 0 aabb 00000000 A"},
      {RrType::kApl, "1:1.2.3.4/32 2:1::1/128"},
      {RrType::kRrsig, "A 5 2 1 0 0 1 a. AQID"},
      {RrType::kDoa, "1 2 3 a AQID"},
      {RrType::kWks, "1.2.3.4 6 25 80"},
      {RrType::kNull, "\\# 3 010203"},
  };
  for (const auto& [type, text] : rows) {
    CAPTURE(text);
    const std::size_t needed = parse(type, text).wire.size();
    REQUIRE(needed > 0);
    const std::vector<Token> tokens = tokens_of(text);
    for (std::size_t room = 0; room <= needed; ++room) {
      Octets buffer(room);
      buffer.shrink_to_fit();
      WireWriter out(buffer);
      TextError error;
      CHECK(rdata_from_text(type, tokens, NameView(), out, error) == (room == needed));
    }
  }
}

}  // namespace
}  // namespace bowline::dns
