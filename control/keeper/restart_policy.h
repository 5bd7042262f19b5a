// RestartPolicy: how long the keeper waits before it starts a child again.
//
// At once, unless the child died before it was ready (it would most likely die again) or died ten
// times in ten seconds. The keeper's thread only; the clock is the caller's.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace bowline::control::keeper {

class RestartPolicy {
 public:
  static constexpr std::size_t kBurst = 10;                // deaths that make a storm ...
  static constexpr std::uint64_t kBurstWindow_ms = 10'000;  // ... within this time
  // In a storm: a quarter of the second within which service has to be back.
  static constexpr std::uint64_t kStormDelay_ms = 250;
  static constexpr std::uint64_t kFirstDelay_ms = 100;     // short: a slow disk, a port just freed
  static constexpr std::uint64_t kMaxDelay_ms = 10'000;    // rare enough to read the log meanwhile

  // The child serves: its next death is not a failed start.
  void ready() {
    ready_ = true;
    failed_starts_ = 0;
  }

  // Returns the milliseconds to wait after a death at `now_ms`.
  std::uint64_t delay_after_death(std::uint64_t now_ms) {
    std::uint64_t delay = 0;
    if (!ready_) {
      delay = std::min(kMaxDelay_ms, kFirstDelay_ms << std::min(failed_starts_, 10U));
      ++failed_starts_;
    }
    ready_ = false;
    // The slot that is about to be overwritten holds the death kBurst deaths ago.
    std::uint64_t& slot = deaths_[count_++ % kBurst];
    const bool storm = count_ >= kBurst && now_ms - oldest() < kBurstWindow_ms;
    slot = now_ms;
    return storm ? std::max(delay, kStormDelay_ms) : delay;
  }

  // Deaths in a row before it was ready.
  unsigned failed_starts() const { return failed_starts_; }

 private:
  // Of the last kBurst - 1 deaths, before the one that is being noted.
  std::uint64_t oldest() const { return deaths_[count_ % kBurst]; }

  std::array<std::uint64_t, kBurst> deaths_{};
  std::size_t count_ = 0;
  unsigned failed_starts_ = 0;
  bool ready_ = false;
};

}  // namespace bowline::control::keeper
