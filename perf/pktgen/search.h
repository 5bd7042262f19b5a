// RateSearch: the highest rate that loses no more than a bound, by bisection.
//
// Says which rate to try next and is told how that went. A value; no clock and no network in it.
#pragma once

#include <cstdint>
#include <optional>

namespace bowline::perf::pktgen {

inline constexpr unsigned kMaxTrials = 16;        // from nothing known to 1 % takes twelve
inline constexpr double kSearchPrecision = 0.01;  // noise of most links is greater
inline constexpr double kReached = 0.98;          // of the rate: the generator kept to it

struct TrialResult {
  std::uint64_t rate = 0;  // asked for
  double sent_per_second = 0;
  double loss = 0;  // share of what was sent
};

class RateSearch {
 public:
  // `guess`: where to begin, what a window was answered at. `bound`: a share.
  RateSearch(double guess, double bound) : next_(guess), bound_(bound) {}

  // The rate to try, or nothing: found() is known as well as it will be.
  std::optional<std::uint64_t> next() const;
  void tell(const TrialResult& result);

  // The highest rate that passed; 0: none did.
  std::uint64_t found() const { return static_cast<std::uint64_t>(passed_); }
  // Whether higher rates failed because they could not be sent, not because they were not answered.
  bool limited_by_sender() const { return failed_by_sender_; }

 private:
  double next_;
  const double bound_;
  double passed_ = 0;
  double failed_ = 0;  // the lowest rate that did; 0: none yet
  bool failed_by_sender_ = false;
  unsigned trials_ = 0;
};

}  // namespace bowline::perf::pktgen
