// One DPDK device with its queues, for the programs of perf/. Main thread only.
#pragma once

#include <rte_ethdev.h>
#include <rte_mempool.h>

#include <cstdint>
#include <string>

#include "dns/result.h"

namespace bowline::perf {

inline constexpr std::uint16_t kDpdkBurst = 64;

struct Device {
  std::uint16_t port = 0;
  std::uint16_t queues = 1;  // each way
  rte_mempool* buffers = nullptr;
};

// Starts EAL (in memory, 64 MiB of hugepages and 16 more a further queue, no PCI scan unless
// `device` is a PCI address) and the device, promiscuous; what it receives is spread over the
// queues if it can do that. REQUIRES: once in a process. Error: one line with what to do.
dns::Result<Device> open_device(const std::string& program, const std::string& device,
                                std::uint16_t queues = 1);

// Stops and closes it, and ends EAL. Files and shared memory of the device are gone then.
void close_device(const Device& device);

}  // namespace bowline::perf
