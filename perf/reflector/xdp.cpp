#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <xdp/xsk.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "perf/reflector/ports.h"
#include "perf/reflector/reflect.h"
#include "perf/reflector/steer.h"

namespace bowline::perf {
namespace {

constexpr std::uint32_t kRing = 2048;         // each ring: what servers on AF_XDP use
constexpr std::uint32_t kFrames = 2 * kRing;  // one fill ring and as many on their way out
constexpr std::uint32_t kFrameSize = 4096;    // works with every driver and MTU up to 3,500
constexpr std::uint32_t kBurst = 64;
constexpr unsigned kIdleRounds = 1000;        // some 20 us: longer than between bursts under load
constexpr int kPollMs = 100;                  // an idle reflector looks this often whether to end

class Socket {
 public:
  Socket() = default;
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() {
    if (link_ >= 0) close(link_);  // the program goes with it
    if (socket_ != nullptr) xsk_socket__delete(socket_);
    if (umem_ != nullptr) xsk_umem__delete(umem_);
    if (memory_ != MAP_FAILED) munmap(memory_, std::size_t{kFrames} * kFrameSize);
    if (map_ >= 0) close(map_);
  }

  dns::Result<void> open(const std::string& interface, std::uint32_t queue, std::uint16_t port);
  // Serves one burst. False: there was none.
  bool breathe(Counts& counts);
  void wait();

 private:
  dns::Result<void> open_socket(const std::string& interface, std::uint32_t queue);
  dns::Result<void> attach(const std::string& interface, unsigned index, std::uint32_t queue,
                           std::uint16_t port);
  void reclaim();
  void refill();
  void kick();

  static std::uint64_t start_of(std::uint64_t address) {
    return address & ~std::uint64_t{kFrameSize - 1};
  }
  std::uint8_t* frame(std::uint64_t address) {
    return static_cast<std::uint8_t*>(memory_) + address;
  }

