// Heartbeats: whether control, the dataplane, and each of its threads still beat (link/exchange.h).
//
// The keeper's thread only; the clock is the caller's. What is not expected to beat, because it
// does not run or just starts, is not missed.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "link/exchange.h"

namespace bowline::control::keeper {

class Heartbeats {
 public:
  // A beat is promised once a second; a loaded machine gets as long again.
  static constexpr std::uint64_t kLate_ms = 2'000;

  struct Expected {
    bool control = false;
    bool dataplane = false;  // its main thread
    unsigned threads = 0;    // of the dataplane
  };

  // Returns who is late, for people; empty: nobody.
  std::string look(const link::Exchange& exchange, const Expected& expected, std::uint64_t now_ms);

 private:
  struct Beat {
    std::uint64_t value = 0;
    std::uint64_t seen_ms = 0;  // when it last was another
  };

  static bool is_late(Beat& beat, bool expected, std::uint64_t value, std::uint64_t now_ms);

  Beat control_;
  Beat dataplane_;
  std::array<Beat, link::kMaxThreads> threads_{};
};

}  // namespace bowline::control::keeper
