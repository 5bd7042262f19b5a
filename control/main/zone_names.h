// Zones as a request names them, found in the configuration.
//
// Control's main thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "control/config/config.h"
#include "control/main/dispatch.h"

namespace bowline::control {

// What one zone argument means.
struct NamedZone {
  std::string text;   // as the client wrote it
  dns::Name name;
  std::size_t index;  // in the configuration
};

// Whether the arguments mean all zones: none is named, or `--` is. Filters do not count.
bool means_all_zones(const std::vector<std::string>& arguments);

// The zones that the arguments name, filters left out. For each that is no name, or not in the
// configuration, the answer gets a failure.
std::vector<NamedZone> find_zones(const config::Config& config,
                                  const std::vector<std::string>& arguments,
                                  api::Response& answer);

}  // namespace bowline::control
