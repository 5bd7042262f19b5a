// A frame in, a reason or a datagram out.
#include "dataplane/net/parse.h"

#include <catch2/catch.hpp>

#include "../support/frames.h"

namespace bowline::dataplane::test {
namespace {

using link::Counter;

struct Case {
  const char* description;
  FrameSpec spec;
  std::string wanted;  // "" or the name of the drop's counter
};

const Octets kHopByHop = {17, 0, 1, 4, 0, 0, 0, 0};  // PadN
const Octets kRouting = {17, 0, 0, 0, 0, 0, 0, 0};

Octets chain_of_destination_options(unsigned count) {
  Octets octets;
  for (unsigned i = 0; i < count; ++i) {
    const Octets one = {static_cast<std::uint8_t>(i + 1 < count ? 60 : 17), 0, 1, 4, 0, 0, 0, 0};
    octets.insert(octets.end(), one.begin(), one.end());
  }
  return octets;
}

std::string outcome(const Octets& frame, net::Datagram& datagram) {
  // A block of exactly its size: a sanitizer sees what is read beyond it.
  const Octets exact(frame);
  const auto all = listeners();
  const auto refusal = net::parse(exact, all, datagram);
  return refusal ? counter_name(*refusal) : "";
}

void check(const std::vector<Case>& cases) {
  for (const Case& one : cases) {
    INFO(one.description);
    net::Datagram datagram;
    CHECK(outcome(make_frame(one.spec), datagram) == one.wanted);
    if (one.wanted.empty()) CHECK(datagram.payload_size == one.spec.payload.size());
  }
}

TEST_CASE("parse: Ethernet and tags") {
  check({
      {"plain IPv4", {}, ""},
      {"plain IPv6", {.ipv6 = true}, ""},
      {"one 802.1Q tag", {.tags = {0x81, 0, 0, 7}}, ""},
      {"802.1ad with a customer tag",
       {.ipv6 = true, .tags = {0x88, 0xa8, 0, 7, 0x81, 0, 0, 8}}, ""},
      {"three tags", {.tags = {0x88, 0xa8, 0, 7, 0x81, 0, 0, 8, 0x81, 0, 0, 9}}, "drop-not-ip"},
      {"ARP", {.ether_type = 0x0806}, "drop-not-ip"},
      {"a length instead of a type", {.ether_type = 60}, "drop-not-ip"},
      {"broadcast", {.first_mac_octet = 0xff}, "drop-not-our-address"},
      {"multicast", {.first_mac_octet = 0x01}, "drop-not-our-address"},
      {"group address as source", {.source_mac_octet = 0x03}, "drop-bad-source"},
      {"Ethernet's padding after the packet", {.trailing = 18}, ""},
  });
}

TEST_CASE("parse: IPv4") {
  check({
      {"options", {.options = {1, 1, 1, 0}}, ""},
      {"forty octets of options", {.options = Octets(40, 1)}, ""},
      {"IPv6 said, IPv4 sent", {.ether_type = 0x86dd}, "drop-bad-ip-header"},
      {"version 5", {.version = 5}, "drop-bad-ip-header"},
      {"total length beyond the frame", {.ip_length_change = 1}, "drop-bad-length"},
      {"total length below the header", {.ip_length_change = -29}, "drop-bad-length"},
      {"wrong header checksum", {.wrong_ip_checksum = true}, "drop-bad-ip-checksum"},
      {"first fragment", {.fragment = 0x2000}, "drop-fragment"},
      {"last fragment", {.fragment = 0x0001}, "drop-fragment"},
      {"do not fragment", {.fragment = 0x4000}, ""},
      {"TCP", {.next_header = 6}, "drop-not-udp"},
      {"ICMP", {.next_header = 1}, "drop-not-udp"},
      {"from loopback", {.source = "127.0.0.1"}, "drop-bad-source"},
      {"from nobody", {.source = "0.0.0.0"}, "drop-bad-source"},
      {"from a group", {.source = "224.0.0.1"}, "drop-bad-source"},
      {"from everybody", {.source = "255.255.255.255"}, "drop-bad-source"},
  });
}

TEST_CASE("parse: IPv6") {
  check({
      {"hop-by-hop options", {.ipv6 = true, .extensions = kHopByHop, .next_header = 0}, ""},
      {"spent routing header", {.ipv6 = true, .extensions = kRouting, .next_header = 43}, ""},
      {"routing header with a segment left",
       {.ipv6 = true, .extensions = {17, 0, 0, 1, 0, 0, 0, 0}, .next_header = 43},
       "drop-extension-headers"},
      {"four destination option headers",
       {.ipv6 = true, .extensions = chain_of_destination_options(4), .next_header = 60}, ""},
      {"five", {.ipv6 = true, .extensions = chain_of_destination_options(5), .next_header = 60},
       "drop-extension-headers"},
      {"hop-by-hop not first",
       {.ipv6 = true, .extensions = {0, 0, 1, 4, 0, 0, 0, 0, 17, 0, 1, 4, 0, 0, 0, 0},
        .next_header = 60},
       "drop-extension-headers"},
      {"an option to discard for",
       {.ipv6 = true, .extensions = {17, 0, 0x40, 4, 0, 0, 0, 0}, .next_header = 60},
       "drop-extension-headers"},
      {"an option that may be skipped",
       {.ipv6 = true, .extensions = {17, 0, 0x3e, 4, 0, 0, 0, 0}, .next_header = 60}, ""},
      {"an option longer than its header",
       {.ipv6 = true, .extensions = {17, 0, 1, 5, 0, 0, 0, 0}, .next_header = 60},
       "drop-extension-headers"},
      {"an extension header longer than the packet",
       {.ipv6 = true, .extensions = {17, 200, 1, 4, 0, 0, 0, 0}, .next_header = 60},
       "drop-extension-headers"},
      {"fragment",
       {.ipv6 = true, .extensions = {17, 0, 0, 1, 0, 0, 0, 1}, .next_header = 44}, "drop-fragment"},
      {"no next header", {.ipv6 = true, .next_header = 59}, "drop-not-udp"},
      {"ICMPv6", {.ipv6 = true, .next_header = 58}, "drop-not-udp"},
      {"payload length beyond the frame", {.ipv6 = true, .ip_length_change = 1}, "drop-bad-length"},
      {"version 4", {.ipv6 = true, .version = 4}, "drop-bad-ip-header"},
      {"from a group", {.ipv6 = true, .source = "ff02::1"}, "drop-bad-source"},
      {"from nobody", {.ipv6 = true, .source = "::"}, "drop-bad-source"},
      {"from loopback", {.ipv6 = true, .source = "::1"}, "drop-bad-source"},
      {"from link-local", {.ipv6 = true, .source = "fe80::1"}, ""},
  });
}

TEST_CASE("parse: UDP") {
  check({
      {"no checksum over IPv4", {.no_checksum = true}, ""},
      {"no checksum over IPv6", {.ipv6 = true, .no_checksum = true}, "drop-no-checksum"},
      {"wrong checksum", {.wrong_checksum = true}, "drop-bad-checksum"},
      {"wrong checksum over IPv6", {.ipv6 = true, .wrong_checksum = true}, "drop-bad-checksum"},
      {"odd payload", {.payload = Octets(21, 0xff)}, ""},
      {"odd payload over IPv6", {.ipv6 = true, .payload = Octets(333, 0x5a)}, ""},
      {"no payload", {.payload = {}}, ""},
      {"UDP length below its header", {.udp_length_change = -21}, "drop-bad-length"},
      {"UDP length beyond the packet", {.udp_length_change = 1}, "drop-bad-length"},
      {"another port", {.destination_port = 5353}, "drop-not-our-port"},
      {"another address", {.destination = "192.0.2.54"}, "drop-not-our-address"},
      {"another IPv6 address",
       {.ipv6 = true, .destination = "2001:db8::54"}, "drop-not-our-address"},
      {"source port 0", {.source_port = 0}, "drop-source-port-zero"},
      {"from our own listener", {.source = "192.0.2.53", .source_port = 53}, "drop-bad-source"},
      {"from our address, another port", {.source = "192.0.2.53"}, ""},
      {"from port 53 of another", {.source_port = 53}, ""},
  });
}

TEST_CASE("parse: a listener on all addresses") {
  const std::vector<net::Listener> any = {{.address = {}, .ipv6 = false, .any = true, .port = 53}};
  const auto verdict = [&](const FrameSpec& spec) {
    net::Datagram datagram;
    const auto refusal = net::parse(make_frame(spec), any, datagram);
    return refusal ? counter_name(*refusal) : "";
  };
  CHECK(verdict({.destination = "198.51.100.9"}).empty());
  CHECK(verdict({.destination = "224.0.0.251"}) == "drop-not-our-address");
  CHECK(verdict({.ipv6 = true}) == "drop-not-our-address");
  CHECK(verdict({.source = "198.51.100.9", .destination = "198.51.100.9", .source_port = 53}) ==
        "drop-bad-source");
}

TEST_CASE("parse: what a device has checked is believed, and nothing else") {
  const auto verdict = [](const FrameSpec& spec, std::uint8_t device) {
    const auto all = listeners();
    net::Datagram datagram;
    datagram.device = device;
    const auto refusal = net::parse(make_frame(spec), all, datagram);
    return refusal ? counter_name(*refusal) : "";
  };
  constexpr std::uint8_t kBoth = net::kIpChecked | net::kUdpChecked;
  CHECK(verdict({.wrong_checksum = true}, net::kUdpChecked).empty());
  CHECK(verdict({.wrong_checksum = true}, net::kIpChecked) == "drop-bad-checksum");
  CHECK(verdict({.wrong_ip_checksum = true}, net::kIpChecked).empty());
  CHECK(verdict({.wrong_ip_checksum = true}, net::kUdpChecked) == "drop-bad-ip-checksum");
  CHECK(verdict({.ipv6 = true, .wrong_checksum = true}, net::kUdpChecked).empty());
  CHECK(verdict({.ipv6 = true, .no_checksum = true}, kBoth) == "drop-no-checksum");
  CHECK(verdict({.ip_length_change = 1}, kBoth) == "drop-bad-length");
  CHECK(verdict({.udp_length_change = 1}, kBoth) == "drop-bad-length");
  CHECK(verdict({.source = "127.0.0.1"}, kBoth) == "drop-bad-source");
}

// The kernel sends and needs such frames: DHCP, duplicate address detection (RFC 4862 5.4.2).
TEST_CASE("parse: a bad source is ours to drop only at one of our listeners") {
  check({
      {"ND from nobody", {.ipv6 = true, .next_header = 58, .source = "::"}, "drop-not-udp"},
      {"IGMP from nobody", {.next_header = 2, .source = "0.0.0.0"}, "drop-not-udp"},
      {"DHCP from nobody", {.source = "0.0.0.0", .destination_port = 67}, "drop-not-our-port"},
  });
}

TEST_CASE("parse: a frame cut anywhere is refused") {
  for (const bool ipv6 : {false, true}) {
    FrameSpec spec{.ipv6 = ipv6, .tags = {0x81, 0, 0, 7}};
    if (ipv6) {
      spec.extensions = kHopByHop;
      spec.next_header = 0;
    }
    const Octets whole = make_frame(spec);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      net::Datagram datagram;
      INFO("size " << size);
      CHECK_FALSE(outcome(Octets(whole.begin(), whole.begin() + static_cast<long>(size)), datagram)
                      .empty());
    }
  }
}

}  // namespace
}  // namespace bowline::dataplane::test
