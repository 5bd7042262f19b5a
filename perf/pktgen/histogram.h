// Histogram: counts of times in nanoseconds with three significant digits, as HdrHistogram keeps
// them: linear below 2,048, then 1,024 steps to each doubling. 230 KiB; add() is a few
// instructions.
//
// One thread.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace bowline::perf::pktgen {

class Histogram {
 public:
  static constexpr std::uint64_t kMost = 100'000'000'000;  // 100 s; what is longer counts as this

  Histogram() : counts_(index_of(kMost) + 1) {}

  void add(std::uint64_t value_ns) {
    const std::uint64_t value = std::min(value_ns, kMost);
    ++counts_[index_of(value)];
    ++count_;
    sum_ += value;
    max_ = std::max(max_, value);
  }
  void add(const Histogram& other);

  std::uint64_t count() const { return count_; }
  std::uint64_t max() const { return max_; }
  double mean() const {
    return count_ == 0 ? 0 : static_cast<double>(sum_) / static_cast<double>(count_);
  }
  // The least value, to 1/1,024, that at least `share` of all are not above. 0 if there are none.
  // REQUIRES: 0 <= share <= 1.
  std::uint64_t percentile(double share) const;

 private:
  static constexpr unsigned kStepBits = 10;
  static constexpr std::size_t index_of(std::uint64_t value) {
    if (value < std::uint64_t{2} << kStepBits) return value;
    const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - (kStepBits + 1);
    return (std::size_t{shift} << kStepBits) + (value >> shift);
  }
  // The greatest value that has this index.
  static constexpr std::uint64_t last_of(std::size_t index) {
    if (index < std::size_t{2} << kStepBits) return index;
    const std::size_t shift = (index >> kStepBits) - 1;
    return ((index - (shift << kStepBits) + 1) << shift) - 1;
  }

  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0, sum_ = 0, max_ = 0;
};

}  // namespace bowline::perf::pktgen
