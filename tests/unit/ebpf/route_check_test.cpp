// The XDP program with route-check: what it makes of the routing tables of a namespace.
#include <linux/bpf.h>
#include <net/if.h>

#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "support/kernel.h"
#include "support/packet.h"

namespace bowline::ebpf {
namespace {

using namespace support;
using control::keeper::Steering;

const Steering kSteering = {.ports = {53}, .udp = true, .route_check = true};

constexpr Mac kNeighbour = {0x02, 0, 0, 0, 0, 0x77};       // on v0
constexpr Mac kRouter = {0x02, 0, 0, 0, 0, 0x66};          // on v0
constexpr Mac kVlanMac = {0x02, 0, 0, 0, 0, 0x10};         // of w0, which stands for a VLAN on v0
constexpr Mac kVlanNeighbour = {0x02, 0, 0, 0, 0, 0x88};   // on w0
constexpr Mac kSomebody = {0x02, 0, 0, 0, 0, 0x55};        // sends what is not symmetric

// v0 (192.0.2.1/24, 2001:db8::1/64) with a router behind which 198.51.100.0/24 and 2001:db8:51::/48
// are; w0 (10.9.0.1/24, 2001:db8:9::1/64); routes that refuse.
const char* const kRoutes =
    "echo 1 > /proc/sys/net/ipv4/conf/lo/forwarding && "
    "echo 1 > /proc/sys/net/ipv6/conf/lo/forwarding && "
    "ip link add w0 address 02:00:00:00:00:10 type veth peer name w1 && "
    "ip link set w1 addrgenmode none up && ip link set w0 addrgenmode none up && "
    "ip addr add 192.0.2.1/24 dev v0 && ip addr add 2001:db8::1/64 dev v0 nodad && "
    "ip addr add 10.9.0.1/24 dev w0 && ip addr add 2001:db8:9::1/64 dev w0 nodad && "
    "ip neigh add 192.0.2.9 lladdr 02:00:00:00:00:77 dev v0 nud permanent && "
    "ip neigh add 2001:db8::9 lladdr 02:00:00:00:00:77 dev v0 nud permanent && "
    "ip neigh add 192.0.2.66 lladdr 02:00:00:00:00:66 dev v0 nud permanent && "
    "ip neigh add 2001:db8::66 lladdr 02:00:00:00:00:66 dev v0 nud permanent && "
    "ip neigh add 10.9.0.9 lladdr 02:00:00:00:00:88 dev w0 nud permanent && "
    "ip neigh add 2001:db8:9::9 lladdr 02:00:00:00:00:88 dev w0 nud permanent && "
    "ip route add 198.51.100.0/24 via 192.0.2.66 && "
    "ip route add 2001:db8:51::/48 via 2001:db8::66 && "
    "ip route add blackhole 203.0.113.0/28 && ip route add blackhole 2001:db8:b0::/48 && "
    "ip route add unreachable 203.0.113.16/28 && ip route add unreachable 2001:db8:b1::/48 && "
    "ip route add prohibit 203.0.113.32/28 && ip route add prohibit 2001:db8:b2::/48";

// Nothing where it cannot be.
std::unique_ptr<Bench> make_bench(const std::string& name) {
  auto bench = Bench::make(name, kSteering);
  if (bench != nullptr) REQUIRE(run(kRoutes));
  return bench;
}

// The request comes out as `expected`, with the verdict and count of a steered one.
void check_steered(const Bench& bench, const Packet& packet, const Packet& expected) {
  const Outcome outcome = bench.pass(make(packet));
  REQUIRE(outcome.error == 0);
  CHECK(outcome.counter == STEER_COUNT_steered);
  CHECK(outcome.verdict == XDP_REDIRECT);
  CHECK(hex(outcome.frame) == hex(make(expected)));
}

void check_unchanged(const Bench& bench, const Packet& packet, int verdict, int counter) {
  const Outcome outcome = bench.pass(make(packet));
  REQUIRE(outcome.error == 0);
  CHECK(outcome.counter == counter);
  CHECK(outcome.verdict == verdict);
  CHECK(hex(outcome.frame) == hex(make(packet)));
}

Packet query(const char* source, Mac from = kSomebody, std::vector<Tag> tags = {}) {
  Packet packet{.from = from, .tags = std::move(tags), .source = source};
  packet.ipv6 = packet.source.find(':') != std::string::npos;
  return packet;
}

Packet with_link(Packet packet, Mac to, Mac from, std::vector<Tag> tags = {}) {
  packet.to = to;
  packet.from = from;
  packet.tags = std::move(tags);
  return packet;
}

TEST_CASE("the request gets the MAC addresses and the tag of the reply's route") {
  const auto bench = make_bench("ebpf/route-check");
  if (bench == nullptr) return;
  const std::vector<Tag> taggings[] = {
      {}, {{10}}, {{99}}, {{0xe063}}, {{99, 0x88a8}}, {{20, 0x88a8}, {10}}, {{20}, {10}}};
  // Neighbour, and behind the router; each loses all tags, for v0 is untagged.
  const struct {
    const char* source;
    Mac next_hop;
  } rows[] = {{"192.0.2.9", kNeighbour},
              {"2001:db8::9", kNeighbour},
              {"198.51.100.33", kRouter},
              {"2001:db8:51::33", kRouter}};
  for (const auto& row : rows) {
    for (const auto& tags : taggings) {
      INFO(row.source << " with " << tags.size() << " tags");
      const Packet packet = query(row.source, kSomebody, tags);
      check_steered(*bench, packet, with_link(packet, kOurMac, row.next_hop));
    }
  }
  // w0 is VLAN 10 on v0: whatever tags it came with, it gets that one.
  REQUIRE(bench->maps().set_vlan(if_nametoindex("w0"), bench->interface(), 10).ok());
  for (const char* source : {"10.9.0.9", "2001:db8:9::9"}) {
    for (const auto& tags : taggings) {
      INFO(source << " with " << tags.size() << " tags to a VLAN");
      const Packet packet = query(source, kSomebody, tags);
      check_steered(*bench, packet, with_link(packet, kVlanMac, kVlanNeighbour, {{10}}));
    }
  }
  // Options and extension headers keep their places.
  Packet options = query("10.9.0.9");
  options.option_words = 10;
  check_steered(*bench, options, with_link(options, kVlanMac, kVlanNeighbour, {{10}}));
  Packet extensions = query("2001:db8:9::9", kSomebody, {{20}, {10}});
  extensions.extensions = {padding(0), padding(60, 64)};
  check_steered(*bench, extensions, with_link(extensions, kVlanMac, kVlanNeighbour, {{10}}));
}

TEST_CASE("routes that refuse drop the request") {
  const auto bench = make_bench("ebpf/route-check refused");
  if (bench == nullptr) return;
  const struct {
    const char* source;
    int counter;
  } rows[] = {{"203.0.113.1", STEER_COUNT_dropped_route_blackhole},
              {"2001:db8:b0::1", STEER_COUNT_dropped_route_blackhole},
              {"203.0.113.17", STEER_COUNT_dropped_route_unreachable},
              {"2001:db8:b1::1", STEER_COUNT_dropped_route_unreachable},
              {"203.0.113.33", STEER_COUNT_dropped_route_prohibit},
              {"2001:db8:b2::1", STEER_COUNT_dropped_route_prohibit}};
  for (const auto& row : rows) {
    INFO(row.source);
    check_unchanged(*bench, query(row.source), XDP_DROP, row.counter);
    check_unchanged(*bench, query(row.source, kSomebody, {{10}}), XDP_DROP, row.counter);
  }
  // Not DNS to us: not our business.
  Packet ssh = query("203.0.113.1");
  ssh.protocol = 6;
  check_unchanged(*bench, ssh, XDP_PASS, STEER_COUNT_passed_not_udp);
  Packet other = query("203.0.113.1");
  other.port = 123;
  check_unchanged(*bench, other, XDP_PASS, STEER_COUNT_passed_other_port);
}

TEST_CASE("what has no route back through this interface is the kernel's") {
  const auto bench = make_bench("ebpf/route-check passed");
  if (bench == nullptr) return;
  const struct {
    const char* sentence;
    const char* source;
    int counter;
  } rows[] = {
      {"another interface", "10.9.0.9", STEER_COUNT_passed_route_other},
      {"another interface, IPv6", "2001:db8:9::9", STEER_COUNT_passed_route_other},
      {"a neighbour that nobody asked for yet", "192.0.2.77",
       STEER_COUNT_passed_route_no_neighbour},
      {"an unknown IPv6 neighbour", "2001:db8::77", STEER_COUNT_passed_route_no_neighbour},
      {"no route at all", "100.64.0.1", STEER_COUNT_passed_route_unknown},
      {"no IPv6 route at all", "2001:db8:ffff::1", STEER_COUNT_passed_route_unknown},
      {"ourselves", "192.0.2.1", STEER_COUNT_passed_route_unknown},
  };
  for (const auto& row : rows) {
    INFO(row.sentence);
    check_unchanged(*bench, query(row.source), XDP_PASS, row.counter);
    check_unchanged(*bench, query(row.source, kSomebody, {{20}, {10}}), XDP_PASS, row.counter);
  }
  // A VLAN on another interface is no way out of this one; nor is one that was removed.
  const unsigned vlan = if_nametoindex("w0");
  REQUIRE(bench->maps().set_vlan(vlan, bench->interface() + 100, 10).ok());
  check_unchanged(*bench, query("10.9.0.9"), XDP_PASS, STEER_COUNT_passed_route_other);
  REQUIRE(bench->maps().set_vlan(vlan, bench->interface(), 10).ok());
  const Packet packet = query("10.9.0.9");
  check_steered(*bench, packet, with_link(packet, kVlanMac, kVlanNeighbour, {{10}}));
  REQUIRE(bench->maps().remove_vlan(vlan).ok());
  REQUIRE(bench->maps().remove_vlan(vlan).ok());
  check_unchanged(*bench, query("10.9.0.9"), XDP_PASS, STEER_COUNT_passed_route_other);
}

TEST_CASE("the kernel's neighbours and routes are asked anew for each request") {
  const auto bench = make_bench("ebpf/route-check changes");
  if (bench == nullptr) return;
  const Packet packet = query("192.0.2.77");
  check_unchanged(*bench, packet, XDP_PASS, STEER_COUNT_passed_route_no_neighbour);
  REQUIRE(run("ip neigh add 192.0.2.77 lladdr 02:00:00:00:00:88 dev v0 nud permanent"));
  check_steered(*bench, packet, with_link(packet, kOurMac, kVlanNeighbour));
  REQUIRE(run("ip neigh replace 192.0.2.77 lladdr 02:00:00:00:00:66 dev v0 nud permanent"));
  check_steered(*bench, packet, with_link(packet, kOurMac, kRouter));
  REQUIRE(run("ip route add blackhole 192.0.2.77/32"));
  check_unchanged(*bench, packet, XDP_DROP, STEER_COUNT_dropped_route_blackhole);
  REQUIRE(run("ip route del blackhole 192.0.2.77/32 && "
              "ip route add 192.0.2.77/32 via 10.9.0.9 dev w0"));
  check_unchanged(*bench, packet, XDP_PASS, STEER_COUNT_passed_route_other);
}

TEST_CASE("without forwarding on lo everything goes to the kernel") {
  const auto bench = make_bench("ebpf/route-check forwarding");
  if (bench == nullptr) return;
  REQUIRE(run("echo 0 > /proc/sys/net/ipv4/conf/lo/forwarding"));
  check_unchanged(*bench, query("192.0.2.9"), XDP_PASS, STEER_COUNT_passed_route_forwarding);
  check_unchanged(*bench, query("203.0.113.1"), XDP_PASS, STEER_COUNT_passed_route_forwarding);
  const Packet ipv6 = query("2001:db8::9");
  check_steered(*bench, ipv6, with_link(ipv6, kOurMac, kNeighbour));
  REQUIRE(run("echo 0 > /proc/sys/net/ipv6/conf/lo/forwarding"));
  check_unchanged(*bench, ipv6, XDP_PASS, STEER_COUNT_passed_route_forwarding);
}

TEST_CASE("the drop list comes before the routes, and a queue without a socket before both") {
  const auto bench = make_bench("ebpf/route-check order");
  if (bench == nullptr) return;
  REQUIRE(drop_add(bench->maps().drop_list(), {.address = {203, 0, 113, 1}, .length = 32}).ok());
  check_unchanged(*bench, query("203.0.113.1"), XDP_DROP, STEER_COUNT_dropped_source);
  const Octets frame = make(query("203.0.113.17"));
  const Outcome outcome = bench->pass(frame, 1);
  REQUIRE(outcome.error == 0);
  CHECK(outcome.verdict == XDP_PASS);
  CHECK(outcome.counter == STEER_COUNT_passed_no_socket);
}

TEST_CASE("a tag is added only if the frame still fits the socket") {
  const auto bench = make_bench("ebpf/route-check long");
  if (bench == nullptr) return;
  REQUIRE(bench->maps().set_vlan(if_nametoindex("w0"), bench->interface(), 10).ok());
  const std::size_t most = control::keeper::kLongestFrame - 14 - 20 - 8;
  Packet packet = query("10.9.0.9");
  packet.payload = most;
  check_unchanged(*bench, packet, XDP_PASS, STEER_COUNT_passed_long);
  packet.payload = most - 3;
  check_unchanged(*bench, packet, XDP_PASS, STEER_COUNT_passed_long);
  packet.payload = most - 4;
  check_steered(*bench, packet, with_link(packet, kVlanMac, kVlanNeighbour, {{10}}));
  packet.tags = {{99}};
  check_steered(*bench, packet, with_link(packet, kVlanMac, kVlanNeighbour, {{10}}));
}

}  // namespace
}  // namespace bowline::ebpf