  void* memory_ = MAP_FAILED;
  xsk_umem* umem_ = nullptr;
  xsk_socket* socket_ = nullptr;
  xsk_ring_prod fill_{}, tx_{};
  xsk_ring_cons complete_{}, rx_{};
  std::vector<std::uint64_t> free_;
  int map_ = -1;
  int link_ = -1;
};

std::string reason() { return std::strerror(errno); }

dns::Result<void> Socket::open(const std::string& interface, std::uint32_t queue,
                               std::uint16_t port) {
  const unsigned index = if_nametoindex(interface.c_str());
  if (index == 0) {
    return dns::Error{"there is no interface " + interface +
                      " in this network namespace; see ip link"};
  }
  const std::size_t size = std::size_t{kFrames} * kFrameSize;
  memory_ = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE,
                 -1, 0);
  if (memory_ == MAP_FAILED) return dns::Error{"no memory for the frames: " + reason()};
  if (const auto opened = open_socket(interface, queue); !opened) return opened;
  free_.reserve(kFrames);
  for (std::uint64_t i = 0; i < kFrames; ++i) free_.push_back(i * kFrameSize);
  refill();
  return attach(interface, index, queue, port);
}

dns::Result<void> Socket::open_socket(const std::string& interface, std::uint32_t queue) {
  xsk_umem_config umem{};
  umem.fill_size = umem.comp_size = kRing;
  umem.frame_size = kFrameSize;
  const std::size_t size = std::size_t{kFrames} * kFrameSize;
  if (xsk_umem__create(&umem_, memory_, size, &fill_, &complete_, &umem) != 0) {
    return dns::Error{"an AF_XDP socket: " + reason() + "; it takes root (CAP_NET_RAW)"};
  }
  xsk_socket_config config{};
  config.rx_size = config.tx_size = kRing;
  config.libxdp_flags = XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD;
  config.bind_flags = XDP_COPY | XDP_USE_NEED_WAKEUP;
  if (xsk_socket__create(&socket_, interface.c_str(), queue, umem_, &rx_, &tx_, &config) != 0) {
    socket_ = nullptr;
    return dns::Error{"queue " + std::to_string(queue) + " of " + interface + ": " + reason() +
                      "; is there such a queue (ethtool -l), and does another program use it?"};
  }
  return {};
}

dns::Result<void> Socket::attach(const std::string& interface, unsigned index, std::uint32_t queue,
                                 std::uint16_t port) {
  map_ = bpf_map_create(BPF_MAP_TYPE_XSKMAP, "reflector", sizeof(int), sizeof(int), queue + 1,
                        nullptr);
  if (map_ < 0) return dns::Error{"a map for the XDP program: " + reason() + "; it takes root"};
  const int fd = xsk_socket__fd(socket_);
  if (bpf_map_update_elem(map_, &queue, &fd, BPF_ANY) != 0) {
    return dns::Error{"the socket into the map of the XDP program: " + reason()};
  }
  const auto program = load_steering(map_, port);
  if (!program) return dns::Error{program.error()};
  LIBBPF_OPTS(bpf_link_create_opts, options, .flags = XDP_FLAGS_DRV_MODE);
  link_ = bpf_link_create(*program, static_cast<int>(index), BPF_XDP, &options);
  const int error = errno;
  close(*program);
  if (link_ >= 0) return {};
  if (error == EBUSY || error == EEXIST) {
    return dns::Error{interface + " has an XDP program already; see ip link, remove it with "
                      "\"ip link set dev " + interface + " xdp off\" or end its owner"};
  }
  return dns::Error{"the driver of " + interface + " takes no native XDP program: " +
                    std::strerror(error)};
}

void Socket::reclaim() {
  std::uint32_t at = 0;
  const std::uint32_t count = xsk_ring_cons__peek(&complete_, kRing, &at);
  for (std::uint32_t i = 0; i < count; ++i) {
    free_.push_back(start_of(*xsk_ring_cons__comp_addr(&complete_, at + i)));
  }
  if (count != 0) xsk_ring_cons__release(&complete_, count);
}

void Socket::refill() {
  const auto count = static_cast<std::uint32_t>(std::min<std::size_t>(
      free_.size(), xsk_prod_nb_free(&fill_, static_cast<std::uint32_t>(free_.size()))));
  std::uint32_t at = 0;
  if (count == 0 || xsk_ring_prod__reserve(&fill_, count, &at) == 0) return;
  for (std::uint32_t i = 0; i < count; ++i) {
    *xsk_ring_prod__fill_addr(&fill_, at + i) = free_.back();
    free_.pop_back();
  }
  xsk_ring_prod__submit(&fill_, count);
}

// In copy mode one call takes 32 frames at most and says EAGAIN while there are more.
void Socket::kick() {
  if (!xsk_ring_prod__needs_wakeup(&tx_)) return;
  while (sendto(xsk_socket__fd(socket_), nullptr, 0, MSG_DONTWAIT, nullptr, 0) < 0 &&
         errno == EAGAIN) {
  }
}

bool Socket::breathe(Counts& counts) {
  // Only what the send ring has room for: nothing waits in between.
  std::uint32_t from = 0, to = 0;
  const std::uint32_t room = std::min(kBurst, xsk_prod_nb_free(&tx_, kBurst));
  const std::uint32_t count = room == 0 ? 0 : xsk_ring_cons__peek(&rx_, room, &from);
  std::uint32_t sent = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const xdp_desc received = *xsk_ring_cons__rx_desc(&rx_, from + i);
    if (!reflect(frame(received.addr), received.len)) {
      free_.push_back(start_of(received.addr));
      continue;
    }
    xsk_ring_prod__reserve(&tx_, 1, &to);
    *xsk_ring_prod__tx_desc(&tx_, to) = {received.addr, received.len, 0};
    ++sent;
  }
  if (count != 0) xsk_ring_cons__release(&rx_, count);
  if (sent != 0) xsk_ring_prod__submit(&tx_, sent);
  if (sent != 0 || room == 0) kick();
  reclaim();
  refill();
  counts.received += count;
  counts.reflected += sent;
  counts.bursts += count != 0;
  return count != 0;
}

void Socket::wait() {
  pollfd watched{xsk_socket__fd(socket_), POLLIN, 0};
  poll(&watched, 1, kPollMs);
}

}  // namespace

dns::Result<Counts> reflect_xdp(const std::string& interface, std::uint32_t queue,
                                std::uint16_t port, const std::atomic<bool>& stop) {
  Socket socket;
  if (const auto opened = socket.open(interface, queue, port); !opened) {
    return dns::Error{opened.error()};
  }
  Counts counts;
  unsigned idle = 0;
  while (!stop.load(std::memory_order_relaxed)) {
    idle = socket.breathe(counts) ? 0 : idle + 1;
    if (idle >= kIdleRounds) {
      socket.wait();
      idle = 0;
    }
  }
  return counts;
}

}  // namespace bowline::perf
