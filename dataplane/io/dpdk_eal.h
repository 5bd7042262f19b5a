// EAL: DPDK's environment in this process, and what it has to say about its errors.
//
// Started once, for the life of the process, by the main thread while it has its privileges.
// Drivers are loaded only then. EAL keeps everything in memory that dies with the process: no
// files, no configuration shared with other processes, no telemetry socket.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dns/result.h"

namespace bowline::dataplane {

struct EalOptions {
  unsigned memory_mib = 0;           // taken at once
  bool huge_pages = true;            // of 2 MiB or 1 GiB; false: ordinary memory
  std::vector<std::string> devices;  // all that open_eal_device() will be called for
};

// Starts EAL; the affinity of the calling thread is the same afterwards. The error is one line that
// says what to do. REQUIRES: called once.
dns::Result<void> start_eal(const EalOptions& options);

// Probes one of the devices and gives its number (DPDK's port id). REQUIRES: start_eal() was well.
dns::Result<std::uint16_t> open_eal_device(const std::string& device);

// The name of a device: without its arguments.
std::string_view device_name(std::string_view device);

// "what: why: the first error that DPDK logged since the last call", of this or
// forget_eal_errors(). `error`: an errno, of any sign.
std::string explain_eal_error(std::string_view what, int error);
void forget_eal_errors();

// No worker of DPDK outlives this; ends its threads.
void stop_eal();

}  // namespace bowline::dataplane
