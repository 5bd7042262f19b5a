// Zone check: `bowline-control --zone-check SOURCE [--force] -- [ZONE...]`, which bowlinec runs for
// zone-check. Loads zones as the server would, with the rights of whoever calls, and serves none.
//
// A process of its own, one thread. Frames of the control protocol go to standard output.
#pragma once

#include <span>
#include <string>

namespace bowline::control {

// `words`: what follows --zone-check. Returns the exit code: 0, or 1 if something is wrong.
int check_zones(std::span<char* const> words);

}  // namespace bowline::control
