// The XDP program and the dataplane agree on whose a frame is. Needs: dataplane_dep, xdp_bench_dep,
// and root (else it ends at once with a line SKIP).
//
// The program runs in the kernel (BPF_PROG_TEST_RUN); net::parse(), written apart from it, is the
// oracle. What must hold for every frame:
//   * exactly one reason is counted, the verdict is that of the reason, the frame is unchanged;
//   * the reason is one of those that go with what net::parse() says (kAgreed): above all, what it
//     takes for an address of ours is steered, and what it takes for malformed, a fragment or
//     another protocol passes to the kernel;
//   * with route-check and a route for everything, the same frames are steered, with a new Ethernet
//     header without tags and the same IP packet.
//
// The first octet of the input chooses: with 0x40 the rest are changes (two octets of offset, one
// of value) to a good packet, else it is the frame; with 0x80 the IPv4 checksum is mended.
#include <linux/bpf.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <optional>
#include <vector>

#include "dataplane/net/checksum.h"
#include "dataplane/net/headers.h"
#include "dataplane/net/parse.h"
#include "support/kernel.h"
#include "support/packet.h"

namespace {

using namespace bowline;
using namespace bowline::ebpf::support;
using dataplane::net::Listener;
using link::Counter;

constexpr std::size_t kLeast = 14;   // BPF_PROG_TEST_RUN takes no less
constexpr std::size_t kMost = 2048;  // beyond the longest that is steered
constexpr Mac kRouter = {0x02, 0, 0, 0, 0, 0x66};

// What may be counted when net::parse() refuses for a reason, or not at all.
struct Agreement {
  std::optional<Counter> refusal;
  std::initializer_list<int> counters;
};

const Agreement kAgreed[] = {
    {std::nullopt,
     {STEER_COUNT_steered, STEER_COUNT_passed_other_address, STEER_COUNT_passed_long}},
    {Counter::drop_short_frame, {STEER_COUNT_passed_short}},
    {Counter::drop_not_ip, {STEER_COUNT_passed_not_ip, STEER_COUNT_passed_vlan_tags}},
    {Counter::drop_bad_ip_header, {STEER_COUNT_passed_bad_ip_header}},
    // The program leaves the length in the UDP header to the dataplane.
    {Counter::drop_bad_length,
     {STEER_COUNT_passed_bad_length, STEER_COUNT_passed_short, STEER_COUNT_passed_other_port,
      STEER_COUNT_passed_other_address, STEER_COUNT_passed_long, STEER_COUNT_steered}},
    {Counter::drop_fragment, {STEER_COUNT_passed_fragment}},
    {Counter::drop_extension_headers, {STEER_COUNT_passed_extension_headers}},
    {Counter::drop_not_udp, {STEER_COUNT_passed_not_udp}},
    {Counter::drop_not_our_port, {STEER_COUNT_passed_other_port}},
    {Counter::drop_not_our_address,
     {STEER_COUNT_passed_group_mac, STEER_COUNT_passed_other_address}},
    {Counter::drop_source_port_zero,
     {STEER_COUNT_steered, STEER_COUNT_passed_other_address, STEER_COUNT_passed_long}},
    {Counter::drop_no_checksum,
     {STEER_COUNT_steered, STEER_COUNT_passed_other_address, STEER_COUNT_passed_long}},
    {Counter::drop_bad_checksum,
     {STEER_COUNT_steered, STEER_COUNT_passed_other_address, STEER_COUNT_passed_long}},
    // Checked by the dataplane only, in the midst of what both check.
    {Counter::drop_bad_ip_checksum,
     {STEER_COUNT_passed_fragment, STEER_COUNT_passed_not_udp, STEER_COUNT_passed_short,
      STEER_COUNT_passed_other_port, STEER_COUNT_passed_other_address, STEER_COUNT_passed_long,
      STEER_COUNT_steered}},
    {Counter::drop_bad_source,
     {STEER_COUNT_passed_group_mac, STEER_COUNT_passed_other_address, STEER_COUNT_passed_long,
      STEER_COUNT_steered}},
};

void demand(bool condition) {
  if (!condition) std::abort();
}

// Good packets of every shape, to be changed by the input.
std::vector<Octets> templates() {
  const Packet packets[] = {
      {},
      {.tags = {{10}}},
      {.tags = {{20, 0x88a8}, {10}}, .option_words = 3},
      {.payload = 1751},
      {.ipv6 = true},
      {.tags = {{10}}, .ipv6 = true, .extensions = {padding(60)}},
      {.ipv6 = true, .extensions = {padding(0, 16), routing(0, 24), padding(60, 8)}},
      {.ipv6 = true, .extensions = {padding(0), padding(60), routing(0), option(60, 0x1e)}},
      {.ipv6 = true, .extensions = {padding(60, 256)}},
  };
  std::vector<Octets> frames;
  for (const Packet& packet : packets) frames.push_back(make(packet));
  return frames;
}

Octets changed(const Octets& original, const std::uint8_t* data, std::size_t size) {
  Octets frame = original;
  for (; size >= 3; data += 3, size -= 3) {
    const std::size_t offset = dns::load_u16(data);
    if ((offset & 0x8000) != 0) {  // another length
      frame.resize(kLeast + (offset & 0x7ff) % (kMost - kLeast), data[2]);
    } else {
      frame[offset % frame.size()] = data[2];
    }
  }
  return frame;
}

void mend_checksum(Octets& frame) {
  using namespace dataplane::net;
  std::size_t ip = kEthernetSize;
  while (frame.size() >= ip + kVlanTagSize &&
         (dns::load_u16(&frame[ip - 2]) == kEtherVlan ||
          dns::load_u16(&frame[ip - 2]) == kEtherServiceVlan)) {
    ip += kVlanTagSize;
  }
  if (frame.size() < ip + kIpv4Size || dns::load_u16(&frame[ip - 2]) != kEtherIpv4) return;
  const std::size_t header = std::size_t{frame[ip] & 15U} * 4;
  if (header < kIpv4Size || frame.size() < ip + header) return;
  std::memset(&frame[ip + kIpv4ChecksumOffset], 0, 2);
  const std::uint16_t checksum = finish_checksum(add_octets(0, &frame[ip], header));
  std::memcpy(&frame[ip + kIpv4ChecksumOffset], &checksum, 2);
}

// The kernel's side, made once.
struct Machine {
  std::unique_ptr<Bench> plain;
  std::optional<control::keeper::XdpProgram> checked;  // with route-check
  std::unique_ptr<XdpSocket> socket;
  std::vector<Octets> frames = templates();
};

Machine& machine() {
  static Machine one;
  return one;
}

void make_machine() {
  Machine& made = machine();
  control::keeper::Steering steering{.ports = {53}};
  made.plain = Bench::make("fuzz_xdp", steering);
  if (made.plain == nullptr) std::_Exit(0);
  demand(run("echo 1 > /proc/sys/net/ipv4/conf/lo/forwarding && "
             "echo 1 > /proc/sys/net/ipv6/conf/lo/forwarding && "
             "ip addr add 192.0.2.1/24 dev v0 && ip addr add 2001:db8::1/64 dev v0 nodad && "
             "ip neigh add 192.0.2.66 lladdr 02:00:00:00:00:66 dev v0 nud permanent && "
             "ip neigh add 2001:db8::66 lladdr 02:00:00:00:00:66 dev v0 nud permanent && "
             "ip route add 192.0.2.9/32 via 192.0.2.66 && "
             "ip route add default via 192.0.2.66 && "
             "ip -6 route add 2001:db8::9/128 via 2001:db8::66 && "
             "ip -6 route add default via 2001:db8::66"));
  steering.route_check = true;
  auto loaded = control::keeper::XdpProgram::load(steering, 2, made.plain->maps());
  demand(loaded.ok());
  made.checked = std::move(*loaded);
  made.socket = XdpSocket::open(made.plain->interface(), 1);
  demand(made.socket != nullptr && made.checked->set_socket(1, made.socket->get()).ok());
}

void check_plain(const Octets& frame, const Outcome& outcome) {
  demand(outcome.error == 0 && outcome.counter >= 0);
  demand(outcome.frame == frame);
  demand(outcome.verdict ==
         (outcome.counter == STEER_COUNT_steered ? XDP_REDIRECT : XDP_PASS));
  static const Listener listeners[] = {{.ipv6 = false, .any = true, .port = 53},
                                       {.ipv6 = true, .any = true, .port = 53}};
  dataplane::net::Datagram datagram;
  const auto refusal = dataplane::net::parse(frame, listeners, datagram);
  for (const Agreement& agreement : kAgreed) {
    if (agreement.refusal != refusal) continue;
    for (const int counter : agreement.counters) {
      if (counter != outcome.counter) continue;
      if (refusal) return;
      // Whether address and length say so, which net::parse() was not asked.
      const std::size_t at = datagram.ip + (datagram.ipv6 ? 24U : 16U);
      const auto ours = mapped(datagram.ipv6 ? "2001:db8::1" : "192.0.2.1");
      const bool is_ours = datagram.ipv6 ? std::memcmp(&frame[at], ours.data(), 16) == 0
                                         : std::memcmp(&frame[at], &ours[12], 4) == 0;
      const int expected = !is_ours ? STEER_COUNT_passed_other_address
                           : frame.size() > control::keeper::kLongestFrame
                               ? STEER_COUNT_passed_long
                               : STEER_COUNT_steered;
      demand(counter == expected);
      return;
    }
  }
  std::fprintf(stderr, "net::parse: %s, program: %s\n",
               refusal ? link::kCounterInfo[static_cast<std::size_t>(*refusal)].name.data()
                       : "taken",
               ebpf::kCounterInfo[outcome.counter].name.data());
  std::abort();
}

void check_routed(const Octets& frame, const Outcome& plain, const Outcome& routed) {
  demand(routed.error == 0);
  if (plain.counter != STEER_COUNT_steered) {
    demand(routed.counter == plain.counter && routed.frame == frame);
    return;
  }
  // Routes lead everywhere but to ourselves and to groups.
  if (routed.counter != STEER_COUNT_steered) {
    demand(routed.verdict == XDP_PASS && routed.frame == frame);
    demand(routed.counter == STEER_COUNT_passed_route_unknown ||
           routed.counter == STEER_COUNT_passed_route_no_neighbour ||
           routed.counter == STEER_COUNT_passed_route_other);
    return;
  }
  std::size_t ip = dataplane::net::kEthernetSize;
  while (frame[ip - 2] == 0x81 || frame[ip - 2] == 0x88) ip += dataplane::net::kVlanTagSize;
  Octets expected(kOurMac.begin(), kOurMac.end());
  expected.insert(expected.end(), kRouter.begin(), kRouter.end());
  expected.insert(expected.end(), frame.begin() + static_cast<std::ptrdiff_t>(ip) - 2,
                  frame.end());
  demand(routed.frame == expected);
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  make_machine();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::uint8_t choice = data[0];
  const Machine& kernel = machine();
  Octets frame(data + 1, data + size);
  if ((choice & 0x40) != 0) {
    frame = changed(kernel.frames[(choice & 0x3f) % kernel.frames.size()], data + 1, size - 1);
  }
  if (frame.size() < kLeast || frame.size() > kMost) return 0;
  if ((choice & 0x80) != 0) mend_checksum(frame);
  const Outcome plain = kernel.plain->pass(frame);
  check_plain(frame, plain);
  check_routed(frame, plain, pass(*kernel.checked, frame, {kernel.plain->interface(), 1}));
  return 0;
}
