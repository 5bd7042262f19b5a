// ThreadPlan: which thread of the dataplane does what.
//
// In this order: the queues of XDP interfaces, the queues of DPDK devices, workers of sockets,
// stream threads. All but the last are "workers" of the greeting. Plain values; a pure function.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "dns/result.h"
#include "link/handover.h"

namespace bowline::control::keeper {

struct ThreadWishes {
  std::vector<unsigned> xdp_queues{};  // of each interface
  unsigned devices = 0;                // of DPDK
  unsigned device_queues = 1;          // of each
  unsigned socket_workers = 0;         // 0: sockets answer nothing over UDP
  unsigned streams = 1;
  std::vector<unsigned> cores{};       // of the workers, in their order; empty: not pinned
  // socket-affinity: CPUs that socket workers without a core take in turn, and, with
  // streams_too (they have sockets of their own), the streams. Empty: none.
  std::vector<unsigned> affinity{};
  bool streams_too = false;
};

struct ThreadPlan {
  std::vector<unsigned> first_of_interface;  // the thread of its queue 0
  std::vector<unsigned> first_of_device;
  unsigned first_of_sockets = 0;
  unsigned socket_workers = 0;
  unsigned workers = 0;  // 1 or more
  unsigned threads = 0;  // workers and streams, at most link::kMaxThreads
  std::array<std::int16_t, link::kMaxThreads> cores{};  // of all threads, or link::kNoCore
};

// Queues get a thread each, or it is an error, which names the options to change. Socket workers
// and streams, whose number is often that of the processors, get what is left, at least one.
dns::Result<ThreadPlan> plan_threads(const ThreadWishes& wishes);

}  // namespace bowline::control::keeper
