#include "dataplane/io/xdp.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "dataplane/net/client.h"
#include "dataplane/net/headers.h"
#include "link/wakeup.h"

namespace bowline::dataplane {

using link::Counter;

namespace {

// How long the kernel may have frames to send, or completed ones to give back, without our looking:
// it reports neither.
constexpr int kRetry_ms = 2;
// What the kernel sends by copying in one call (TX_BATCH_SIZE in net/xdp/xsk.c).
constexpr std::uint32_t kFramesPerKick = 32;
// The fill ring is topped up in steps of so many, that its cache line is not touched every burst.
constexpr std::uint32_t kRefillBatch = 32;

}  // namespace

dns::Result<std::unique_ptr<XdpIo>> XdpIo::open(const XdpQueue& queue,
                                                std::vector<FrameListener> listeners,
                                                int doorbell, link::Counters& counters) {
  auto memory = XdpMemory::map(queue);
  if (!memory) return dns::Error{memory.error()};
  link::Fd socket(::fcntl(queue.socket.get(), F_DUPFD_CLOEXEC, 0));
  if (!socket) {
    return dns::Error{queue.name() + ": cannot keep its socket: " + std::strerror(errno)};
  }
  std::unique_ptr<XdpIo> io(new XdpIo(std::move(*memory), std::move(socket),
                                      queue.announcement.port.mtu, std::move(listeners), doorbell,
                                      counters));
  return io;
}

XdpIo::XdpIo(XdpMemory memory, link::Fd socket, std::uint32_t mtu,
             std::vector<FrameListener> listeners, int doorbell, link::Counters& counters)
    : memory_(std::move(memory)),
      socket_(std::move(socket)),
      mtu_(mtu),
      listeners_(std::move(listeners)),
      doorbell_(doorbell),
      counters_(counters),
      refill_batch_(std::clamp(memory_.fill.size / 4, 1U, kRefillBatch)),
      free_(memory_.adopt()) {
  free_count_ = static_cast<std::uint32_t>(free_.size());
  free_.resize(memory_.frame_count());
  in_flight_ = unsent();
  kick_due_ = in_flight_ != 0;
  find_mode();
  refill(1);
}

void XdpIo::find_mode() {
  xdp_options options{};
  socklen_t size = sizeof options;
  if (::getsockopt(socket_.get(), SOL_XDP, XDP_OPTIONS, &options, &size) == 0) {
    zero_copy_ = (options.flags & XDP_OPTIONS_ZEROCOPY) != 0;
  }
  int busy_poll_us = 0;
  size = sizeof busy_poll_us;
  if (::getsockopt(socket_.get(), SOL_SOCKET, SO_BUSY_POLL, &busy_poll_us, &size) == 0) {
    drives_queue_ = busy_poll_us != 0;
  }
}

// Entries are released before they are looked into by anybody else: a packet that kills the
// dataplane is not met twice.
std::span<Packet> XdpIo::receive() {
  reclaim();
  refill(refill_batch_);
  if (kick_due_) [[unlikely]] kick();
  std::uint32_t at = 0;
  const std::uint32_t taken = xsk_ring_cons__peek(&memory_.received, answer::kBurst, &at);
  if (taken == 0) {
    if (drives_queue_ || xsk_ring_prod__needs_wakeup(&memory_.fill)) {
      (void)::recvfrom(socket_.get(), nullptr, 0, MSG_DONTWAIT, nullptr, nullptr);
    }
    return {};
  }
  std::size_t count = 0;
  for (std::uint32_t i = 0; i < taken; ++i) {
    const xdp_desc descriptor = *xsk_ring_cons__rx_desc(&memory_.received, at + i);
    if (accept_frame(descriptor, packets_[count])) ++count;
  }
  xsk_ring_cons__release(&memory_.received, taken);
  received_.add(taken);
  return {packets_.data(), count};
}

bool XdpIo::accept_frame(const xdp_desc& descriptor, Packet& packet) {
  if (!memory_.take(descriptor.addr)) [[unlikely]] {
    counters_.add(Counter::drop_bad_length);
    return false;
  }
  packet.data = memory_.octets() + descriptor.addr;
  packet.size = descriptor.len;
  packet.capacity = memory_.room(descriptor.addr);
  packet.slot = static_cast<std::uint32_t>(memory_.index(descriptor.addr));
  // make_reply() pads to the smallest frame.
  if (packet.size > packet.capacity || packet.capacity < net::kEthernetMinSize) [[unlikely]] {
    counters_.add(Counter::drop_bad_length);
    drop(packet);
    return false;
  }
  return true;
}

// Takes back what has been sent.
void XdpIo::reclaim() {
  std::uint32_t at = 0;
  while (const std::uint32_t count = xsk_ring_cons__peek(&memory_.completed, kXdpBatch, &at)) {
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::uint64_t address = *xsk_ring_cons__comp_addr(&memory_.completed, at + i);
      if (memory_.take(address)) set_free(static_cast<std::uint32_t>(memory_.index(address)));
    }
    xsk_ring_cons__release(&memory_.completed, count);
    in_flight_ -= std::min<std::uint64_t>(in_flight_, count);
  }
}

