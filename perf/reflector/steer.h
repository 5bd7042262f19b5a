// The reflector's XDP program: UDP to one port goes to the AF_XDP socket of the queue.
#pragma once

#include <cstdint>

#include "dns/result.h"

namespace bowline::perf {

// Loads the program for `port` with the XSKMAP `map`. Returns its descriptor; the caller closes it.
dns::Result<int> load_steering(int map, std::uint16_t port);

}  // namespace bowline::perf
