#include "dataplane/io/dpdk_exception.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <poll.h>
#include <pthread.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_ring.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <string>

#include "dataplane/net/headers.h"

namespace bowline::dataplane {

using dns::Error;
using dns::Result;

namespace {

// Frames moved in one direction before the other is looked at.
constexpr unsigned kFramesPerRound = 64;

Error fail(const char* what, const ifreq& interface) {
  return Error{std::string("exception port ") + interface.ifr_name + ": cannot " + what + ": " +
               std::strerror(errno) + ": the interface must be one that bowlined has made"};
}

// Frames of the kernel must come as they go out: whole, with their checksums, at most an MTU long.
Result<void> fit_to_device(int tap, const DpdkDevice& device) {
  ifreq interface = {};
  if (::ioctl(tap, TUNGETIFF, &interface) != 0) return fail("be asked", interface);
  if (::ioctl(tap, TUNSETOFFLOAD, 0) != 0) return fail("switch off its offloads", interface);
  const link::MacAddress mac = device.mac();
  ifreq request = interface;
  request.ifr_hwaddr = {};
  request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
  std::copy(mac.begin(), mac.end(), request.ifr_hwaddr.sa_data);
  // A device without an address of its own is content with any.
  const bool has_address = mac != link::MacAddress{} && (mac[0] & 1) == 0;
  if (has_address && ::ioctl(tap, SIOCSIFHWADDR, &request) != 0) {
    return fail("set its address", interface);
  }
  request = interface;
  request.ifr_mtu = static_cast<int>(device.mtu());
  const link::Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (::ioctl(socket.get(), SIOCSIFMTU, &request) != 0) return fail("set its MTU", interface);
  const int flags = ::fcntl(tap, F_GETFL);
  if (flags < 0 || ::fcntl(tap, F_SETFL, flags | O_NONBLOCK) != 0) {
    return fail("be polled", interface);
  }
  return {};
}

rte_ring* make_ring(const char* name, unsigned number, const DpdkDevice& device, unsigned flags) {
  return ::rte_ring_create((name + std::to_string(number)).c_str(), kExceptionFrames,
                           ::rte_eth_dev_socket_id(device.port()), flags);
}

void free_ring(rte_ring* ring) {
  void* frame = nullptr;
  while (ring != nullptr && ::rte_ring_dequeue(ring, &frame) == 0) {
    ::rte_pktmbuf_free(static_cast<rte_mbuf*>(frame));
  }
  ::rte_ring_free(ring);
}

}  // namespace

Result<std::unique_ptr<ExceptionPort>> ExceptionPort::make(link::Fd tap, const DpdkDevice& device,
                                                           unsigned number) {
  if (auto done = fit_to_device(tap.get(), device); !done) return Error{done.error()};
  std::unique_ptr<ExceptionPort> port(new ExceptionPort(std::move(tap), device));
  port->bell_ = link::Fd(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  const unsigned givers = device.queues() == 1 ? RING_F_SP_ENQ : 0U;
  port->to_kernel_ = make_ring("bowline_out_", number, device, givers | RING_F_SC_DEQ);
  port->from_kernel_ = make_ring("bowline_in_", number, device, RING_F_SP_ENQ | RING_F_SC_DEQ);
  if (!port->bell_ || port->to_kernel_ == nullptr || port->from_kernel_ == nullptr) {
    return Error{"cannot make an exception port: raise dataplane.dpdk-memory"};
  }
  return port;
}

ExceptionPort::ExceptionPort(link::Fd tap, const DpdkDevice& device)
    : tap_(std::move(tap)), device_(device) {}

ExceptionPort::~ExceptionPort() {
  stop_.store(true, std::memory_order_relaxed);
  if (thread_.joinable()) {
    ::eventfd_write(bell_.get(), 1);
    thread_.join();
  }
  free_ring(to_kernel_);
  free_ring(from_kernel_);
}

void ExceptionPort::start() {
  thread_ = std::thread([this] { run(); });
  (void)::pthread_setname_np(thread_.native_handle(), "exception");
}

// ---- Workers ------------------------------------------------------------------------------------

bool ExceptionPort::give(rte_mbuf* frame) { return ::rte_ring_enqueue(to_kernel_, frame) == 0; }

void ExceptionPort::wake() {
  // The ring's stores before the load of the flag: it publishes with release order only.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  sleep_.wake_if_asleep(bell_.get());
}

unsigned ExceptionPort::take(std::span<rte_mbuf*> frames) {
  return ::rte_ring_dequeue_burst(from_kernel_, reinterpret_cast<void**>(frames.data()),
                                  static_cast<unsigned>(frames.size()), nullptr);
}

bool ExceptionPort::has_frames() const { return ::rte_ring_empty(from_kernel_) == 0; }

// ---- The thread ---------------------------------------------------------------------------------

void ExceptionPort::run() {
  (void)::rte_thread_register();  // gives it a cache of buffers; without one it is only slower
  while (!stop_.load(std::memory_order_relaxed)) {
    const bool wrote = write_frames();
    const bool read = read_frames();
    if (!wrote && !read) wait();
  }
  ::rte_pktmbuf_free(std::exchange(spare_, nullptr));
  ::rte_thread_unregister();
}

// A TAP that is down, or whose queue is full, loses frames as a wire does.
bool ExceptionPort::write_frames() {
  std::array<void*, kFramesPerRound> frames;
  const unsigned count =
      ::rte_ring_dequeue_burst(to_kernel_, frames.data(), frames.size(), nullptr);
  for (unsigned i = 0; i < count; ++i) {
    rte_mbuf* const frame = static_cast<rte_mbuf*>(frames[i]);
    const std::size_t size = rte_pktmbuf_data_len(frame);
    if (::write(tap_.get(), rte_pktmbuf_mtod(frame, const void*), size) < 0) {
      lost_.fetch_add(1, std::memory_order_relaxed);
    }
    ::rte_pktmbuf_free(frame);
  }
  return count != 0;
}

// Nothing: there is no frame, or no buffer for one.
rte_mbuf* ExceptionPort::read_frame() {
  if (spare_ == nullptr) spare_ = ::rte_pktmbuf_alloc(device_.pool());
  if (spare_ == nullptr) return nullptr;
  const ssize_t size = ::read(tap_.get(), rte_pktmbuf_mtod(spare_, void*),
                              rte_pktmbuf_tailroom(spare_));
  if (size <= 0) return nullptr;
  rte_mbuf* const frame = std::exchange(spare_, nullptr);
  const auto length = static_cast<std::uint16_t>(size);
  const auto padded = std::max<std::uint16_t>(length, net::kEthernetMinSize);
  char* const data = rte_pktmbuf_append(frame, padded);
  if (length < net::kEthernetMinSize) {
    std::memset(data + length, 0, net::kEthernetMinSize - length);
  }
  return frame;
}

bool ExceptionPort::read_frames() {
  std::array<void*, kFramesPerRound> frames;
  unsigned count = 0;
  while (count < frames.size()) {
    rte_mbuf* const frame = read_frame();
    if (frame == nullptr) break;
    frames[count++] = frame;
  }
  if (count == 0) return false;
  const unsigned taken =
      ::rte_ring_enqueue_burst(from_kernel_, frames.data(), count, nullptr);
  for (unsigned i = taken; i < count; ++i) ::rte_pktmbuf_free(static_cast<rte_mbuf*>(frames[i]));
  if (taken < count) lost_.fetch_add(count - taken, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_seq_cst);  // as in wake()
  const int doorbell = doorbell_.load(std::memory_order_acquire);
  if (doorbell >= 0) worker_sleep.wake_if_asleep(doorbell);
  return true;
}

void ExceptionPort::wait() {
  sleep_.about_to_sleep();
  if (::rte_ring_empty(to_kernel_) != 0 && !stop_.load(std::memory_order_relaxed)) {
    std::array<pollfd, 2> wanted = {{{tap_.get(), POLLIN, 0}, {bell_.get(), POLLIN, 0}}};
    // Without a buffer to read into, frames of the kernel wait until workers give some back.
    if (spare_ == nullptr) wanted[0].fd = -1;
    constexpr int kRetry_ms = 1;
    (void)::poll(wanted.data(), wanted.size(), spare_ == nullptr ? kRetry_ms : -1);
    // An interface that was removed is always readable: nothing comes from it any more.
    constexpr int kGone_ms = 100;
    if ((wanted[0].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0) {
      (void)::poll(&wanted[1], 1, kGone_ms);
    }
    link::drain_event(bell_.get());
  }
  sleep_.awake();
}

}  // namespace bowline::dataplane
