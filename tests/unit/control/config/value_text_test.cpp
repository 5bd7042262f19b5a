// Values of each type: bounds, units, words, and what an error says.
#include "control/config/value_text.h"

#include <catch2/catch.hpp>

using namespace bowline;
using namespace bowline::control::config;

namespace {

constexpr std::int64_t kMax = INT64_MAX;

std::string to_text(const Value& value) {
  struct Printer {
    std::string operator()(bool flag) const { return flag ? "on" : "off"; }
    std::string operator()(std::int64_t number) const { return std::to_string(number); }
    std::string operator()(const std::string& text) const { return text; }
    std::string operator()(const Octets& octets) const {
      std::string text = "x";
      for (const std::uint8_t octet : octets) {
        text += "0123456789abcdef"[octet >> 4];
        text += "0123456789abcdef"[octet & 15];
      }
      return text;
    }
    std::string operator()(const Address& address) const { return address.to_text(); }
    std::string operator()(const AddressRange& range) const {
      Address first, last;
      first.family = last.family = range.family;
      first.bytes = range.first;
      last.bytes = range.last;
      return first.to_text() + "-" + last.to_text();
    }
    std::string operator()(const dns::Name& name) const { return name.to_text(); }
  };
  return std::visit(Printer{}, value.content());
}

struct Row {
  Kind kind;
  std::string text;
  std::string expected;  // begins with '!': the error
};

const Kind kInt{Type::kInt, 1, 100, {}};
const Kind kAnyInt{Type::kInt, -5, kMax, {}};
const Kind kTime{Type::kTime, -1, 4294967295, {}};
const Kind kSize{Type::kSize, 1024, kMax, {}};
const Kind kBool{Type::kBool, 0, 1, {}};
const Kind kText{Type::kText, 0, 8, {}};
const Kind kHex{Type::kHexOrText, 0, 4, {}};
const Kind kSecret{Type::kHexOrText, 2, 2, {}};
const Kind kBase64{Type::kBase64, 1, 100, {}};
const Kind kPin{Type::kPin, 32, 32, {}};
const Kind kAddress{Type::kAddress, 0, 0, {}};
const Kind kSocket{Type::kSocket, 0, 0, {}};
const Kind kDevice{Type::kDevice, 0, 0, {}};
const Kind kRange{Type::kRange, 0, 0, {}};
const Kind kRangeOrPath{Type::kRangeOrPath, 0, 0, {}};
const Kind kName{Type::kName, 0, 0, {}};
const Kind kWord{Type::kWord, 0, 0, "none|changes|all"};
const Kind kBoolOrWord{Type::kBoolOrWord, 0, 0, "soft"};
const Kind kModule{Type::kModule, 0, 0, {}};
const Kind kModuleName{Type::kModuleName, 0, 0, {}};
const Kind kUser{Type::kUser, 0, 0, {}};
const Kind kFraction{Type::kFraction, 0, 256, {}};
const Kind kRrType{Type::kRrType, 0, 0, {}};
const Kind kPath{Type::kPath, 0, 4096, {}};
const Kind kZoneFile{Type::kZoneFile, 0, 4096, {}};

void check(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    INFO(row.text);
    const auto value = parse_value(row.kind, row.text);
    CHECK((value ? to_text(*value) : "!" + value.error()) == row.expected);
  }
}

}  // namespace

TEST_CASE("value_text: numbers") {
  const std::string allowed = ", allowed is a number, 1 to 100";
  check({{kInt, "1", "1"},
         {kInt, "100", "100"},
         {kInt, "007", "7"},
         {kInt, "0", "!\"0\"" + allowed},
         {kInt, "101", "!\"101\"" + allowed},
         {kInt, "5m", "!\"5m\"" + allowed},
         {kInt, " 5", "!\" 5\"" + allowed},
         {kInt, "5.0", "!\"5.0\"" + allowed},
         {kInt, "0x5", "!\"0x5\"" + allowed},
         {kInt, "many", "!\"many\"" + allowed},
         {kInt, "", "!the value is missing" + allowed},
         {kInt, "+7", "7"},
         {kInt, "+", "!\"+\"" + allowed},
         {kInt, "+-7", "!\"+-7\"" + allowed},
         {kInt, "++7", "!\"++7\"" + allowed},
         {kInt, "99999999999999999999", "!\"99999999999999999999\"" + allowed},
         {kAnyInt, "-5", "-5"},
         {kAnyInt, "9223372036854775807", "9223372036854775807"},
         {kAnyInt, "-6", "!\"-6\", allowed is a number, -5 or more"}});
}

