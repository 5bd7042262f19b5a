// XdpIo: one queue of a network interface by AF_XDP as a port for Ethernet frames.
//
// Socket and frames come from the keeper and outlive this process: a new one carries on where the
// one before was killed (xdp_memory.h). Each frame of the memory is at any time either free, in a
// packet of the open burst, written to the send ring, or with the kernel. Free ones go to the fill
// ring, but for some that are kept for replies of control. One thread, but for report().
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "answer/query.h"
#include "dataplane/io/frame_listener.h"
#include "dataplane/io/packet_io.h"
#include "dataplane/io/xdp_memory.h"
#include "link/counters.h"
#include "link/outcome.h"
#include "link/ports.h"

namespace bowline::dataplane {

class XdpIo {
 public:
  static constexpr bool kFrames = true;
  static constexpr unsigned kPatience = 500;  // of 16 ns: what a wake-up takes
  // Free frames that the fill ring does not get: replies of control in one burst.
  static constexpr std::uint32_t kReplyFrames = 64;

  // Takes the queue over. `doorbell` is the thread's eventfd. `counters` gets what is dropped here.
  // The descriptors of `queue` need not stay open. The error is one line.
  static dns::Result<std::unique_ptr<XdpIo>> open(const XdpQueue& queue,
                                                  std::vector<FrameListener> listeners,
                                                  int doorbell, link::Counters& counters);
  XdpIo(const XdpIo&) = delete;
  XdpIo& operator=(const XdpIo&) = delete;

  // PacketIo.
  std::span<Packet> receive();
  void send(Packet& packet) {
    queue_frame(packet.slot, static_cast<std::uint64_t>(packet.data - memory_.octets()),
                packet.size);
  }
  void drop(Packet& packet) { set_free(packet.slot); }
  void flush();
  bool describe(const Packet& received, link::ClientContext& context) const {
    describe_client(received.data, received.datagram, listeners_, context);
    return true;
  }
  void answer_to(const link::ClientContext& client, dns::Bytes message);
  void wait(int timeout_ms);

  // FrameIo: the program in the kernel passes on what is not ours before it gets here.
  bool pass(Packet&, link::Counter) { return false; }

  // Stores the queue's numbers. Any thread.
  void report(link::PortQueueStatus& status) const;

  // Frames that are free, for tests.
  std::uint32_t free_frames() const { return free_count_; }

 private:
  // A lone writer's number that others may read.
  class Total {
   public:
    void add(std::uint64_t count) {
      value_.store(value_.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
    }
    std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

   private:
    std::atomic<std::uint64_t> value_{0};
  };

  XdpIo(XdpMemory memory, link::Fd socket, std::uint32_t mtu,
        std::vector<FrameListener> listeners, int doorbell, link::Counters& counters);
  void find_mode();
  bool accept_frame(const xdp_desc& descriptor, Packet& packet);
  void set_free(std::uint32_t frame) { free_[free_count_++] = frame; }
  void reclaim();
  void refill(std::uint32_t least);
  void queue_frame(std::uint32_t frame, std::uint64_t address, std::uint32_t size);
  void publish();
  void kick();
  std::uint32_t unsent() const;

  XdpMemory memory_;
  const link::Fd socket_;
  const std::uint32_t mtu_;
  const std::vector<FrameListener> listeners_;
  const int doorbell_;
  link::Counters& counters_;
  bool zero_copy_ = false;
  bool drives_queue_ = false;    // preferred busy polling: the kernel works when it is called
  bool kick_due_ = false;        // the kernel has not taken all that is published to be sent
  std::uint32_t refill_batch_;   // that are missing before the fill ring is touched
  std::uint32_t free_count_ = 0;
  std::uint32_t pending_count_ = 0;
  std::uint64_t in_flight_ = 0;  // published to be sent and not known to be completed
  std::vector<std::uint32_t> free_;                // a stack with room for all frames
  std::array<std::uint32_t, kXdpBatch> pending_;   // written to the send ring, not published
  std::array<Packet, answer::kBurst> packets_;
  Total received_;
  Total sent_;
};

static_assert(PacketIo<XdpIo> && FrameIo<XdpIo>);

}  // namespace bowline::dataplane
