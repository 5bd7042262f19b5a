// DPDK's devices for real, in network namespaces: what goes in at the wire comes out as it does
// over memory, and what is not ours reaches the kernel.
//
// EAL starts once in a process, so each case runs in a child. It says what is wrong on stdout and
// ends with 1.
#include "dataplane/io/dpdk_ports.h"

#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <rte_ring.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>
#include <map>
#include <thread>

#include "dataplane/io/dpdk.h"
#include "dataplane/io/dpdk_device.h"
#include "dataplane/io/dpdk_eal.h"
#include "dataplane/io/dpdk_exception.h"
#include "dataplane/io/memory.h"
#include "dataplane/worker.h"
#include "support/frames.h"
#include "support/small_zone.h"
#include "support/wire.h"

namespace bowline::dataplane::test {
namespace {

using link::Counter;

constexpr int kPatience_ms = 5000;  // for a frame that must come
constexpr unsigned kNobody = 65'534;
constexpr unsigned kMemory_mib = 32;

bool failed = false;  // in a child

void check(bool condition, const std::string& what) {
  if (condition) return;
  std::printf("  wrong: %s\n", what.c_str());
  failed = true;
}

#define MUST(condition)                                            \
  do {                                                             \
    if (!(condition)) {                                            \
      std::printf("  %s:%d: %s\n", __FILE__, __LINE__, #condition); \
      failed = true;                                               \
      return;                                                      \
    }                                                              \
  } while (false)

// Whether `test`, in a process of its own, found nothing wrong.
bool in_child(const std::function<void()>& test) {
  std::fflush(stdout);
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      test();
    } catch (const std::exception& error) {
      check(false, error.what());
    }
    std::fflush(stdout);
    ::_exit(failed ? 1 : 0);
  }
  int status = 0;
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool can_run(const char* test) {
  if (::geteuid() == 0 && ::access("/dev/net/tun", R_OK | W_OK) == 0) return true;
  std::printf("SKIP: %s: needs root and /dev/net/tun\n", test);
  return false;
}

std::vector<FrameListener> frame_listeners() {
  std::vector<FrameListener> all;
  for (const net::Listener& where : listeners()) all.push_back({where, 7, link::Role::kBoth});
  return all;
}

// A device, its worker and its exception port, as the process has them; `drop` as it is done there.
class Device {
 public:
  explicit Device(const std::string& name, link::Fd tap = {}, unsigned queues = 1,
                  bool drop = true)
      : paired_((zone_.publish(), zone_), queues), ports_(make_dpdk_ports()) {
    std::vector<DpdkPorts::Order> orders(1);
    orders[0].announcement.type = link::HandoverType::kDpdkDevice;
    orders[0].announcement.port.queues = queues;
    orders[0].announcement.set_text(name);
    orders[0].tap = std::move(tap);
    orders[0].listeners = frame_listeners();
    const DpdkPorts::Settings settings{.memory_mib = kMemory_mib, .huge_pages = false,
                                       .drop_privileges = drop, .uid = kNobody, .gid = kNobody};
    const auto opened = ports_->open(std::move(orders), settings);
    if (!opened) throw std::runtime_error(opened.error());
    ports_->announce(paired_.exchange());
    for (unsigned i = 0; i < queues; ++i) {
      bells_.emplace_back(::eventfd(0, EFD_NONBLOCK));
      auto task = ports_->prepare_worker(i, paired_.board, bells_.back().get(), false);
      if (!task) throw std::runtime_error(task.error());
      threads_.emplace_back(std::move(task->serve));
    }
  }
  ~Device() { stop(); }

  void stop() {
    paired_.board.request_stop();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }
  std::uint64_t count(Counter counter) { return paired_.count(counter); }
  const link::PortStatus& status() {
    ports_->report(paired_.exchange());
    return paired_.exchange().ports[0];
  }
  Paired& paired() { return paired_; }

