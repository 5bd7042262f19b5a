// The real DpdkPorts (dataplane/dpdk_ports.h): EAL, the devices, their exception ports and workers.
//
// Only the program bowline-dataplane and the tests of this folder link it. Main thread.
#pragma once

#include <memory>

#include "dataplane/dpdk_ports.h"

namespace bowline::dataplane {

// One in a process: EAL cannot be started twice.
std::unique_ptr<DpdkPorts> make_dpdk_ports();

}  // namespace bowline::dataplane