TEST_CASE("value_text: times and sizes") {
  const std::string time =
      ", allowed is a time (units s m h d w M y), -1 to 4294967295 seconds";
  const std::string size = ", allowed is a size (units B K M G), 1024 or more octets";
  check({{kTime, "0", "0"},
         {kTime, "-1", "-1"},
         {kTime, "7s", "7"},
         {kTime, "2m", "120"},
         {kTime, "3h", "10800"},
         {kTime, "4d", "345600"},
         {kTime, "2w", "1209600"},
         {kTime, "1M", "2592000"},
         {kTime, "1y", "31536000"},
         {kTime, "4294967295", "4294967295"},
         {kTime, "4294967296", "!\"4294967296\"" + time},
         {kTime, "137y", "!\"137y\"" + time},
         {kTime, "1x", "!\"1x\"" + time},
         {kTime, "1hh", "!\"1hh\"" + time},
         {kTime, "1h30m", "!\"1h30m\"" + time},
         {kTime, "h", "!\"h\"" + time},
         {kTime, "9223372036854775807y", "!\"9223372036854775807y\"" + time},
         {kSize, "1024", "1024"},
         {kSize, "1024B", "1024"},
         {kSize, "1K", "1024"},
         {kSize, "5M", "5242880"},
         {kSize, "2G", "2147483648"},
         {kSize, "1023", "!\"1023\"" + size},
         {kSize, "1T", "!\"1T\"" + size},
         {kSize, "1k", "!\"1k\"" + size},
         {kSize, "9007199254740993K", "!\"9007199254740993K\"" + size}});
}

TEST_CASE("value_text: words") {
  const std::string flag = ", allowed is on, off, true or false";
  check({{kBool, "on", "on"},
         {kBool, "True", "on"},
         {kBool, "OFF", "off"},
         {kBool, "false", "off"},
         {kBool, "yes", "!\"yes\"" + flag},
         {kBool, "1", "!\"1\"" + flag},
         {kBool, "", "on"},
         {kWord, "changes", "changes"},
         {kWord, "ALL", "all"},
         {kWord, "change", "!\"change\", allowed is none, changes or all; did you mean changes?"},
         {kWord, "some-thing", "!\"some-thing\", allowed is none, changes or all"},
         {kBoolOrWord, "true", "on"},
         {kBoolOrWord, "soft", "soft"},
         {kBoolOrWord, "sotf", "!\"sotf\", allowed is on, off or soft; did you mean soft?"}});
}

TEST_CASE("value_text: octets") {
  const std::string hex =
      ", allowed is text or 0x with pairs of hexadecimal digits, up to 4 octets";
  const std::string pin = ", allowed is the base64 text of a SHA-256 hash (32 octets)";
  const std::string base64 = ", allowed is base64 text with its padding";
  check({{kHex, "ab", "x6162"},
         {kHex, "0x00fF", "x00ff"},
         {kHex, "0x", "x"},
         {kHex, "", "x"},
         {kHex, "0xabc", "!\"0xabc\"" + hex},
         {kHex, "0xzz", "!\"0xzz\"" + hex},
         {kHex, "abcde", "!\"abcde\"" + hex},
         {kSecret, "0xabcd", "xabcd"},
         {kSecret, "0xab",
          "!\"0xab\", allowed is text or 0x with pairs of hexadecimal digits, 2 octets"},
         {kBase64, "AQID", "x010203"},
         {kBase64, "AQI=", "x0102"},
         {kBase64, "AQ==", "x01"},
         {kBase64, "+/+/", "xfbffbf"},
         {kBase64, "AQ=", "!\"AQ=\"" + base64},
         {kBase64, "A===", "!\"A===\"" + base64},
         {kBase64, "AQ=D", "!\"AQ=D\"" + base64},
         {kBase64, "A_ID", "!\"A_ID\"" + base64},
         {kBase64, "", "!the value is missing" + base64},
         {kPin, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
          "x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"},
         {kPin, "AQID", "!\"AQID\"" + pin}});
}