 private:
  SmallZone zone_;
  Paired paired_;
  std::unique_ptr<DpdkPorts> ports_;
  std::vector<link::Fd> bells_;
  std::vector<std::thread> threads_;
};

// ---- Frames ------------------------------------------------------------------------------------

constexpr std::size_t kDnsId = 42;  // offset in a plain IPv4 frame

struct Expected {
  Octets frame;
  Octets reply;              // empty: none
  bool to_kernel = false;
};

// What the worker does over memory, which has tests of its own.
class Memory {
 public:
  Memory() : paired_((zone_.publish(), zone_)) {}

  Expected expect(const Octets& frame) {
    io_.forget_sent();
    io_.arrive(frame);
    worker_.breathe();
    Expected expected{frame, {}, false};
    if (!io_.sent().empty()) {
      const auto& sent = io_.sent().front();
      expected.reply.assign(sent.data, sent.data + sent.size);
    }
    net::Datagram datagram;
    const auto all = listeners();
    const auto refusal = net::parse(frame, all, datagram);
    expected.to_kernel = refusal && *refusal != Counter::drop_bad_source &&
                         *refusal != Counter::drop_bad_checksum &&
                         *refusal != Counter::drop_no_checksum &&
                         *refusal != Counter::drop_source_port_zero;
    return expected;
  }

