// Ranges of addresses as prefixes.
#include "control/config/prefix.h"

#include <catch2/catch.hpp>

#include "control/config/address_text.h"

using namespace bowline::control::config;

namespace {

std::vector<Prefix> split(const std::string& text) {
  const auto value = parse_address_value(Type::kRange, text);
  REQUIRE(value);
  return split_range(value->range());
}

std::string texts(const std::vector<Prefix>& prefixes) {
  std::string all;
  for (const Prefix& prefix : prefixes) all += (all.empty() ? "" : " ") + prefix.to_text();
  return all;
}

}  // namespace

TEST_CASE("prefixes: ranges are split into the fewest") {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"192.0.2.1", "192.0.2.1/32"},
      {"192.0.2.77/24", "192.0.2.0/24"},
      {"198.51.100", "198.51.100.0/24"},
      {"0.0.0.0/0", "0.0.0.0/0"},
      {"::/0", "::/0"},
      {"0.0.0.0-255.255.255.255", "0.0.0.0/0"},
      {"192.0.2.0-192.0.3.255", "192.0.2.0/23"},
      {"192.0.3.0-192.0.4.255", "192.0.3.0/24 192.0.4.0/24"},
      {"192.0.2.5-192.0.2.10", "192.0.2.5/32 192.0.2.6/31 192.0.2.8/31 192.0.2.10/32"},
      {"255.255.255.254-255.255.255.255", "255.255.255.254/31"},
      {"2001:db8::/32", "2001:db8::/32"},
      {"2001:db8::-2001:db8::1:ffff", "2001:db8::/111"},
      {"2001:db8::1-2001:db8::4", "2001:db8::1/128 2001:db8::2/127 2001:db8::4/128"},
      // The XDP program knows IPv4 addresses so, and both texts mean the same entry.
      {"::ffff:192.0.2.0/120", "192.0.2.0/24"},
      {"::ffff:0:0/96", "0.0.0.0/0"},
      {"::fffe:0:0/95", "::fffe:0:0/95"},
      {"::fffe:ffff:ffff-::ffff:0:0", "::fffe:ffff:ffff/128 0.0.0.0/32"},
  };
  for (const auto& [range, prefixes] : rows) {
    INFO(range);
    CHECK(texts(split(range)) == prefixes);
  }
}

TEST_CASE("prefixes: the worst ranges") {
  CHECK(split("0.0.0.1-255.255.255.254").size() == 62);
  CHECK(split("::1-ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe").size() == 254);
}
