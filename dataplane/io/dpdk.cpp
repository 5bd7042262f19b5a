#include "dataplane/io/dpdk.h"

#include <poll.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include <algorithm>
#include <ctime>

#include "dataplane/net/client.h"
#include "dataplane/net/headers.h"
#include "link/wakeup.h"

namespace bowline::dataplane {

using link::Counter;

namespace {

// These devices wake nobody. An idle worker looks again after a short sleep, so that the next
// question of a sparse stream hardly waits; the longer it finds nothing the longer it sleeps, up to
// what a client does not notice and a queue of the device can hold. At the longest the looks take a
// few percent of a core.
constexpr std::int64_t kShortestWait_ns = 20'000;
constexpr std::int64_t kLongestWait_ns = 250'000;

constexpr std::int64_t kNanosecondsPerMillisecond = 1'000'000;

// What a device found right in a received frame. What it found wrong is checked again, which costs
// bad frames no less than the others.
std::uint8_t checked(std::uint64_t flags) {
  std::uint8_t bits = 0;
  if ((flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) == RTE_MBUF_F_RX_IP_CKSUM_GOOD) bits |= net::kIpChecked;
  if ((flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) == RTE_MBUF_F_RX_L4_CKSUM_GOOD) {
    bits |= net::kUdpChecked;
  }
  return bits;
}

// Tells the device what to fill in.
void request_checksums(rte_mbuf& frame, const net::Datagram& datagram) {
  frame.ol_flags &= RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL;
  if ((datagram.device & (net::kIpFilled | net::kUdpFilled)) == 0) return;
  frame.tx_offload = 0;
  frame.l2_len = datagram.ip & 0x7fU;  // at most two tags: 22
  frame.l3_len = datagram.ipv6 ? net::kIpv6Size : net::kIpv4Size;
  frame.ol_flags |= datagram.ipv6 ? RTE_MBUF_F_TX_IPV6 : RTE_MBUF_F_TX_IPV4;
  if ((datagram.device & net::kIpFilled) != 0 && !datagram.ipv6) {
    frame.ol_flags |= RTE_MBUF_F_TX_IP_CKSUM;
  }
  if ((datagram.device & net::kUdpFilled) != 0) frame.ol_flags |= RTE_MBUF_F_TX_UDP_CKSUM;
}

}  // namespace

DpdkIo::DpdkIo(const DpdkDevice& device, Options options, link::Counters& counters)
    : device_(device),
      options_(std::move(options)),
      counters_(counters),
      wait_ns_(kShortestWait_ns) {
  if (options_.exception != nullptr && options_.queue == 0) {
    options_.exception->set_doorbell(options_.doorbell);
  }
}

DpdkIo::~DpdkIo() {
  for (std::size_t i = 0; i < send_count_; ++i) ::rte_pktmbuf_free(sends_[i]);
}

std::span<Packet> DpdkIo::receive() {
  if (options_.exception != nullptr && options_.queue == 0) forward_from_kernel();
  std::array<rte_mbuf*, answer::kBurst> taken;
  const std::size_t arrived =
      ::rte_eth_rx_burst(device_.port(), static_cast<std::uint16_t>(options_.queue), taken.data(),
                         static_cast<std::uint16_t>(taken.size()));
  if (arrived == 0) return {};
  wait_ns_ = kShortestWait_ns;
  std::size_t count = 0;
  for (std::size_t i = 0; i < arrived; ++i) {
    Packet& packet = packets_[count];
    if (!accept(taken[i], packet)) continue;
    packet.slot = static_cast<std::uint32_t>(count);
    frames_[count++] = taken[i];
  }
  return {packets_.data(), count};
}

// A frame in several buffers is longer than the MTU that the device was given.
bool DpdkIo::accept(rte_mbuf* frame, Packet& packet) {
  if (frame->nb_segs != 1) [[unlikely]] {
    counters_.add(Counter::drop_oversized);
    ::rte_pktmbuf_free(frame);
    return false;
  }
  packet.data = rte_pktmbuf_mtod(frame, std::uint8_t*);
  packet.size = frame->data_len;
  packet.capacity = static_cast<std::uint32_t>(frame->buf_len - frame->data_off);
  packet.datagram.device = device_.fills();
  if (device_.checks()) packet.datagram.device |= checked(frame->ol_flags);
  return true;
}

void DpdkIo::send(Packet& packet) {
  rte_mbuf* const frame = frames_[packet.slot];
  const std::uint8_t* const before = rte_pktmbuf_mtod(frame, std::uint8_t*);
  frame->data_off = static_cast<std::uint16_t>(frame->data_off + (packet.data - before));
  frame->data_len = static_cast<std::uint16_t>(packet.size);
  frame->pkt_len = packet.size;
  request_checksums(*frame, packet.datagram);
  sends_[send_count_++] = frame;
}

void DpdkIo::drop(Packet& packet) { ::rte_pktmbuf_free(frames_[packet.slot]); }

void DpdkIo::flush() {
  if (send_count_ != 0) {
    (void)transmit({sends_.data(), send_count_}, Counter::send_failed);
    send_count_ = 0;
  }
  if (gave_) {
    gave_ = false;
    options_.exception->wake();
  }
}

std::size_t DpdkIo::transmit(std::span<rte_mbuf*> frames, Counter lost) {
  const std::size_t sent =
      ::rte_eth_tx_burst(device_.port(), static_cast<std::uint16_t>(options_.queue), frames.data(),
                         static_cast<std::uint16_t>(frames.size()));
  if (sent == frames.size()) return sent;
  counters_.add(lost, frames.size() - sent);
  for (rte_mbuf* const frame : frames.subspan(sent)) ::rte_pktmbuf_free(frame);
  return sent;
}

bool DpdkIo::describe(const Packet& received, link::ClientContext& context) const {
  describe_client(received.data, received.datagram, options_.listeners, context);
  return true;
}

void DpdkIo::answer_to(const link::ClientContext& client, dns::Bytes message) {
  rte_mbuf* const frame = ::rte_pktmbuf_alloc(device_.pool());
  if (frame == nullptr) return counters_.add(Counter::send_failed);
  const dns::MutableBytes room(rte_pktmbuf_mtod(frame, std::uint8_t*),
                               rte_pktmbuf_tailroom(frame));
  const std::size_t size = net::write_frame(room, client, message, device_.mtu());
  if (size == 0) {
    ::rte_pktmbuf_free(frame);
    return counters_.add(Counter::send_failed);
  }
  (void)rte_pktmbuf_append(frame, static_cast<std::uint16_t>(size));
  if (send_count_ == sends_.size()) flush();
  sends_[send_count_++] = frame;
}

// ---- The kernel ---------------------------------------------------------------------------------

bool DpdkIo::pass(Packet& packet, Counter reason) {
  const bool was_for_us =
      reason == Counter::drop_source_port_zero || reason == Counter::drop_bad_source ||
      reason == Counter::drop_no_checksum || reason == Counter::drop_bad_checksum;
  if (was_for_us || options_.exception == nullptr) return false;
  if (options_.exception->give(frames_[packet.slot])) {
    counters_.add(Counter::exception_to_kernel);
    gave_ = true;
  } else {
    counters_.add(Counter::exception_lost);
    drop(packet);
  }
  return true;
}

void DpdkIo::forward_from_kernel() {
  if (const std::uint64_t lost = options_.exception->take_lost()) [[unlikely]] {
    counters_.add(Counter::exception_lost, lost);
  }
  std::array<rte_mbuf*, answer::kBurst> frames;
  const std::size_t count = options_.exception->take(frames);
  if (count == 0) return;
  wait_ns_ = kShortestWait_ns;
  const std::size_t sent = transmit({frames.data(), count}, Counter::exception_lost);
  counters_.add(Counter::exception_from_kernel, sent);
}

void DpdkIo::wait(int timeout_ms) {
  const bool is_first = options_.exception != nullptr && options_.queue == 0;
  if (is_first) {
    options_.exception->worker_sleep.about_to_sleep();
    if (options_.exception->has_frames()) return options_.exception->worker_sleep.awake();
  }
  std::int64_t time = wait_ns_;
  if (timeout_ms >= 0) time = std::min(time, timeout_ms * kNanosecondsPerMillisecond);
  const timespec limit{0, static_cast<long>(time)};
  pollfd wanted{options_.doorbell, POLLIN, 0};
  if (::ppoll(&wanted, 1, &limit, nullptr) > 0) link::drain_event(options_.doorbell);
  wait_ns_ = std::min(wait_ns_ * 2, kLongestWait_ns);
  if (is_first) options_.exception->worker_sleep.awake();
}

}  // namespace bowline::dataplane
