// Pacer: how many questions are due at a set rate.
//
// A token bucket without tokens: what is due is what the clock says less what was sent. A sender
// that was held up does not make up for more than kMaxBehind: that would be a burst, not a rate.
// One thread; time is a parameter, in nanoseconds.
#pragma once

#include <algorithm>
#include <cstdint>

namespace bowline::perf::pktgen {

inline constexpr std::uint64_t kSecond_ns = 1'000'000'000;
inline constexpr std::uint64_t kMaxBehind_ns = 1'000'000;
inline constexpr std::uint64_t kMaxRate = 1'000'000'000;  // a second's tokens fit into 64 bits

class Pacer {
 public:
  // REQUIRES: 1 <= rate <= kMaxRate, in questions a second.
  Pacer(std::uint64_t rate, std::uint64_t start_ns) : rate_(rate), start_ns_(start_ns) {}

  // Questions due at `now_ns`, which never goes back.
  std::uint64_t due(std::uint64_t now_ns) {
    while (now_ns - start_ns_ >= kSecond_ns && sent_ >= rate_) {
      start_ns_ += kSecond_ns;
      sent_ -= rate_;
    }
    const std::uint64_t earned = tokens(now_ns - start_ns_);
    if (earned <= sent_) return 0;
    const std::uint64_t most = std::max<std::uint64_t>(1, tokens(kMaxBehind_ns));
    sent_ = std::max(sent_, earned - std::min(earned, most));
    return earned - sent_;
  }

  // So many of them went out. REQUIRES: no more than due() said.
  void sent(std::uint64_t count) { sent_ += count; }

 private:
  std::uint64_t tokens(std::uint64_t span_ns) const {
    return span_ns / kSecond_ns * rate_ + span_ns % kSecond_ns * rate_ / kSecond_ns;
  }

  const std::uint64_t rate_;
  std::uint64_t start_ns_;
  std::uint64_t sent_ = 0;  // or given up, since start_ns_
};

}  // namespace bowline::perf::pktgen
