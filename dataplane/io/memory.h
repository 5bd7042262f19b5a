// MemoryIo: a port whose wire is an array of Ethernet frames. For tests and benchmarks.
//
// A ring of buffers as a NIC's queue has it. The owner of the other end of the wire fills buffers
// with arrive(), the worker takes and rewrites them in place, and what was sent is found with
// sent() in the buffers it lies in, until they are filled again. One thread plays both ends.
#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "answer/query.h"
#include "dataplane/io/packet_io.h"
#include "dataplane/net/client.h"

namespace bowline::dataplane {

class MemoryIo {
 public:
  static constexpr bool kFrames = true;
  static constexpr unsigned kPatience = 1;  // nobody sleeps
  static constexpr std::size_t kMaxBuffers = 1024;   // as a NIC's queue: frames come from L2
  static constexpr std::size_t kBufferSize = 2048;   // a frame of 1,518 octets with room for tags

  struct Sent {
    const std::uint8_t* data;
    std::size_t size;
    std::uint32_t slot;  // buffer of the request that it answers, or kMaxBuffers: of an answer_to()
  };

  // REQUIRES: burst <= answer::kBurst.
  explicit MemoryIo(std::size_t burst = answer::kBurst)
      : burst_(burst), octets_(std::make_unique<Buffer[]>(kMaxBuffers + 1)) {
    assert(burst <= answer::kBurst);
  }

  // ---- The wire's other end ----

  // The buffer that the next arrive() hands over, kBufferSize octets. REQUIRES: !full().
  std::uint8_t* next_buffer() { return buffer(arrived_ % kMaxBuffers); }
  void arrive(std::size_t size) {
    assert(!full() && size <= kBufferSize);
    sizes_[arrived_++ % kMaxBuffers] = static_cast<std::uint32_t>(size);
  }
  // Copies `frame` into the ring. REQUIRES: !full().
  void arrive(dns::Bytes frame) {
    std::copy(frame.begin(), frame.end(), next_buffer());
    arrive(frame.size());
  }
  bool full() const { return arrived_ - received_ == kMaxBuffers; }
  bool idle() const { return arrived_ == received_; }
  std::span<const Sent> sent() const { return {sent_.data(), sent_count_}; }
  // REQUIRES: done before more than kMaxBuffers frames were sent since the last time.
  void forget_sent() { sent_count_ = 0; }

  // ---- PacketIo ----

  std::span<Packet> receive() {
    const std::size_t count = std::min<std::size_t>(burst_, arrived_ - received_);
    for (std::size_t i = 0; i < count; ++i) {
      const auto slot = static_cast<std::uint32_t>(received_++ % kMaxBuffers);
      packets_[i].data = buffer(slot);
      packets_[i].size = sizes_[slot];
      packets_[i].capacity = kBufferSize;
      packets_[i].slot = slot;
    }
    return {packets_.data(), count};
  }
  void send(Packet& packet) { keep({packet.data, packet.size, packet.slot}); }
  void drop(Packet&) {}
  bool pass(Packet&, link::Counter) { return false; }  // there is no kernel
  void flush() {}
  bool describe(const Packet& received, link::ClientContext& context) {
    net::describe(received.data, received.datagram, context);
    return true;
  }
  void answer_to(const link::ClientContext& client, dns::Bytes message) {
    const dns::MutableBytes spare(buffer(kMaxBuffers), kBufferSize);
    const std::size_t size = net::write_frame(spare, client, message, net::kEthernetMtu);
    if (size != 0) keep({spare.data(), size, kMaxBuffers});
  }
  void wait(int) {}  // nothing arrives by itself

 private:
  struct alignas(64) Buffer {
    std::uint8_t octets[kBufferSize];
  };

  std::uint8_t* buffer(std::size_t slot) { return octets_[slot].octets; }
  void keep(const Sent& sent) {
    assert(sent_count_ < kMaxBuffers);
    sent_[sent_count_++] = sent;
  }

  const std::size_t burst_;
  std::unique_ptr<Buffer[]> octets_;
  std::array<std::uint32_t, kMaxBuffers> sizes_{};
  std::uint64_t arrived_ = 0;
  std::uint64_t received_ = 0;
  std::array<Packet, answer::kBurst> packets_;
  std::array<Sent, kMaxBuffers> sent_;
  std::size_t sent_count_ = 0;
};

static_assert(PacketIo<MemoryIo>);

}  // namespace bowline::dataplane