 private:
  SmallZone zone_;
  Paired paired_;
  ThreadLink link_{0, paired_.board};
  MemoryIo io_;
  Worker<MemoryIo> worker_{io_, link_, {.poll_busy = true, .listeners = listeners()}};
};

Octets options_chain(unsigned count) {
  Octets octets;
  for (unsigned i = 0; i < count; ++i) {
    const Octets one = {static_cast<std::uint8_t>(i + 1 < count ? 60 : 17), 0, 1, 4, 0, 0, 0, 0};
    octets.insert(octets.end(), one.begin(), one.end());
  }
  return octets;
}

std::vector<Octets> frames() {
  const Octets question = make_question("www.example.test.");
  const Octets large = make_question("large.example.test.", 16, 1, 0,
                                     {0, 0, 41, 0xff, 0xff, 0, 0, 0, 0, 0, 0});
  const std::vector<FrameSpec> specs = {
      {.payload = question},
      {.ipv6 = true, .payload = question},
      {.tags = {0x81, 0, 0, 7}, .payload = question},
      {.ipv6 = true, .tags = {0x81, 0, 0xa0, 7}, .payload = question},
      {.tags = {0x81, 0, 0, 7, 0x81, 0, 0, 8}, .payload = question},
      {.tags = {0x81, 0, 0, 7, 0x81, 0, 0, 8, 0x81, 0, 0, 9}, .payload = question},
      {.options = Octets(40, 1), .payload = question},
      {.ipv6 = true, .extensions = options_chain(4), .next_header = 60, .payload = question},
      {.ipv6 = true, .extensions = options_chain(5), .next_header = 60, .payload = question},
      {.ipv6 = true, .extensions = options_chain(100), .next_header = 60, .payload = question},
      {.payload = large},
      {.ipv6 = true, .payload = large},
      {.payload = make_question("nothing.example.test.")},
      {.payload = make_question("elsewhere.test.")},
      {.payload = make_question("www.example.test.", 1, 1, 0x8000)},
      {.payload = question, .no_checksum = true},
      {.ipv6 = true, .payload = question, .no_checksum = true},
      {.payload = question, .wrong_checksum = true},
      {.ipv6 = true, .payload = question, .wrong_checksum = true},
      {.payload = question, .wrong_ip_checksum = true},
      {.payload = {}},
      {.ether_type = 0x0806},
      {.next_header = 6},
      {.ipv6 = true, .next_header = 58},
      {.destination_port = 54, .payload = question},
      {.destination = "192.0.2.54", .payload = question},
      {.source = "0.0.0.0", .payload = question},
      {.ipv6 = true, .next_header = 58, .source = "::"},
      {.source_port = 0, .payload = question},
      {.ipv6 = true, .extensions = {17, 0, 0, 1, 0, 0, 0, 1}, .next_header = 44},
      {.payload = question, .udp_length_change = 1},
      {.payload = question, .ip_length_change = 1},
      {.payload = question, .trailing = 18},
  };
  std::vector<Octets> all;
  for (const FrameSpec& spec : specs) all.push_back(make_frame(spec));
  // Cut at every octet; the link itself wants a whole Ethernet header.
  for (const bool ipv6 : {false, true}) {
    const Octets whole = make_frame({.ipv6 = ipv6, .payload = question});
    for (std::size_t size = 15; size < whole.size(); ++size) {
      all.emplace_back(whole.begin(), whole.begin() + static_cast<long>(size));
    }
  }
  return all;
}

// The last of a test: when its reply is there, nothing sent before is on its way any more.
Octets last_frame() {
  return make_frame({.payload = make_question("www.example.test.", 1, 0xffff)});
}

bool is_last(const Octets& reply) {
  return reply.size() > kDnsId + 2 && reply[kDnsId] == 0xff && reply[kDnsId + 1] == 0xff;
}

bool is_to_client(const Octets& frame) {
  const std::uint8_t mac[6] = {2, 0, 0, 0, 0, 1};
  return frame.size() > 12 && std::memcmp(frame.data(), mac, 6) == 0;
}

// Everything that comes for the client until the reply to last_frame().
std::vector<Octets> replies_until_last(Wire& wire) {
  std::vector<Octets> replies;
  while (auto frame = wire.receive(kPatience_ms)) {
    if (!is_to_client(*frame)) continue;
    if (is_last(*frame)) return replies;
    replies.push_back(std::move(*frame));
  }
  check(false, "no reply to the last question");
  return replies;
}

// Sends every frame, and finds each reply on the wire and each foreign frame at the TAP.
// `more`: frames besides.
void exchange_frames(Wire& wire, Wire& kernel, const std::vector<Octets>& more = {}) {
  std::vector<Octets> all = frames();
  all.insert(all.end(), more.begin(), more.end());
  Memory memory;
  std::vector<Octets> replies;
  std::vector<Octets> foreign;
  for (const Octets& frame : all) {
    Expected expected = memory.expect(frame);
    check(wire.send(frame), "the wire takes no frame");
    if (!expected.reply.empty()) replies.push_back(std::move(expected.reply));
    if (expected.to_kernel) foreign.push_back(frame);
  }
  check(wire.send(last_frame()), "the wire takes no frame");
  const std::vector<Octets> got = replies_until_last(wire);
  check(got.size() == replies.size(), "replies: " + std::to_string(got.size()) + " of " +
                                          std::to_string(replies.size()));
  for (std::size_t i = 0; i < std::min(got.size(), replies.size()); ++i) {
    check(got[i] == replies[i], "reply " + std::to_string(i) + " is\n" +
                                    hex(got[i].data(), got[i].size()) + "\nnot\n" +
                                    hex(replies[i].data(), replies[i].size()));
  }
  for (std::size_t i = 0; i < foreign.size();) {
    const auto frame = kernel.receive(kPatience_ms);
    if (!frame) return check(false, "at the TAP: " + std::to_string(i) + " of " +
                                        std::to_string(foreign.size()) + ", next is " +
                                        hex(foreign[i].data(), foreign[i].size()));
    if (frame->size() < 12 || std::memcmp(frame->data(), foreign[i].data(), 12) != 0) continue;
    check(*frame == foreign[i], "at the TAP " + hex(frame->data(), frame->size()) + "\nnot\n" +
                                    hex(foreign[i].data(), foreign[i].size()));
    ++i;
  }
}

// A frame of the kernel goes out as it is, padded to Ethernet's least size.
void send_from_kernel(Wire& wire, Wire& kernel) {
  Octets frame = make_frame({.ether_type = 0x88b5, .payload = {1, 2, 3}});
  frame[5] = 1;  // to the client
  check(kernel.send(frame), "the TAP takes no frame");
  if (frame.size() < 60) frame.resize(60);
  while (auto got = wire.receive(kPatience_ms)) {
    if (*got == frame) return;
  }
  check(false, "what the kernel sent did not come out");
}

// What control answers leaves through the device, to who asked.
void answer_by_control(Wire& wire, Paired& paired) {
  Service service(paired.exchange(), 0);
  const Octets question = make_question("example.test.", 251, 0x7777);
  check(wire.send(make_frame({.ipv6 = true, .payload = question})), "the wire takes no frame");
  std::optional<link::Ask> ask;
  while (!(ask = service.take())) std::this_thread::yield();
  check(ask->header.context.listener == 7, "control is told of the listener");
  Octets answer = question;
  answer[2] = 0x80;
  answer[3] = 9;
  check(service.reply(ask->header.context, answer), "control's ring is full");
  while (auto frame = wire.receive(kPatience_ms)) {
    if (!is_to_client(*frame) || frame->size() < 62 + answer.size()) continue;
    if (std::equal(answer.begin(), answer.end(), frame->begin() + 62)) return;
  }
  check(false, "what control answered did not come out");
}

// No thread of this process has a privilege.
void check_privileges() {
  std::ifstream names("/proc/self/status");
  unsigned threads = 0;
  for (std::string line; std::getline(names, line);) {
    if (line.rfind("Threads:", 0) == 0) threads = static_cast<unsigned>(std::stoi(line.substr(8)));
  }
  check(threads >= 3, "EAL's own thread, ours and a worker's");
  const bool clean = run_command(
      "! cat /proc/" + std::to_string(::getpid()) +
      "/task/*/status | grep -E '^(Cap(Inh|Prm|Eff|Bnd|Amb):.*[1-9a-f]|NoNewPrivs:.*0|"
      "[UG]id:.*\\b0\\b)'");
  check(clean, "a thread has privileges");
}

// A pair of interfaces: DPDK has "ours", the test "peer".
bool make_pair_of_interfaces(unsigned queues = 1) {
  const std::string many = " numrxqueues " + std::to_string(queues) + " numtxqueues " +
                           std::to_string(queues);
  return enter_own_network() &&
         run_command("ip link add ours" + many + " type veth peer name peer" + many) &&
         run_command("ip link set ours addrgenmode none up") &&
         run_command("ip link set peer addrgenmode none up");
}

Octets ipv4_fragment() {
  return make_frame({.fragment = 0x2000, .payload = make_question("www.example.test.")});
}

void test_on_veth(const std::string& device, const std::vector<Octets>& more = {}) {
  MUST(make_pair_of_interfaces());
  link::Fd tap = make_tap("kernel0");
  MUST(tap);
  Wire wire("peer");
  Wire kernel("kernel0");
  Device served(device, std::move(tap));
  check_privileges();
  exchange_frames(wire, kernel, more);
  send_from_kernel(wire, kernel);
  answer_by_control(wire, served.paired());
  MUST(served.status().queue[0].received > 0);
  MUST(served.status().link_up == 1);
  served.stop();
  check(served.count(Counter::exception_from_kernel) >= 1, "exception-from-kernel counts");
  check(served.count(Counter::exception_to_kernel) > 50, "exception-to-kernel counts");
  check(served.count(Counter::exception_lost) == 0, "nothing was lost");
}

// Its driver has the kernel put fragments of IPv4 together, so none is seen.
TEST_CASE("dpdk: af_packet on veth") {
  if (!can_run("dpdk: af_packet on veth")) return;
  CHECK(in_child([] { test_on_veth("net_af_packet0,iface=ours"); }));
}

TEST_CASE("dpdk: af_xdp on veth") {
  if (!can_run("dpdk: af_xdp on veth")) return;
  CHECK(in_child([] { test_on_veth("net_af_xdp0,iface=ours", {ipv4_fragment()}); }));
}

// Its driver computes checksums, on both ways.
TEST_CASE("dpdk: tap") {
  if (!can_run("dpdk: tap")) return;
  CHECK(in_child([] {
    MUST(enter_own_network());
    link::Fd tap = make_tap("kernel0");
    MUST(tap);
    Wire kernel("kernel0");
    Device served("net_tap0,iface=wire0", std::move(tap), 1, false);
    MUST(run_command("ip link set wire0 addrgenmode none up"));
    Wire wire("wire0");
    exchange_frames(wire, kernel, {ipv4_fragment()});
    send_from_kernel(wire, kernel);
  }));
}

TEST_CASE("dpdk: checksums are left to a device that makes them") {
  if (!can_run("dpdk: checksums are left to a device that makes them")) return;
  CHECK(in_child([] {
    MUST(enter_own_network());
    MUST(start_eal({.memory_mib = 2 * kMemory_mib, .huge_pages = false, .devices = {"net_tap0"}}));
    const auto tap =
        DpdkDevice::open({.device = "net_tap0", .number = 0, .queues = 1, .mtu = 1500});
    MUST(tap);
    MUST((*tap)->fills() == (net::kIpFilled | net::kUdpFilled));
    MUST((*tap)->checks());
    const auto ring =
        DpdkDevice::open({.device = "net_ring0", .number = 1, .queues = 1, .mtu = 1500});
    MUST(ring);
    MUST((*ring)->fills() == 0);
    MUST(!(*ring)->checks());
  }));
}

TEST_CASE("dpdk: two queues, a worker each") {
  if (!can_run("dpdk: two queues, a worker each")) return;
  CHECK(in_child([] {
    MUST(make_pair_of_interfaces(2));
    Wire wire("peer");
    Device served("net_af_packet0,iface=ours,qpairs=2", {}, 2);
    constexpr unsigned kQuestions = 256;
    std::map<unsigned, unsigned> answered;
    for (unsigned i = 0; i < kQuestions; ++i) {
      const auto id = static_cast<std::uint16_t>(i);
      MUST(wire.send(make_frame({.source_port = static_cast<std::uint16_t>(40'000 + i),
                                 .payload = make_question("www.example.test.", 1, id)})));
    }
    while (answered.size() < kQuestions) {
      const auto frame = wire.receive(kPatience_ms);
      MUST(frame);
      if (is_to_client(*frame)) ++answered[dns::load_u16(&(*frame)[kDnsId])];
    }
    const link::PortStatus& status = served.status();
    MUST(status.queue[0].received.load() > 0);
    MUST(status.queue[1].received.load() > 0);
    MUST(status.queue[0].received.load() + status.queue[1].received.load() == kQuestions);
  }));
}

// ---- Without a thread: a device of rings, whose wire this test holds ----------------------------

// One device, one queue, and an exception port that nobody empties.
struct Bench {
  Bench() {
    must(start_eal({.memory_mib = kMemory_mib, .huge_pages = false, .devices = {"net_ring0"}}));
    auto opened = DpdkDevice::open({.device = "net_ring0", .number = 0, .queues = 1, .mtu = 1500});
    if (!opened) throw std::runtime_error(opened.error());
    device = std::move(*opened);
    wire = ::rte_ring_lookup("ETH_RXTX0_net_ring0");
    if (wire == nullptr) throw std::runtime_error("the driver has no ring of that name");
    auto made = ExceptionPort::make(make_tap("kernel0"), *device, 0);
    if (!made) throw std::runtime_error(made.error());
    exception = std::move(*made);
  }
  static void must(const dns::Result<void>& done) {
    if (!done) throw std::runtime_error(done.error());
  }

  // A buffer with a frame.
  rte_mbuf* buffer(const Octets& frame) {
    rte_mbuf* const made = ::rte_pktmbuf_alloc(device->pool());
    std::memcpy(rte_pktmbuf_append(made, static_cast<std::uint16_t>(frame.size())), frame.data(),
                frame.size());
    return made;
  }

  std::unique_ptr<DpdkDevice> device;
  std::unique_ptr<ExceptionPort> exception;
  rte_ring* wire = nullptr;  // both ways
};

TEST_CASE("dpdk: what is lost is counted, and no buffer leaks") {
  if (!can_run("dpdk: what is lost is counted, and no buffer leaks")) return;
  CHECK(in_child([] {
    MUST(enter_own_network());
    Bench bench;
    const unsigned all = ::rte_mempool_avail_count(bench.device->pool());
    const link::Fd bell(::eventfd(0, EFD_NONBLOCK));
    link::Counters counters;
    DpdkIo io(*bench.device,
              {.queue = 0, .listeners = frame_listeners(), .doorbell = bell.get(),
               .exception = bench.exception.get()},
              counters);

    // A frame of two buffers.
    const Octets frame = make_frame({.payload = make_question("www.example.test.")});
    rte_mbuf* const first = bench.buffer(frame);
    MUST(::rte_pktmbuf_chain(first, bench.buffer(frame)) == 0);
    MUST(::rte_ring_enqueue(bench.wire, first) == 0);
    MUST(io.receive().empty());
    MUST(counters.total(Counter::drop_oversized) == 1);

    // More foreign frames than the ring of the exception port has room for.
    constexpr unsigned kTooMany = kExceptionFrames + 77;
    for (unsigned i = 0; i < kTooMany; ++i) {
      MUST(::rte_ring_enqueue(bench.wire, bench.buffer(frame)) == 0);
      const auto packets = io.receive();
      MUST(packets.size() == 1);
      MUST(io.pass(packets[0], Counter::drop_not_udp));
      io.flush();
    }
    MUST(counters.total(Counter::exception_to_kernel) == kExceptionFrames - 1);
    MUST(counters.total(Counter::exception_lost) == 78);

    // Ours and bad: the worker drops it.
    MUST(::rte_ring_enqueue(bench.wire, bench.buffer(frame)) == 0);
    const auto packets = io.receive();
    MUST(packets.size() == 1);
    for (const Counter reason : {Counter::drop_bad_checksum, Counter::drop_no_checksum,
                                 Counter::drop_bad_source, Counter::drop_source_port_zero}) {
      MUST(!io.pass(packets[0], reason));
    }
    io.drop(packets[0]);

    // A device that takes nothing more: what is not sent is freed.
    unsigned queued = 0;
    while (::rte_ring_enqueue(bench.wire, bench.buffer(frame)) == 0) ++queued;
    const auto last = io.receive();
    MUST(!last.empty());
    for (Packet& packet : last) {
      MUST(::rte_ring_enqueue(bench.wire, bench.buffer(frame)) == 0);
      io.send(packet);
    }
    io.flush();
    MUST(counters.total(Counter::send_failed) == last.size());
    for (void* each = nullptr; ::rte_ring_dequeue(bench.wire, &each) == 0;) {
      ::rte_pktmbuf_free(static_cast<rte_mbuf*>(each));
    }
    bench.exception.reset();
    // The one that did not fit into the wire at first.
    MUST(::rte_mempool_avail_count(bench.device->pool()) == all - 1);
  }));
}

// ---- What cannot be opened ----------------------------------------------------------------------

TEST_CASE("dpdk: an error is one line that says what to do") {
  if (!can_run("dpdk: an error is one line that says what to do")) return;
  struct Case {
    const char* device;
    unsigned queues;
    EalOptions options;
    std::vector<const char*> wanted;
  };
  const EalOptions plain{.memory_mib = kMemory_mib, .huge_pages = false, .devices = {}};
  for (const Case& one : std::vector<Case>{
           {"net_nosuch0", 1, plain,
            {"no driver", "apt-cache search librte-net", "dataplane.devices"}},
           {"net_af_packet0,iface=nosuch", 1, plain, {"net_af_packet0", "dataplane.devices"}},
           {"net_af_packet0", 1, plain, {"net_af_packet0", "dataplane.devices"}},
           {"net_ring0", 40, plain, {"has 16 queues", "dataplane.device-queues"}},
           {"0000:7f:1f.7", 1, plain, {"0000:7f:1f.7", "vfio-pci", "dataplane.devices"}},
           {"net_ring0", 1, {.memory_mib = 1U << 20, .huge_pages = true, .devices = {}},
            {"1048576 MiB", "sysctl -w vm.nr_hugepages=", "dataplane.hugepages: off"}},
           {"net_ring0", 1, {.memory_mib = 1, .huge_pages = false, .devices = {}},
            {"dataplane.dpdk-memory"}}}) {
    INFO(one.device);
    CHECK(in_child([&one] {
      EalOptions options = one.options;
      options.devices = {one.device};
      std::string error;
      if (const auto started = start_eal(options); !started) {
        error = started.error();
      } else {
        const auto device = DpdkDevice::open(
            {.device = one.device, .number = 0, .queues = one.queues, .mtu = 1500});
        if (!device) error = device.error();
      }
      for (const char* wanted : one.wanted) {
        check(error.find(wanted) != std::string::npos, error + " has no " + wanted);
      }
      check(error.find('\n') == std::string::npos, error + " is one line");
    }));
  }
}

}  // namespace
}  // namespace bowline::dataplane::test
