#include "support/kernel.h"

#include <bpf/bpf.h>
#include <fcntl.h>
#include <linux/if_xdp.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <type_traits>

namespace bowline::ebpf::support {
namespace {

constexpr std::uint32_t kRing = 64;         // entries of each ring, and frames
constexpr std::uint32_t kFrameSize = 2048;

using control::keeper::Steering;

std::uint8_t* map_ring(int socket, std::size_t size, off_t offset) {
  void* const at =
      mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, socket, offset);
  return at == MAP_FAILED ? nullptr : static_cast<std::uint8_t*>(at);
}

std::atomic_ref<std::uint32_t> index_at(std::uint8_t* ring, std::size_t offset) {
  return std::atomic_ref<std::uint32_t>(*reinterpret_cast<std::uint32_t*>(ring + offset));
}

bool set_option(int socket, int option, const void* value, std::size_t size) {
  return setsockopt(socket, SOL_XDP, option, value, static_cast<socklen_t>(size)) == 0;
}

template <typename T>
T take(dns::Result<T> result) {
  if (!result) throw std::runtime_error(result.error());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace

std::unique_ptr<Namespace> Namespace::enter() {
  link::Fd previous(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  if (!previous || unshare(CLONE_NEWNET) != 0) return nullptr;
  return std::unique_ptr<Namespace>(new Namespace(std::move(previous)));
}

Namespace::~Namespace() {
  if (setns(previous_.get(), CLONE_NEWNET) != 0) std::abort();
}

bool run(const std::string& command) {
  return std::system(("(" + command + ") >/dev/null 2>&1").c_str()) == 0;
}

XdpSocket::~XdpSocket() {
  if (fill_ != nullptr) munmap(fill_, fill_size_);
  if (rx_ != nullptr) munmap(rx_, rx_size_);
  socket_.reset();
  if (frames_ != nullptr) munmap(frames_, std::size_t{kRing} * kFrameSize);
}

std::unique_ptr<XdpSocket> XdpSocket::open(unsigned interface, unsigned queue) {
  std::unique_ptr<XdpSocket> socket(new XdpSocket);
  if (!socket->set_up(interface, queue)) return nullptr;
  return socket;
}

bool XdpSocket::set_up(unsigned interface, unsigned queue) {
  socket_ = link::Fd(socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0));
  void* const memory = mmap(nullptr, std::size_t{kRing} * kFrameSize, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (!socket_ || memory == MAP_FAILED) return false;
  frames_ = static_cast<std::uint8_t*>(memory);
  xdp_umem_reg umem{};
  umem.addr = reinterpret_cast<std::uintptr_t>(frames_);
  umem.len = std::uint64_t{kRing} * kFrameSize;
  umem.chunk_size = kFrameSize;
  if (!set_option(get(), XDP_UMEM_REG, &umem, sizeof umem) ||
      !set_option(get(), XDP_UMEM_FILL_RING, &kRing, sizeof kRing) ||
      !set_option(get(), XDP_UMEM_COMPLETION_RING, &kRing, sizeof kRing) ||
      !set_option(get(), XDP_RX_RING, &kRing, sizeof kRing)) {
    return false;
  }
  xdp_mmap_offsets offsets{};
  socklen_t size = sizeof offsets;
  if (getsockopt(get(), SOL_XDP, XDP_MMAP_OFFSETS, &offsets, &size) != 0) return false;
  fill_size_ = offsets.fr.desc + kRing * sizeof(std::uint64_t);
  rx_size_ = offsets.rx.desc + kRing * sizeof(xdp_desc);
  fill_ = map_ring(get(), fill_size_, XDP_UMEM_PGOFF_FILL_RING);
  rx_ = map_ring(get(), rx_size_, XDP_PGOFF_RX_RING);
  if (fill_ == nullptr || rx_ == nullptr) return false;
  rx_producer_ = offsets.rx.producer;
  rx_consumer_ = offsets.rx.consumer;
  rx_descriptors_ = offsets.rx.desc;
  auto* const fill = reinterpret_cast<std::uint64_t*>(fill_ + offsets.fr.desc);
  for (std::uint32_t i = 0; i < kRing; ++i) fill[i] = std::uint64_t{i} * kFrameSize;
  index_at(fill_, offsets.fr.producer).store(kRing, std::memory_order_release);
  sockaddr_xdp address{};
  address.sxdp_family = AF_XDP;
  address.sxdp_flags = XDP_COPY;
  address.sxdp_ifindex = interface;
  address.sxdp_queue_id = queue;
  return bind(get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
}

Octets XdpSocket::receive(int timeout_ms) {
  pollfd waiting{get(), POLLIN, 0};
  const std::uint32_t consumer = index_at(rx_, rx_consumer_).load(std::memory_order_relaxed);
  if (index_at(rx_, rx_producer_).load(std::memory_order_acquire) == consumer &&
      poll(&waiting, 1, timeout_ms) <= 0) {
    return {};
  }
  if (index_at(rx_, rx_producer_).load(std::memory_order_acquire) == consumer) return {};
  const auto* const ring = reinterpret_cast<const xdp_desc*>(rx_ + rx_descriptors_);
  const xdp_desc& entry = ring[consumer % kRing];
  Octets frame(frames_ + entry.addr, frames_ + entry.addr + entry.len);
  index_at(rx_, rx_consumer_).store(consumer + 1, std::memory_order_release);
  return frame;
}

Outcome pass(const control::keeper::XdpProgram& program, const Octets& frame,
             const Arrival& arrival, unsigned repeat) {
  Outcome outcome;
  const auto before = read_counters(program.counters());
  outcome.frame.resize(frame.size() + 64);  // room for a tag
  xdp_md context{};
  context.data_end = static_cast<std::uint32_t>(frame.size());
  context.ingress_ifindex = arrival.interface;
  context.rx_queue_index = arrival.queue;
  bpf_test_run_opts options{};
  options.sz = sizeof options;
  options.data_in = frame.data();
  options.data_size_in = static_cast<std::uint32_t>(frame.size());
  options.data_out = outcome.frame.data();
  options.data_size_out = static_cast<std::uint32_t>(outcome.frame.size());
  options.ctx_in = &context;
  options.ctx_size_in = sizeof context;
  options.repeat = static_cast<int>(repeat);
  if (bpf_prog_test_run_opts(program.program(), &options) != 0) {
    outcome.error = errno;
    return outcome;
  }
  outcome.frame.resize(options.data_size_out);
  outcome.verdict = static_cast<int>(options.retval);
  outcome.nanoseconds = options.duration;
  const auto after = read_counters(program.counters());
  if (!before || !after) return outcome;
  for (std::size_t i = 0; i < after->size(); ++i) {
    const std::uint64_t added = (*after)[i] - (*before)[i];
    if (added == 0) continue;
    if (added != repeat || outcome.counter != -1) {
      outcome.counter = -1;
      return outcome;
    }
    outcome.counter = static_cast<int>(i);
  }
  return outcome;
}

std::unique_ptr<Bench> Bench::make(const std::string& name, const Steering& steering) {
  std::unique_ptr<Bench> bench(new Bench);
  const char* const why = bench->set_up();
  if (why != nullptr) {
    std::printf("SKIP: %s: %s\n", name.c_str(), why);
    return nullptr;
  }
  bench->load(steering);
  return bench;
}

const char* Bench::set_up() {
  namespace_ = Namespace::enter();
  if (namespace_ == nullptr) return "not root, so no network namespace";
  if (!run("ip link set lo up && ip link add v0 numrxqueues 2 numtxqueues 2 address "
           "02:00:00:00:00:01 type veth peer name v1 numrxqueues 2 numtxqueues 2 && "
           "ip link set v1 addrgenmode none up && ip link set v0 addrgenmode none up")) {
    return "no veth pair could be made";
  }
  interface_ = if_nametoindex("v0");
  return nullptr;
}

void Bench::load(const Steering& steering) {
  if (!maps_) {
    maps_ = take(control::keeper::SharedMaps::create());
    for (const char* address : {"192.0.2.1", "2001:db8::1"}) {
      take(maps_->set_address(mapped(address), true));
    }
  }
  program_.reset();
  program_ = take(control::keeper::XdpProgram::load(steering, 2, *maps_));
  take(program_->attach(interface_, "v0"));
  if (!socket_) socket_ = XdpSocket::open(interface_, 0);
  if (!socket_) throw std::runtime_error(std::string("AF_XDP socket: ") + std::strerror(errno));
  take(program_->set_socket(0, socket_->get()));
}

}  // namespace bowline::ebpf::support
