// What is counted, under the names of `stats`: module.counter.
//
// Control's main thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "control/main/parts.h"

namespace bowline::control {

struct CounterValue {
  std::string name;  // "server.zone-count"
  std::uint64_t value = 0;
};

// All counters of the server: `server` (as of knotd), `dataplane`, `control`, `xdp` where there are
// XDP programs. The error: those of the XDP programs cannot be read.
dns::Result<std::vector<CounterValue>> read_counters(const Parts& parts);

// The counters of one zone: `zone`. Those of modules come with the modules.
std::vector<CounterValue> zone_counters(const store::ZoneStatus& zone);

// Whether the counter is meant by "module" or "module.counter"; empty: all are.
bool is_meant(std::string_view counter, std::string_view wanted);

}  // namespace bowline::control
