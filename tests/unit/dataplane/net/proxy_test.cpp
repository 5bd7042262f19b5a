// PROXY headers: which are believed, what they say, and who may send them.
#include "dataplane/net/proxy.h"

#include <arpa/inet.h>

#include <catch2/catch.hpp>
#include <string>

#include "../support/proxy.h"

namespace bowline::dataplane::test {
namespace {

using net::ProxyFinding;

link::Endpoint endpoint(const std::string& text, std::uint16_t port = 0) {
  link::Endpoint result;
  const std::string mapped = text.find(':') == text.npos ? "::ffff:" + text : text;
  REQUIRE(::inet_pton(AF_INET6, mapped.c_str(), result.address.data()) == 1);
  result.port = port;
  return result;
}

struct Case {
  const char* description;
  Octets octets;
  ProxyFinding wanted;
  std::string fault = {};   // counter, of kWrong
  std::string client = {};  // of kHeader; empty: none is told
};

ProxySpec with_block(Octets block, std::uint8_t family = 0x12) {
  return {.family = family, .block = std::move(block)};
}

Octets tlv(std::size_t size) {
  Octets octets = {4, static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size)};
  octets.resize(3 + size);
  return octets;
}

TEST_CASE("proxy: what a header says") {
  constexpr auto kHeader = ProxyFinding::kHeader;
  constexpr auto kWrong = ProxyFinding::kWrong;
  constexpr auto kMore = ProxyFinding::kMore;
  constexpr auto kNone = ProxyFinding::kNone;
  const Octets ipv4 = ProxySpec{}.block;
  const auto made = [](const ProxySpec& spec) { return make_proxy_header(spec); };
  const Octets whole = made({});
  const std::vector<Case> cases = {
      {"IPv4, datagram", whole, kHeader, "", "198.51.100.7"},
      {"IPv4, stream", made({.family = 0x11}), kHeader, "", "198.51.100.7"},
      {"IPv6, datagram", made(ipv6_client()), kHeader, "", "2001:db8:7::1"},
      {"with a TLV", made(with_block(joined(ipv4, tlv(4)))), kHeader, "", "198.51.100.7"},
      {"with a TLV that says it is longer", made(with_block(joined(ipv4, {4, 0, 9, 1}))), kHeader,
       "", "198.51.100.7"},
      {"the longest", made(with_block(joined(ipv4, tlv(512 - 16 - 12 - 3)))), kHeader, "",
       "198.51.100.7"},
      {"longer", made(with_block(joined(ipv4, tlv(512 - 16 - 12 - 2)))), kWrong,
       "drop-proxy-length"},
      {"the longest that can be said", made({.length_change = 65523}), kWrong,
       "drop-proxy-length"},
      {"LOCAL, nothing behind it", made({.command = 0x20, .family = 0, .block = {}}), kHeader},
      {"LOCAL, with addresses", made({.command = 0x20}), kHeader},
      {"LOCAL, with a family that nobody knows", made({.command = 0x20, .family = 0xff}), kHeader},
      {"PROXY of nothing known", made({.family = 0, .block = {}}), kWrong, "drop-proxy-family"},
      {"PROXY of a UNIX socket", made(with_block(Octets(216), 0x31)), kWrong,
       "drop-proxy-family"},
      {"IPv4 without a transport", made({.family = 0x10}), kWrong, "drop-proxy-family"},
      {"IPv4 with a third transport", made({.family = 0x13}), kWrong, "drop-proxy-family"},
      {"a fourth family", made({.family = 0x42}), kWrong, "drop-proxy-family"},
      {"version 1", made({.command = 0x11}), kWrong, "drop-proxy-version"},
      {"version 3", made({.command = 0x31}), kWrong, "drop-proxy-version"},
      {"a third command", made({.command = 0x22}), kWrong, "drop-proxy-version"},
      {"a block shorter than two addresses", made(with_block(Octets(11))), kWrong,
       "drop-proxy-length"},
      {"IPv6 in the block of IPv4", made({.family = 0x22}), kWrong, "drop-proxy-length"},
      {"a block that is longer than what is there", made({.length_change = 1}), kMore},
      {"nothing", {}, kMore},
      {"a question", make_question("www.example.test."), kNone},
      {"one octet less of the signature", Octets(whole.begin() + 1, whole.end()), kNone},
  };
  for (const Case& one : cases) {
    INFO(one.description);
    net::ProxyHeader header;
    const Octets exact(one.octets);
    CHECK(net::read_proxy_header(exact, header) == one.wanted);
    if (one.wanted == kWrong) CHECK(counter_name(header.fault) == one.fault);
    if (one.wanted != kHeader) continue;
    CHECK(header.size == one.octets.size());
    CHECK(header.has_client == !one.client.empty());
    if (header.has_client) CHECK(header.client == endpoint(one.client, 4242));
  }
}

TEST_CASE("proxy: every beginning of a header asks for more, every other beginning is none") {
  const Octets whole = make_proxy_header(ipv6_client());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    INFO(size);
    net::ProxyHeader header;
    const Octets part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    CHECK(net::read_proxy_header(part, header) == ProxyFinding::kMore);
    if (size == 0 || size > net::kProxySignatureSize) continue;
    Octets other = part;
    other.back() ^= 1;
    CHECK(net::read_proxy_header(other, header) == ProxyFinding::kNone);
  }
}

TEST_CASE("proxy: who may send headers") {
  link::Settings settings;
  const auto set = [&](std::size_t index, const char* first, const char* last) {
    const auto from = endpoint(first).address;
    const auto to = endpoint(last).address;
    std::copy(from.begin(), from.end(), settings.proxy_allowlist[index].first);
    std::copy(to.begin(), to.end(), settings.proxy_allowlist[index].last);
  };
  CHECK_FALSE(net::may_proxy(settings, endpoint("192.0.2.1")));
  set(0, "10.0.0.0", "10.255.255.255");
  set(1, "192.0.2.7", "192.0.2.9");
  set(2, "2001:db8::", "2001:db8::ffff");
  set(3, "fe80::1", "fe80::1");
  settings.proxy_ipv4_ranges = 2;
  settings.proxy_ranges = 4;
  for (const char* yes : {"10.0.0.0", "10.1.2.3", "10.255.255.255", "192.0.2.7", "192.0.2.9",
                          "2001:db8::", "2001:db8::abcd", "2001:db8::ffff", "fe80::1"}) {
    INFO(yes);
    CHECK(net::may_proxy(settings, endpoint(yes)));
  }
  for (const char* no : {"9.255.255.255", "11.0.0.0", "192.0.2.6", "192.0.2.10", "::",
                         "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8::1:0", "fe80::2",
                         "255.255.255.255", "ffff::"}) {
    INFO(no);
    CHECK_FALSE(net::may_proxy(settings, endpoint(no)));
  }
  // All of IPv6 is no address of IPv4.
  set(0, "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
  settings.proxy_ipv4_ranges = 0;
  settings.proxy_ranges = 1;
  CHECK(net::may_proxy(settings, endpoint("2001:db8::1")));
  CHECK_FALSE(net::may_proxy(settings, endpoint("192.0.2.1")));
}

}  // namespace
}  // namespace bowline::dataplane::test
