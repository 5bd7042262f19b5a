// ExceptionPort: the way of a device's frames to the kernel and back.
//
// What a worker gets that is not DNS for us (ARP, ND, ICMP, TCP, other ports) goes to a TAP
// interface with the device's MAC address and MTU; what the kernel sends there goes out of the
// device. So the kernel works on an interface whose device it does not see.
//
//   worker of any queue --> to kernel ring --> thread of this port --> TAP
//   worker of queue 0 <-- from kernel ring <-- thread of this port <-- TAP
//
// Both rings are bounded, and lossy as a network is: a flood of foreign frames costs the workers no
// more than the attempt. The thread sleeps until the TAP or a worker has something; it is woken by
// an eventfd, with the protocol of link/wakeup.h. It is pinned nowhere.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <thread>

#include "dataplane/io/dpdk_device.h"
#include "dns/result.h"
#include "link/outcome.h"
#include "link/wakeup.h"

struct rte_mbuf;
struct rte_ring;

namespace bowline::dataplane {

// Frames that wait in each direction: a window of TCP at 1,500 octets a frame.
inline constexpr unsigned kExceptionFrames = 1024;

class ExceptionPort {
 public:
  // Gives the TAP the device's MAC address and MTU. The error is one line. Main thread, while the
  // process has its privileges. `number`: as that of the device.
  static dns::Result<std::unique_ptr<ExceptionPort>> make(link::Fd tap, const DpdkDevice& device,
                                                          unsigned number);
  ~ExceptionPort();  // ends the thread
  ExceptionPort(const ExceptionPort&) = delete;
  ExceptionPort& operator=(const ExceptionPort&) = delete;

  // Starts the thread. Main thread, after privileges are given up.
  void start();
  // Where the worker of queue 0 is woken. REQUIRES: before that worker runs.
  void set_doorbell(int doorbell) { doorbell_.store(doorbell, std::memory_order_release); }

  // A worker: hands a frame over. False: it is still the caller's, there is no room.
  bool give(rte_mbuf* frame);
  // A worker, after it gave frames.
  void wake();
  // The worker of queue 0: frames of the kernel, now the caller's. Returns how many.
  unsigned take(std::span<rte_mbuf*> frames);
  bool has_frames() const;
  // The worker of queue 0: frames lost here since the last time.
  std::uint64_t take_lost() {
    return lost_.load(std::memory_order_relaxed) == 0
               ? 0
               : lost_.exchange(0, std::memory_order_relaxed);
  }

  link::SleepFlag worker_sleep{};  // of the worker of queue 0

 private:
  ExceptionPort(link::Fd tap, const DpdkDevice& device);
  void run();
  bool write_frames();
  bool read_frames();
  rte_mbuf* read_frame();
  void wait();

  const link::Fd tap_;
  const DpdkDevice& device_;
  link::Fd bell_;  // the thread's eventfd
  rte_ring* to_kernel_ = nullptr;
  rte_ring* from_kernel_ = nullptr;
  rte_mbuf* spare_ = nullptr;  // of the thread: for the next frame that is read
  link::SleepFlag sleep_{};    // of the thread
  std::atomic<int> doorbell_{-1};
  std::atomic<bool> stop_{false};
  std::atomic<std::uint64_t> lost_{0};
  std::thread thread_;
};

}  // namespace bowline::dataplane