TEST_CASE("value_text: addresses") {
  const std::string address = ", allowed is ADDRESS or ADDRESS@PORT (ports 1 to 65535)";
  const std::string socket =
      ", allowed is ADDRESS, ADDRESS@PORT (ports 1 to 65535), or the path of a UNIX socket";
  check({{kAddress, "192.0.2.1", "192.0.2.1"},
         {kAddress, "192.0.2.1@65535", "192.0.2.1@65535"},
         {kAddress, "2001:DB8:0::1@53", "2001:db8::1@53"},
         {kAddress, "::ffff:192.0.2.1", "::ffff:192.0.2.1"},
         {kAddress, "192.0.2.1@0", "!\"192.0.2.1@0\"" + address},
         {kAddress, "192.0.2.1@65536", "!\"192.0.2.1@65536\"" + address},
         {kAddress, "192.0.2.1@", "!\"192.0.2.1@\"" + address},
         {kAddress, "192.0.2.1@53@53", "!\"192.0.2.1@53@53\"" + address},
         {kAddress, "192.0.2.256", "!\"192.0.2.256\"" + address},
         {kAddress, "192.0.2", "!\"192.0.2\"" + address},
         {kAddress, "localhost", "!\"localhost\"" + address},
         {kAddress, "fe80::1%lo", "!\"fe80::1%lo\"" + address},
         {kSocket, "::@53", "::@53"},
         {kSocket, "/tmp/dns.sock", "/tmp/dns.sock"},
         {kSocket, "dns.sock", "dns.sock"},
         {kSocket, "192.0.2", "!\"192.0.2\"" + socket},
         {kSocket, "192.0.2.1:53", "!\"192.0.2.1:53\"" + socket},
         {kSocket, "192.0.2.1@dns", "!\"192.0.2.1@dns\"" + socket},
         {kSocket, "fe80::1%1", "!\"fe80::1%1\"" + socket},
         {kSocket, std::string(107, 'a'), std::string(107, 'a')},
         {kDevice, "ens786f0", "ens786f0"},
         {kDevice, "eth0@5353", "eth0@5353"},
         {kDevice, "192.0.2.1@5353", "192.0.2.1@5353"},
         {kDevice, "eth0@x",
          "!\"eth0@x\", allowed is a network device or an address, with @PORT (1 to 65535) if "
          "wanted"}});
  CHECK_FALSE(parse_value(kSocket, std::string(108, 'a')).ok());
}

TEST_CASE("value_text: ranges") {
  const std::string range = ", allowed is ADDRESS, ADDRESS/PREFIX or FIRST-LAST in order";
  check({{kRange, "192.0.2.1", "192.0.2.1-192.0.2.1"},
         {kRange, "192.0.2.77/24", "192.0.2.0-192.0.2.255"},
         {kRange, "192.0.2.77/0", "0.0.0.0-255.255.255.255"},
         {kRange, "192.0.2.77/32", "192.0.2.77-192.0.2.77"},
         {kRange, "192.0.2.77/27", "192.0.2.64-192.0.2.95"},
         {kRange, "2001:db8::/33", "2001:db8::-2001:db8:7fff:ffff:ffff:ffff:ffff:ffff"},
         {kRange, "10.0.0.1-10.0.0.9", "10.0.0.1-10.0.0.9"},
         {kRange, "::1-::2", "::1-::2"},
         {kRange, "198.51.100", "198.51.100.0-198.51.100.255"},
         {kRange, "198.51", "198.51.0.0-198.51.255.255"},
         {kRange, "10.0.0.9-10.0.0.1", "!\"10.0.0.9-10.0.0.1\"" + range},
         {kRange, "10.0.0.1-::1", "!\"10.0.0.1-::1\"" + range},
         {kRange, "10.0.0.0/33", "!\"10.0.0.0/33\"" + range},
         {kRange, "::/129", "!\"::/129\"" + range},
         {kRange, "10.0.0.0/", "!\"10.0.0.0/\"" + range},
         {kRange, "10", "!\"10\"" + range},
         {kRange, "/tmp/x", "!\"/tmp/x\"" + range},
         {kRangeOrPath, "/tmp/x", "/tmp/x"},
         {kRangeOrPath, "tmp",
          "!\"tmp\", allowed is ADDRESS, ADDRESS/PREFIX, FIRST-LAST in order, or the absolute path "
          "of a socket"}});
}