// Gives free frames to the kernel if it lacks at least `least`.
void XdpIo::refill(std::uint32_t least) {
  while (free_count_ > kReplyFrames) {
    const std::uint32_t missing = xsk_prod_nb_free(&memory_.fill, least);
    const std::uint32_t count = std::min({missing, free_count_ - kReplyFrames, kXdpBatch});
    if (count < least) return;
    std::uint32_t at = 0;
    (void)xsk_ring_prod__reserve(&memory_.fill, count, &at);
    free_count_ -= count;
    const std::span<const std::uint32_t> frames(&free_[free_count_], count);
    for (std::uint32_t i = 0; i < count; ++i) {
      *xsk_ring_prod__fill_addr(&memory_.fill, at + i) = memory_.address(frames[i]);
    }
    memory_.publish(memory_.fill, frames);
  }
}

void XdpIo::queue_frame(std::uint32_t frame, std::uint64_t address, std::uint32_t size) {
  std::uint32_t at = 0;
  if (xsk_ring_prod__reserve(&memory_.send, 1, &at) == 0) [[unlikely]] {
    counters_.add(Counter::send_failed);
    kick_due_ = true;
    return set_free(frame);
  }
  *xsk_ring_prod__tx_desc(&memory_.send, at) = {address, size, 0};
  pending_[pending_count_++] = frame;
  if (pending_count_ == kXdpBatch) [[unlikely]] publish();
}

void XdpIo::publish() {
  memory_.publish(memory_.send, {pending_.data(), pending_count_});
  in_flight_ += pending_count_;
  sent_.add(pending_count_);
  pending_count_ = 0;
  kick_due_ = true;
}

void XdpIo::flush() {
  if (pending_count_ != 0) publish();
  if (kick_due_) kick();
}

// Frames in the send ring that the kernel has not taken.
std::uint32_t XdpIo::unsent() const {
  return *memory_.send.producer - __atomic_load_n(memory_.send.consumer, __ATOMIC_ACQUIRE);
}

// Has the kernel send what is published. By copying it always has to be called, and stops after
// some frames, or where the socket's buffer or the interface takes no more: what is left is tried
// again, but not for an interface that is down: that would go on until somebody turns it on.
void XdpIo::kick() {
  const xsk_ring_prod& ring = memory_.send;
  kick_due_ = false;
  if (zero_copy_ && !xsk_ring_prod__needs_wakeup(&ring) && !drives_queue_) return;
  for (std::uint32_t tries = unsent() / kFramesPerKick + 1; tries > 0; --tries) {
    if (::sendto(socket_.get(), nullptr, 0, MSG_DONTWAIT, nullptr, 0) >= 0) break;
    if (errno == ENETDOWN || errno == ENXIO) return;  // goes with the next reply, if ever
    if (errno != EAGAIN && errno != EBUSY) break;
  }
  kick_due_ = !zero_copy_ && unsent() != 0;
}

void XdpIo::answer_to(const link::ClientContext& client, dns::Bytes message) {
  const bool known = std::any_of(
      listeners_.begin(), listeners_.end(),
      [&](const FrameListener& each) { return each.index == client.listener; });
  if (!known) return counters_.add(Counter::ask_stale);
  if (free_count_ == 0) reclaim();
  if (free_count_ == 0) return counters_.add(Counter::send_failed);
  const std::uint32_t frame = free_[--free_count_];
  const dns::MutableBytes room(memory_.frame(frame), memory_.frame_size());
  const std::size_t size = net::write_frame(room, client, message, mtu_);
  if (size == 0) {
    counters_.add(Counter::send_failed);
    return set_free(frame);
  }
  queue_frame(frame, memory_.address(frame), static_cast<std::uint32_t>(size));
}

void XdpIo::wait(int timeout_ms) {
  reclaim();
  refill(1);
  if (kick_due_) kick();
  const bool starved = in_flight_ != 0 && xsk_prod_nb_free(&memory_.fill, 1) != 0;
  if ((kick_due_ || starved) && (timeout_ms < 0 || timeout_ms > kRetry_ms)) timeout_ms = kRetry_ms;
  // Not epoll: a socket in its set costs locks for every frame on either way, also of a thread that
  // is awake. That was a sixth of the rate of a saturated veth.
  pollfd watched[] = {{socket_.get(), POLLIN, 0}, {doorbell_, POLLIN, 0}};
  if (::poll(watched, std::size(watched), timeout_ms) > 0 && watched[1].revents != 0) {
    link::drain_event(doorbell_);
  }
}

void XdpIo::report(link::PortQueueStatus& status) const {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  status.received.store(received_.get(), kRelaxed);
  status.sent.store(sent_.get(), kRelaxed);
  xdp_statistics statistics{};
  socklen_t size = sizeof statistics;
  if (::getsockopt(socket_.get(), SOL_XDP, XDP_STATISTICS, &statistics, &size) != 0) return;
  status.missed.store(statistics.rx_ring_full + statistics.rx_fill_ring_empty_descs, kRelaxed);
  status.failed.store(
      statistics.rx_dropped + statistics.rx_invalid_descs + statistics.tx_invalid_descs, kRelaxed);
}

}  // namespace bowline::dataplane
