// DpdkIo: a pair of queues of a DPDK device as a port of frames, and the exception port beside it.
//
// Frames stay in the buffers that the device received them into: a reply is written over its
// request and the same buffer is sent. Frames that net::parse() refuses go to the kernel, unless
// they were for one of our listeners and bad. One thread, the worker of the queue.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "answer/query.h"
#include "dataplane/io/dpdk_device.h"
#include "dataplane/io/dpdk_exception.h"
#include "dataplane/io/frame_listener.h"
#include "dataplane/io/packet_io.h"
#include "link/counters.h"

struct rte_mbuf;

namespace bowline::dataplane {

class DpdkIo {
 public:
  static constexpr bool kFrames = true;
  static constexpr unsigned kPatience = 500;  // of 40 ns: the shortest wait()

  struct Options {
    unsigned queue = 0;
    std::vector<FrameListener> listeners;
    int doorbell = -1;                   // the thread's eventfd
    ExceptionPort* exception = nullptr;  // none: refused frames are dropped
  };

  // `device`, the exception port and `counters` outlive it.
  DpdkIo(const DpdkDevice& device, Options options, link::Counters& counters);
  ~DpdkIo();
  DpdkIo(const DpdkIo&) = delete;
  DpdkIo& operator=(const DpdkIo&) = delete;

  // PacketIo and FrameIo.
  std::span<Packet> receive();
  void send(Packet& packet);
  void drop(Packet& packet);
  void flush();
  bool describe(const Packet& received, link::ClientContext& context) const;
  void answer_to(const link::ClientContext& client, dns::Bytes message);
  void wait(int timeout_ms);
  bool pass(Packet& packet, link::Counter reason);

 private:
  // Replies of one burst; those of control beyond are flushed between.
  static constexpr std::size_t kSendRoom = 2 * answer::kBurst;

  bool accept(rte_mbuf* frame, Packet& packet);
  void forward_from_kernel();
  // Sends frames, frees and counts as `lost` what the device does not take. Returns how many it
  // took.
  std::size_t transmit(std::span<rte_mbuf*> frames, link::Counter lost);

  const DpdkDevice& device_;
  const Options options_;
  link::Counters& counters_;
  std::int64_t wait_ns_;  // of the next wait
  bool gave_ = false;     // frames to the exception port since the last flush
  std::size_t send_count_ = 0;
  std::array<rte_mbuf*, answer::kBurst> frames_;  // of packets_[i]
  std::array<Packet, answer::kBurst> packets_;
  std::array<rte_mbuf*, kSendRoom> sends_;
};

static_assert(PacketIo<DpdkIo> && FrameIo<DpdkIo>);

}  // namespace bowline::dataplane
