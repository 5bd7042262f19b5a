// The keeper's clock.
#pragma once

#include <cstdint>
#include <ctime>

namespace bowline::control::keeper {

// CLOCK_MONOTONIC.
inline std::uint64_t now_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1000 +
         static_cast<std::uint64_t>(now.tv_nsec) / 1'000'000;
}

}  // namespace bowline::control::keeper
