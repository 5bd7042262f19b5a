// Watch: what the server does, refreshed each second.
//
// One thread. On a terminal it takes the screen until q, Ctrl-C or the end of the server, and gives
// it back as it was; else it prints a line each second.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "control/client/options.h"
#include "control/client/remote.h"

namespace bowline::control::client {

// What one look at the server brings.
struct Sample {
  double time_s = 0;  // of a monotonic clock
  std::map<std::string, std::uint64_t> counters;
  std::map<std::string, std::string> status;
};

// What happened between two looks.
struct Activity {
  double queries = 0;                                  // a second
  double dropped = 0;                                  // a second
  std::vector<std::pair<std::string, double>> rcodes;  // answers a second, most first
};

// REQUIRES: later.time_s > earlier.time_s. Counters that went back (a new generation) count as 0.
Activity activity_of(const Sample& earlier, const Sample& later);

// One line for a file or pipe.
std::string activity_line(const Sample& sample, const Activity& activity);
// Lines for a screen of so many columns, without control sequences but colours.
std::vector<std::string> activity_screen(const Sample& sample, const Activity& activity,
                                         std::size_t width, bool colour);

// Watches until it is ended, or for `count` seconds. Returns the exit code: kDone after q or
// Ctrl-C, kNotReached or kNoAnswer when the server went.
int watch(const Remote& remote, std::optional<unsigned> count, bool colour);

}  // namespace bowline::control::client
