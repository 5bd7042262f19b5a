// bench_steer: what the XDP program costs a frame, by kind of frame. The kernel runs it again and
// again over one frame (BPF_PROG_TEST_RUN) and says the mean. Needs root.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "support/kernel.h"
#include "support/packet.h"

namespace {

using namespace bowline::ebpf::support;
using bowline::control::keeper::Steering;

constexpr unsigned kRepeat = 200'000;
constexpr int kRuns = 7;  // of which the median is shown

struct Row {
  const char* what;
  Packet packet;
  bool route_check = false;
};

const std::vector<Row> kRows = {
    {"steered, IPv4", {}},
    {"steered, IPv6", {.ipv6 = true}},
    {"steered, IPv4, two VLAN tags", {.tags = {{7, 0x88a8}, {8, 0x8100}}}},
    {"steered, IPv6, 256 octets of options", {.ipv6 = true, .extensions = {padding(0, 256)}}},
    {"steered, IPv4, route-check", {}, true},
    {"steered, IPv6, route-check", {.ipv6 = true}, true},
    {"passed, TCP", {.protocol = 6}},
    {"passed, ARP", {.ether_type = 0x0806}},
    {"passed, other port", {.port = 443}},
};

// Routes of both clients' replies.
constexpr const char* kRoutes =
    "echo 1 > /proc/sys/net/ipv4/conf/lo/forwarding && "
    "echo 1 > /proc/sys/net/ipv6/conf/lo/forwarding && "
    "ip addr add 192.0.2.1/24 dev v0 && ip addr add 2001:db8::1/64 dev v0 nodad && "
    "ip neigh add 192.0.2.9 lladdr 02:00:00:00:00:77 dev v0 nud permanent && "
    "ip neigh add 2001:db8::9 lladdr 02:00:00:00:00:77 dev v0 nud permanent";

unsigned median_ns(const Bench& bench, const Packet& packet) {
  const Octets frame = make(packet);
  std::vector<unsigned> runs;
  for (int i = 0; i < kRuns; ++i) {
    const Outcome outcome = bench.pass(frame, 0, kRepeat);
    if (outcome.error != 0) return 0;
    runs.push_back(outcome.nanoseconds);
  }
  std::nth_element(runs.begin(), runs.begin() + kRuns / 2, runs.end());
  return runs[kRuns / 2];
}

int measure() {
  const auto bench = Bench::make("bench_steer", {.ports = {53}, .udp = true, .route_check = false});
  if (bench == nullptr) return 1;
  if (!run(kRoutes)) {
    std::fputs("bench_steer: cannot set routes: ip (iproute2) is needed\n", stderr);
    return 1;
  }
  std::printf("%-40s %s\n", "frame", "ns");
  bool route_check = false;
  for (const Row& row : kRows) {
    if (row.route_check != route_check) {
      route_check = row.route_check;
      bench->load({.ports = {53}, .udp = true, .route_check = route_check});
    }
    std::printf("%-40s %u\n", row.what, median_ns(*bench, row.packet));
  }
  return 0;
}

}  // namespace

int main() {
  try {
    return measure();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_steer: %s\n", error.what());
    return 1;
  }
}