TEST_CASE("value_text: names, modules, users and the rest") {
  check({{kName, "Example.COM", "example.com."},
         {kName, "example.com.", "example.com."},
         {kName, ".", "."},
         {kName, "", "!the value is missing, allowed is a domain name"},
         {kModule, "mod-rrl", "mod-rrl"},
         {kModule, "mod-rrl/custom", "mod-rrl/custom"},
         {kModule, "rrl", "!\"rrl\", allowed is mod-NAME or mod-NAME/IDENTIFIER"},
         {kModule, "mod-rrl/", "!\"mod-rrl/\", allowed is mod-NAME or mod-NAME/IDENTIFIER"},
         {kModuleName, "mod-x", "mod-x"},
         {kModuleName, "mod-", "!\"mod-\", allowed is mod-NAME"},
         {kUser, "root", "root"},
         {kUser, "a:b", "a:b"},
         {kUser, "a:", "!\"a:\", allowed is USER or USER:GROUP"},
         {kUser, ":b", "!\":b\", allowed is USER or USER:GROUP"},
         {kUser, "a:b:c", "!\"a:b:c\", allowed is USER or USER:GROUP"},
         {kFraction, "0/1", "0/1"},
         {kFraction, "255/256", "255/256"},
         {kFraction, "1/1", "!\"1/1\", allowed is R/M with R < M <= 256"},
         {kFraction, "0/257", "!\"0/257\", allowed is R/M with R < M <= 256"},
         {kFraction, "1", "!\"1\", allowed is R/M with R < M <= 256"},
         {kFraction, "0/2x", "!\"0/2x\", allowed is R/M with R < M <= 256"},
         {kRrType, "aaaa", "AAAA"},
         {kRrType, "TYPE65000", "TYPE65000"},
         {kRrType, "NOTYPE",
          "!\"NOTYPE\", allowed is the mnemonic of a record type or TYPE with a number"},
         {kText, "12345678", "12345678"},
         {kText, "123456789", "!\"123456789\", allowed is text of up to 8 octets"},
         {kPath, "a/b", "a/b"},
         {kPath, "", "!the value is missing, allowed is a path"},
         {kZoneFile, "%s.zone", "%s.zone"},
         {kZoneFile, "x%q",
          "!\"%q\" is no formatter, allowed are %s, %c[N], %c[N-M], %l[N] and %%"}});
  const auto bad = parse_value(kName, "a..b");
  REQUIRE_FALSE(bad.ok());
  CHECK(bad.error().find("\"a..b\", allowed is a domain name (") == 0);
}

TEST_CASE("value: socket addresses") {
  sockaddr_storage storage;
  const auto four = parse_value(kAddress, "192.0.2.1@53")->address();
  CHECK(four.to_sockaddr(storage) == 16);
  CHECK(storage.ss_family == AF_INET);
  const auto six = parse_value(kAddress, "::1@53")->address();
  CHECK(six.to_sockaddr(storage) == 28);
  CHECK(storage.ss_family == AF_INET6);
  const auto path = parse_value(kSocket, "/tmp/x")->address();
  CHECK(path.to_sockaddr(storage) == 2 + 6 + 1);
  CHECK(storage.ss_family == AF_UNIX);
  Address longer = path;
  longer.path = std::string(108, 'a');
  CHECK(longer.to_sockaddr(storage) == 0);
  CHECK(parse_value(kDevice, "eth0")->address().to_sockaddr(storage) == 0);
}
