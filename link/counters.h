// Counters: what the threads of the dataplane count, and how others read it.
//
//   field       writer     meaning
//   value[c]    thread i   total of counter c since the dataplane started, as of the end of a burst
//
// A thread counts in its private Counters and commits once a burst, by plain (relaxed) stores to
// its own block: no other thread's lines are touched in the loop, and no atomic additions are made.
// Anybody reads with relaxed loads; values of different counters may be a burst apart. Readers only
// display them.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <string_view>

#include "link/segment.h"

namespace bowline::link {

enum class CounterGroup : std::uint8_t { traffic, drop, rcode, ask, tcp, port };

enum class Counter : std::uint16_t {
#define COUNTER(group, identifier, name, help) identifier,
#include "link/counters.def"
#undef COUNTER
};

struct CounterInfo {
  CounterGroup group;
  std::string_view name;
  std::string_view help;
};

// By Counter.
inline constexpr CounterInfo kCounterInfo[] = {
#define COUNTER(group, identifier, name, help) {CounterGroup::group, name, help},
#include "link/counters.def"
#undef COUNTER
};

inline constexpr std::size_t kCounterCount = std::size(kCounterInfo);

using CounterTotals = std::array<std::uint64_t, kCounterCount>;

// The shared part, one for each thread. Zeroed memory is a block of zeros.
struct alignas(kCacheLine) CounterBlock {
  std::atomic<std::uint64_t> value[kCounterCount];
};

// The private part. One thread.
class Counters {
 public:
  void add(Counter counter, std::uint64_t count = 1) {
    const auto index = static_cast<std::size_t>(counter);
    totals_[index] += count;
    dirty_ |= std::uint64_t{1} << (index / kPerLine);
  }

  // Makes what was added since the last commit visible. Touches only lines with a changed counter.
  void commit(CounterBlock& block) {
    while (dirty_ != 0) {
      const auto line = static_cast<std::size_t>(__builtin_ctzll(dirty_));
      dirty_ &= dirty_ - 1;
      const std::size_t end = std::min((line + 1) * kPerLine, kCounterCount);
      for (std::size_t i = line * kPerLine; i < end; ++i) {
        block.value[i].store(totals_[i], std::memory_order_relaxed);
      }
    }
  }

  // Makes the next commit() write every counter: after a change to the block of a new exchange.
  void touch_all() { dirty_ = kAllLines; }

  std::uint64_t total(Counter counter) const {
    return totals_[static_cast<std::size_t>(counter)];
  }

 private:
  static constexpr std::size_t kPerLine = kCacheLine / sizeof(std::uint64_t);
  static constexpr std::size_t kLines = (kCounterCount + kPerLine - 1) / kPerLine;
  static_assert(kLines < 64, "dirty_ has a bit for each line");
  static constexpr std::uint64_t kAllLines = (std::uint64_t{1} << kLines) - 1;

  alignas(kCacheLine) CounterTotals totals_{};
  std::uint64_t dirty_ = 0;  // by line of totals_
};

// Adds one block to `totals`.
inline void add_block(CounterTotals& totals, const CounterBlock& block) {
  for (std::size_t i = 0; i < kCounterCount; ++i) {
    totals[i] += block.value[i].load(std::memory_order_relaxed);
  }
}

// Derived total of a group: all drops, all answers.
inline std::uint64_t group_total(const CounterTotals& totals, CounterGroup group) {
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < kCounterCount; ++i) {
    if (kCounterInfo[i].group == group) total += totals[i];
  }
  return total;
}

// The names in their order, so that two builds with different tables never share an exchange.
constexpr std::uint64_t counters_layout() {
  std::uint64_t hash = kCounterCount;
  for (const CounterInfo& info : kCounterInfo) {
    for (const char letter : info.name) {
      hash = layout_hash({hash, static_cast<std::uint64_t>(letter)});
    }
  }
  return hash;
}

}  // namespace bowline::link
