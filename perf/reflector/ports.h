// The two links that the reflector works on. Called by its main thread only.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "dns/result.h"

namespace bowline::perf {

struct Counts {
  std::uint64_t received = 0;   // frames
  std::uint64_t reflected = 0;  // of these
  std::uint64_t bursts = 0;     // that were not empty
};

// One AF_XDP socket on one queue: native copy mode, need-wakeup. UDP to `port` is redirected to it,
// the rest stays with the kernel. Reflects until `stop`. Error: one line with what to do.
dns::Result<Counts> reflect_xdp(const std::string& interface, std::uint32_t queue,
                                std::uint16_t port, const std::atomic<bool>& stop);

// One queue of one DPDK device, a device string as EAL takes it ("net_memif0,role=server,...").
// Polls until `stop`. REQUIRES: called once in a process.
dns::Result<Counts> reflect_dpdk(const std::string& device, const std::atomic<bool>& stop);

}  // namespace bowline::perf
