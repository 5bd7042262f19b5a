// The XDP program without route-check: a frame in, a verdict, a count and the frame out.
#include <linux/bpf.h>

#include <catch2/catch.hpp>
#include <iterator>
#include <string>
#include <vector>

#include "dataplane/net/parse.h"
#include "ebpf/steer.h"
#include "support/kernel.h"
#include "support/packet.h"

namespace bowline::ebpf {
namespace {

using namespace support;
using control::keeper::Steering;

// What the program lets through and what the dataplane takes are bounded alike.
static_assert(STEER_MAX_VLAN_TAGS == dataplane::net::kMaxVlanTags);
static_assert(STEER_MAX_EXTENSIONS == dataplane::net::kMaxExtensionHeaders);
static_assert(STEER_MAX_EXTENSION_OCTETS == dataplane::net::kMaxExtensionOctets);

const Steering kSteering = {.ports = {53, 5353}, .udp = true, .route_check = false};

struct Case {
  const char* sentence;
  Packet packet;
  int counter;
};

int verdict_of(int counter) {
  switch (counter) {
    case STEER_COUNT_steered:
      return XDP_REDIRECT;
    case STEER_COUNT_dropped_source:
    case STEER_COUNT_dropped_route_blackhole:
    case STEER_COUNT_dropped_route_unreachable:
    case STEER_COUNT_dropped_route_prohibit:
      return XDP_DROP;
    default:
      return XDP_PASS;
  }
}

std::string counter_name(int counter) {
  return counter < 0 ? "none, or several" : std::string(kCounterInfo[counter].name);
}

// The frame comes out as it went in, with the verdict that belongs to the counter.
void check(const Bench& bench, const Octets& frame, int counter, unsigned queue = 0) {
  const Outcome outcome = bench.pass(frame, queue);
  REQUIRE(outcome.error == 0);
  CHECK(counter_name(outcome.counter) == counter_name(counter));
  CHECK(outcome.verdict == verdict_of(counter));
  CHECK(hex(outcome.frame) == hex(frame));
}

Extension cut_option() {  // its length leads out of the header
  return {60, {0, 1, 5, 0, 0, 0, 0}};
}

Extension lonely_type() {  // an option's type as the last octet
  return {60, {0, 1, 3, 0, 0, 0, 1}};
}

Extension pad1_first() {  // Pad1 has no length: then PadN of three octets
  return {60, {0, 0, 1, 3, 0, 0, 0}};
}

Extension only_pad1() { return {60, {0, 0, 0, 0, 0, 0, 0}}; }

const Case kCases[] = {
    // Ours.
    {"a query over IPv4", {}, STEER_COUNT_steered},
    {"a query over IPv6", {.ipv6 = true}, STEER_COUNT_steered},
    {"a query to the second port", {.port = 5353}, STEER_COUNT_steered},
    {"a query over IPv6 to the second port", {.ipv6 = true, .port = 5353}, STEER_COUNT_steered},
    {"a query with octets behind the IP packet", {.trailer = 18}, STEER_COUNT_steered},
    {"an IPv6 query with octets behind it", {.ipv6 = true, .trailer = 6}, STEER_COUNT_steered},
    {"an empty datagram", {.payload = 0}, STEER_COUNT_steered},
    {"an empty datagram over IPv6", {.ipv6 = true, .payload = 0}, STEER_COUNT_steered},
    {"a query from port 53", {.source_port = 53}, STEER_COUNT_steered},
    {"a query from port 0, which the dataplane refuses", {.source_port = 0}, STEER_COUNT_steered},
    {"a query that may not be fragmented", {.fragment = 0x4000}, STEER_COUNT_steered},
    {"the reserved flag of IPv4", {.fragment = 0x8000}, STEER_COUNT_steered},
    {"UDP length of 0, left to the dataplane", {.udp_length = 0}, STEER_COUNT_steered},
    {"UDP length of 7, left to the dataplane", {.udp_length = 7}, STEER_COUNT_steered},
    {"UDP length beyond the packet", {.udp_length = 1000}, STEER_COUNT_steered},
    {"UDP length of 65535 over IPv6", {.ipv6 = true, .udp_length = 65535}, STEER_COUNT_steered},
    {"a source that no host can have", {.source = "127.0.0.1"}, STEER_COUNT_steered},
    {"our own address as source", {.source = "192.0.2.1"}, STEER_COUNT_steered},

    // VLAN tags.
    {"one tag", {.tags = {{10}}}, STEER_COUNT_steered},
    {"one tag with priority", {.tags = {{0xe00a}}}, STEER_COUNT_steered},
    {"a service tag alone", {.tags = {{10, 0x88a8}}}, STEER_COUNT_steered},
    {"a service and a customer tag", {.tags = {{20, 0x88a8}, {10}}}, STEER_COUNT_steered},
    {"two customer tags", {.tags = {{20}, {10}}}, STEER_COUNT_steered},
    {"IPv6 behind one tag", {.tags = {{10}}, .ipv6 = true}, STEER_COUNT_steered},
    {"IPv6 behind two tags", {.tags = {{20, 0x88a8}, {10}}, .ipv6 = true}, STEER_COUNT_steered},
    {"three tags", {.tags = {{30}, {20}, {10}}}, STEER_COUNT_passed_vlan_tags},
    {"three tags before IPv6",
     {.tags = {{30}, {20, 0x88a8}, {10}}, .ipv6 = true},
     STEER_COUNT_passed_vlan_tags},
    {"four tags", {.tags = {{40}, {30}, {20}, {10}}}, STEER_COUNT_passed_vlan_tags},
    {"an old QinQ tag, which is none", {.tags = {{10, 0x9100}}}, STEER_COUNT_passed_not_ip},
    {"ARP behind a tag", {.tags = {{10}}, .ether_type = 0x0806}, STEER_COUNT_passed_not_ip},

    // Ethernet.
    {"ARP", {.ether_type = 0x0806}, STEER_COUNT_passed_not_ip},
    {"LLDP", {.ether_type = 0x88cc}, STEER_COUNT_passed_not_ip},
    {"a length instead of a type (802.2)", {.ether_type = 0x002e}, STEER_COUNT_passed_not_ip},
    {"MPLS", {.ether_type = 0x8847}, STEER_COUNT_passed_not_ip},
    {"PPPoE", {.ether_type = 0x8864}, STEER_COUNT_passed_not_ip},
    {"EtherType 0", {.ether_type = 0}, STEER_COUNT_passed_not_ip},
    {"a broadcast",
     {.to = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
     STEER_COUNT_passed_group_mac},
    {"an IPv4 multicast", {.to = {0x01, 0, 0x5e, 0, 0, 0xfb}}, STEER_COUNT_passed_group_mac},
    {"an IPv6 multicast",
     {.to = {0x33, 0x33, 0, 0, 0, 0xfb}, .ipv6 = true},
     STEER_COUNT_passed_group_mac},
    {"a group as sender",
     {.from = {0x03, 0, 0, 0, 0, 0x09}},
     STEER_COUNT_passed_group_mac},

    // IPv4.
    {"one word of options", {.option_words = 1}, STEER_COUNT_steered},
    {"ten words of options", {.option_words = 10}, STEER_COUNT_steered},
    {"ten words of options behind two tags",
     {.tags = {{20, 0x88a8}, {10}}, .option_words = 10},
     STEER_COUNT_steered},
    {"version 5", {.version_and_ihl = 0x55}, STEER_COUNT_passed_bad_ip_header},
    {"version 6 under the EtherType of IPv4",
     {.version_and_ihl = 0x65},
     STEER_COUNT_passed_bad_ip_header},
    {"version 0", {.version_and_ihl = 0x05}, STEER_COUNT_passed_bad_ip_header},
    {"a header of 0 words", {.version_and_ihl = 0x40}, STEER_COUNT_passed_bad_ip_header},
    {"a header of 4 words", {.version_and_ihl = 0x44}, STEER_COUNT_passed_bad_ip_header},
    {"a header of 15 words that ends in the payload",
     {.version_and_ihl = 0x4f, .total_length = 57},
     STEER_COUNT_passed_bad_length},
    {"a total length of 0", {.total_length = 0}, STEER_COUNT_passed_bad_length},
    {"a total length of 19", {.total_length = 19}, STEER_COUNT_passed_bad_length},
    {"a total length of the header alone", {.total_length = 20}, STEER_COUNT_passed_short},
    {"a total length that cuts the UDP header", {.total_length = 27}, STEER_COUNT_passed_short},
    {"a total length that ends with the UDP header", {.total_length = 28}, STEER_COUNT_steered},
    {"a total length one beyond the frame", {.total_length = 58}, STEER_COUNT_passed_bad_length},
    {"a total length of 65535", {.total_length = 65535}, STEER_COUNT_passed_bad_length},
    {"a first fragment", {.fragment = 0x2000}, STEER_COUNT_passed_fragment},
    {"a middle fragment", {.fragment = 0x2010}, STEER_COUNT_passed_fragment},
    {"a last fragment", {.fragment = 0x0010}, STEER_COUNT_passed_fragment},
    {"a fragment that is also TCP", {.protocol = 6, .fragment = 1}, STEER_COUNT_passed_fragment},
    {"TCP", {.protocol = 6}, STEER_COUNT_passed_not_udp},
    {"ICMP", {.protocol = 1}, STEER_COUNT_passed_not_udp},
    {"IGMP", {.protocol = 2}, STEER_COUNT_passed_not_udp},
    {"UDP-Lite", {.protocol = 136}, STEER_COUNT_passed_not_udp},
    {"SCTP", {.protocol = 132}, STEER_COUNT_passed_not_udp},
    {"IPv6 in IPv4", {.protocol = 41}, STEER_COUNT_passed_not_udp},

    // IPv6.
    {"version 4 under the EtherType of IPv6",
     {.ipv6 = true, .version = 4},
     STEER_COUNT_passed_bad_ip_header},
    {"version 7", {.ipv6 = true, .version = 7}, STEER_COUNT_passed_bad_ip_header},
    {"a payload length of 0", {.ipv6 = true, .payload_length = 0}, STEER_COUNT_passed_short},
    {"a payload length of 7", {.ipv6 = true, .payload_length = 7}, STEER_COUNT_passed_short},
    {"a payload length of 8", {.ipv6 = true, .payload_length = 8}, STEER_COUNT_steered},
    {"a payload length one beyond the frame",
     {.ipv6 = true, .payload_length = 38},
     STEER_COUNT_passed_bad_length},
    {"a payload length of 65535",
     {.ipv6 = true, .payload_length = 65535},
     STEER_COUNT_passed_bad_length},
    {"TCP over IPv6", {.ipv6 = true, .protocol = 6}, STEER_COUNT_passed_not_udp},
    {"ICMPv6 (neighbour discovery)", {.ipv6 = true, .protocol = 58}, STEER_COUNT_passed_not_udp},
    {"no next header", {.ipv6 = true, .protocol = 59}, STEER_COUNT_passed_not_udp},
    {"ESP", {.ipv6 = true, .protocol = 50}, STEER_COUNT_passed_not_udp},
    {"hop-by-hop options first",
     {.ipv6 = true, .extensions = {padding(0)}},
     STEER_COUNT_steered},
    {"destination options", {.ipv6 = true, .extensions = {padding(60)}}, STEER_COUNT_steered},
    {"destination options of Pad1 only",
     {.ipv6 = true, .extensions = {only_pad1()}},
     STEER_COUNT_steered},
    {"Pad1 before another option",
     {.ipv6 = true, .extensions = {pad1_first()}},
     STEER_COUNT_steered},
    {"a routing header that is used up",
     {.ipv6 = true, .extensions = {routing(0)}},
     STEER_COUNT_steered},
    {"a routing header with a segment left",
     {.ipv6 = true, .extensions = {routing(1)}},
     STEER_COUNT_passed_extension_headers},
    {"four extension headers of all kinds",
     {.ipv6 = true, .extensions = {padding(0), padding(60), routing(0, 24), padding(60, 16)}},
     STEER_COUNT_steered},
    {"four extension headers behind two tags",
     {.tags = {{20, 0x88a8}, {10}},
      .ipv6 = true,
      .extensions = {padding(0), padding(60), routing(0), padding(60)}},
     STEER_COUNT_steered},
    {"hop-by-hop options that are not first",
     {.ipv6 = true, .extensions = {padding(60), padding(0)}},
     STEER_COUNT_passed_extension_headers},
    {"hop-by-hop options twice",
     {.ipv6 = true, .extensions = {padding(0), padding(0)}},
     STEER_COUNT_passed_extension_headers},
    {"options of 256 octets",
     {.ipv6 = true, .extensions = {padding(60, 256)}},
     STEER_COUNT_steered},
    {"options of 264 octets",
     {.ipv6 = true, .extensions = {padding(60, 264)}},
     STEER_COUNT_passed_extension_headers},
    {"256 octets in two headers",
     {.ipv6 = true, .extensions = {padding(60, 128), routing(0, 128)}},
     STEER_COUNT_steered},
    {"264 octets in two headers",
     {.ipv6 = true, .extensions = {padding(60, 128), routing(0, 136)}},
     STEER_COUNT_passed_extension_headers},
    {"an unknown option that may be skipped",
     {.ipv6 = true, .extensions = {option(60, 0x1e)}},
     STEER_COUNT_steered},
    {"an unknown option that asks to discard",
     {.ipv6 = true, .extensions = {option(60, 0x5e)}},
     STEER_COUNT_passed_extension_headers},
    {"an unknown option that asks for an ICMP message",
     {.ipv6 = true, .extensions = {option(0, 0x9e)}},
     STEER_COUNT_passed_extension_headers},
    {"a jumbo payload option",
     {.ipv6 = true, .extensions = {option(0, 0xc2)}, .payload_length = 0},
     STEER_COUNT_passed_extension_headers},
    {"an option whose length leads out of its header",
     {.ipv6 = true, .extensions = {cut_option()}},
     STEER_COUNT_passed_extension_headers},
    {"an option without a length",
     {.ipv6 = true, .extensions = {lonely_type()}},
     STEER_COUNT_passed_extension_headers},
    {"an extension header beyond the payload length",
     {.ipv6 = true, .extensions = {padding(60, 16)}, .payload_length = 15},
     STEER_COUNT_passed_extension_headers},
    {"a payload length that ends with the extension headers",
     {.ipv6 = true, .extensions = {padding(60, 16)}, .payload_length = 16},
     STEER_COUNT_passed_short},
    {"a fragment header",
     {.ipv6 = true, .extensions = {fragment_header()}},
     STEER_COUNT_passed_fragment},
    {"a fragment header behind hop-by-hop options",
     {.ipv6 = true, .extensions = {padding(0), fragment_header()}},
     STEER_COUNT_passed_fragment},
    {"an authentication header",
     {.ipv6 = true, .extensions = {{51, Octets(7)}}},
     STEER_COUNT_passed_not_udp},
    {"a mobility header",
     {.ipv6 = true, .extensions = {{135, Octets(7)}}},
     STEER_COUNT_passed_not_udp},
    {"TCP behind destination options",
     {.ipv6 = true, .protocol = 6, .extensions = {padding(60)}},
     STEER_COUNT_passed_not_udp},

    // Not for us.
    {"another port", {.port = 54}, STEER_COUNT_passed_other_port},
    {"port 0", {.port = 0}, STEER_COUNT_passed_other_port},
    {"our port with its octets swapped", {.port = 0x3500}, STEER_COUNT_passed_other_port},
    {"our port as source only",
     {.source_port = 53, .port = 40'000},
     STEER_COUNT_passed_other_port},
    {"mDNS port over IPv6", {.ipv6 = true, .port = 5354}, STEER_COUNT_passed_other_port},
    {"another address", {.destination = "192.0.2.2"}, STEER_COUNT_passed_other_address},
    {"the broadcast address", {.destination = "192.0.2.255"}, STEER_COUNT_passed_other_address},
    {"all ones", {.destination = "255.255.255.255"}, STEER_COUNT_passed_other_address},
    {"a group address", {.destination = "224.0.0.251"}, STEER_COUNT_passed_other_address},
    {"another IPv6 address",
     {.ipv6 = true, .destination = "2001:db8::2"},
     STEER_COUNT_passed_other_address},
    {"an IPv6 group address",
     {.ipv6 = true, .destination = "ff02::fb"},
     STEER_COUNT_passed_other_address},
    {"IPv6 to the mapped form of our IPv4 address",
     {.ipv6 = true, .destination = "::ffff:192.0.2.1"},
     STEER_COUNT_passed_other_address},
};

TEST_CASE("a frame is steered, or passed for one reason, and never changed") {
  const auto bench = Bench::make("ebpf/steer", kSteering);
  if (bench == nullptr) return;
  static_assert(std::size(kCases) >= 80);
  for (const Case& row : kCases) {
    INFO(row.sentence);
    check(*bench, make(row.packet), row.counter);
  }
}

TEST_CASE("chains of extension headers: up to four are followed") {
  const auto bench = Bench::make("ebpf/steer chains", kSteering);
  if (bench == nullptr) return;
  for (std::size_t count = 0; count <= 100; ++count) {
    Packet packet{.ipv6 = true};
    packet.extensions.assign(count, padding(60));
    INFO(count << " headers");
    check(*bench, make(packet),
          count <= 4 ? STEER_COUNT_steered : STEER_COUNT_passed_extension_headers);
  }
}

TEST_CASE("a frame that was cut anywhere is passed, whatever its headers say") {
  const auto bench = Bench::make("ebpf/steer cuts", kSteering);
  if (bench == nullptr) return;
  const Packet packets[] = {
      {},
      {.tags = {{20, 0x88a8}, {10}}, .option_words = 10},
      {.ipv6 = true},
      {.tags = {{10}}, .ipv6 = true, .extensions = {padding(0), routing(0), padding(60, 64)}}};
  for (const Packet& packet : packets) {
    const Octets whole = make(packet);
    const std::size_t ip = 14 + 4 * packet.tags.size();
    const std::size_t header = packet.ipv6 ? 40 : 20;
    // BPF_PROG_TEST_RUN takes no less than an Ethernet header.
    for (std::size_t size = 14; size < whole.size(); ++size) {
      INFO(size << " of " << whole.size() << " octets, IP at " << ip);
      const Octets frame(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      check(*bench, frame,
            size < ip + header ? STEER_COUNT_passed_short : STEER_COUNT_passed_bad_length);
    }
  }
}

// The same, with lengths mended: the packet itself is short.
TEST_CASE("a packet that ends anywhere with lengths that agree is passed unless it has UDP") {
  const auto bench = Bench::make("ebpf/steer short packets", kSteering);
  if (bench == nullptr) return;
  const struct {
    Packet packet;
    std::size_t header;      // of IP
    std::size_t extensions;  // behind it
  } rows[] = {{{}, 20, 0},
              {{.ipv6 = true}, 40, 0},
              {{.ipv6 = true, .extensions = {padding(60, 16)}}, 40, 16}};
  for (const auto& row : rows) {
    const Octets whole = make(row.packet);
    const std::size_t udp = 14 + row.header + row.extensions;
    for (std::size_t size = 14 + row.header; size < whole.size(); ++size) {
      Octets frame(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      const std::size_t length = size - 14 - (row.packet.ipv6 ? 40 : 0);
      const std::size_t at = 14 + (row.packet.ipv6 ? 4 : 2);
      frame[at] = static_cast<std::uint8_t>(length >> 8);
      frame[at + 1] = static_cast<std::uint8_t>(length);
      INFO(size << " octets, UDP at " << udp);
      check(*bench, frame,
            size < udp       ? (row.extensions != 0 ? STEER_COUNT_passed_extension_headers
                                                    : STEER_COUNT_passed_short)
            : size < udp + 8 ? STEER_COUNT_passed_short
                             : STEER_COUNT_steered);
    }
  }
}

TEST_CASE("one octet changed anywhere never leaves the frame without exactly one count") {
  const auto bench = Bench::make("ebpf/steer changed octets", kSteering);
  if (bench == nullptr) return;
  const Packet packets[] = {
      {.tags = {{10}}, .option_words = 2},
      {.ipv6 = true, .extensions = {padding(0), routing(0), padding(60, 16)}}};
  for (const Packet& packet : packets) {
    const Octets whole = make(packet);
    for (std::size_t at = 0; at < whole.size() - packet.payload; ++at) {
      for (const unsigned value : {0U, 1U, 0x7fU, 0x80U, 0xffU, whole[at] ^ 1U}) {
        Octets frame = whole;
        frame[at] = static_cast<std::uint8_t>(value);
        INFO("octet " << at << " is " << value);
        const Outcome outcome = bench->pass(frame);
        REQUIRE(outcome.error == 0);
        REQUIRE(outcome.counter != -1);
        REQUIRE(outcome.verdict == verdict_of(outcome.counter));
        REQUIRE(hex(outcome.frame) == hex(frame));
      }
    }
  }
}

TEST_CASE("a frame too long for the socket is passed") {
  const auto bench = Bench::make("ebpf/steer long", kSteering);
  if (bench == nullptr) return;
  const std::size_t headers = 14 + 20 + 8;
  const std::size_t longest = control::keeper::kLongestFrame;
  check(*bench, make({.payload = longest - headers}), STEER_COUNT_steered);
  check(*bench, make({.payload = longest - headers + 1}), STEER_COUNT_passed_long);
  check(*bench, make({.payload = 29, .trailer = longest - headers - 28}),
        STEER_COUNT_passed_long);
  check(*bench, make({.ipv6 = true, .payload = 3400}), STEER_COUNT_passed_long);
  check(*bench, make({.port = 54, .payload = 3400}), STEER_COUNT_passed_other_port);
  Steering jumbo = kSteering;
  jumbo.longest_frame = 4096 - 256;
  bench->load(jumbo);
  check(*bench, make({.payload = 3400}), STEER_COUNT_steered);
  check(*bench, make({.ipv6 = true, .payload = 3400}), STEER_COUNT_steered);
}

TEST_CASE("a queue without a socket leaves all to the kernel") {
  const auto bench = Bench::make("ebpf/steer no socket", kSteering);
  if (bench == nullptr) return;
  check(*bench, make({}), STEER_COUNT_steered, 0);
  check(*bench, make({}), STEER_COUNT_passed_no_socket, 1);
  check(*bench, make({.port = 54}), STEER_COUNT_passed_other_port, 1);
}

TEST_CASE("udp: off steers nothing and drops nothing") {
  const auto bench = Bench::make("ebpf/steer off", {.ports = {53}, .udp = false});
  if (bench == nullptr) return;
  REQUIRE(drop_add(bench->maps().drop_list(), {.ipv6 = false, .length = 0}).ok());
  check(*bench, make({}), STEER_COUNT_passed_off);
  check(*bench, make({.ipv6 = true}), STEER_COUNT_passed_off);
  check(*bench, make({.ether_type = 0x0806}), STEER_COUNT_passed_off);
}

TEST_CASE("as many ports as there may be are all steered, and none of them are none") {
  Steering steering{.ports = {}};
  const auto bench = Bench::make("ebpf/steer ports", steering);
  if (bench == nullptr) return;
  check(*bench, make({.port = 53}), STEER_COUNT_passed_other_port);
  check(*bench, make({.port = 0}), STEER_COUNT_passed_other_port);
  for (unsigned i = 0; i < STEER_MAX_PORTS; ++i) {
    steering.ports.push_back(static_cast<std::uint16_t>(1000 * i + 7));
  }
  bench->load(steering);
  for (const std::uint16_t port : steering.ports) {
    INFO("port " << port);
    check(*bench, make({.port = port}), STEER_COUNT_steered);
    check(*bench, make({.port = static_cast<std::uint16_t>(port + 1)}),
          STEER_COUNT_passed_other_port);
  }
}

TEST_CASE("an address is ours from the moment it is set until it is removed") {
  const auto bench = Bench::make("ebpf/steer addresses", kSteering);
  if (bench == nullptr) return;
  const Octets ipv4 = make({.destination = "198.51.100.7"});
  const Octets ipv6 = make({.ipv6 = true, .destination = "2001:db8:7::7"});
  check(*bench, ipv4, STEER_COUNT_passed_other_address);
  for (const char* address : {"198.51.100.7", "2001:db8:7::7"}) {
    REQUIRE(bench->maps().set_address(mapped(address), true).ok());
    REQUIRE(bench->maps().set_address(mapped(address), true).ok());
  }
  check(*bench, ipv4, STEER_COUNT_steered);
  check(*bench, ipv6, STEER_COUNT_steered);
  for (const char* address : {"198.51.100.7", "2001:db8:7::7"}) {
    REQUIRE(bench->maps().set_address(mapped(address), false).ok());
    REQUIRE(bench->maps().set_address(mapped(address), false).ok());
  }
  check(*bench, ipv4, STEER_COUNT_passed_other_address);
  check(*bench, ipv6, STEER_COUNT_passed_other_address);
}

TEST_CASE("the drop list drops DNS to us from its prefixes, and nothing else") {
  const auto bench = Bench::make("ebpf/steer drop list", kSteering);
  if (bench == nullptr) return;
  const auto prefix = [](const char* text, std::uint8_t length) {
    const auto octets = mapped(text);
    Prefix made{.ipv6 = std::string(text).find(':') != std::string::npos, .length = length};
    for (std::size_t i = 0; i < (made.ipv6 ? 16U : 4U); ++i) {
      made.address[i] = octets[made.ipv6 ? i : i + 12];
    }
    return made;
  };
  const int list = bench->maps().drop_list();
  REQUIRE(drop_add(list, prefix("203.0.113.64", 26)).ok());
  REQUIRE(drop_add(list, prefix("198.51.100.9", 32)).ok());
  REQUIRE(drop_add(list, prefix("2001:db8:bad::", 48)).ok());
  REQUIRE(drop_add(list, prefix("2001:db8:51::9", 128)).ok());
  const struct {
    const char* sentence;
    Packet packet;
    int counter;
  } rows[] = {
      {"the single IPv6 address",
       {.ipv6 = true, .source = "2001:db8:51::9"},
       STEER_COUNT_dropped_source},
      {"its IPv6 neighbour", {.ipv6 = true, .source = "2001:db8:51::8"}, STEER_COUNT_steered},
      {"inside the prefix", {.source = "203.0.113.100"}, STEER_COUNT_dropped_source},
      {"the first address of it", {.source = "203.0.113.64"}, STEER_COUNT_dropped_source},
      {"the last address of it", {.source = "203.0.113.127"}, STEER_COUNT_dropped_source},
      {"just before it", {.source = "203.0.113.63"}, STEER_COUNT_steered},
      {"just behind it", {.source = "203.0.113.128"}, STEER_COUNT_steered},
      {"the single address", {.source = "198.51.100.9"}, STEER_COUNT_dropped_source},
      {"its neighbour", {.source = "198.51.100.8"}, STEER_COUNT_steered},
      {"behind two tags",
       {.tags = {{20}, {10}}, .source = "198.51.100.9"},
       STEER_COUNT_dropped_source},
      {"inside the IPv6 prefix",
       {.ipv6 = true, .source = "2001:db8:bad:1::1"},
       STEER_COUNT_dropped_source},
      {"outside of it", {.ipv6 = true, .source = "2001:db8:bae::1"}, STEER_COUNT_steered},
      {"TCP from it",
       {.source = "198.51.100.9", .protocol = 6},
       STEER_COUNT_passed_not_udp},
      {"another port", {.source = "198.51.100.9", .port = 123}, STEER_COUNT_passed_other_port},
      {"another address",
       {.source = "198.51.100.9", .destination = "192.0.2.2"},
       STEER_COUNT_passed_other_address},
  };
  for (const auto& row : rows) {
    INFO(row.sentence);
    check(*bench, make(row.packet), row.counter);
  }
  check(*bench, make({.source = "198.51.100.9"}), STEER_COUNT_passed_no_socket, 1);
  REQUIRE(drop_remove(list, prefix("198.51.100.9", 32)).ok());
  check(*bench, make({.source = "198.51.100.9"}), STEER_COUNT_steered);
  REQUIRE(drop_add(list, prefix("0.0.0.0", 0)).ok());
  check(*bench, make({}), STEER_COUNT_dropped_source);
  check(*bench, make({.ipv6 = true}), STEER_COUNT_steered);
}

}  // namespace
}  // namespace bowline::ebpf
