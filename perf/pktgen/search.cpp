#include "perf/pktgen/search.h"

#include <algorithm>

#include "perf/pktgen/pacer.h"

namespace bowline::perf::pktgen {
namespace {

constexpr double kStepUp = 1.25;   // while nothing has failed
constexpr double kStepDown = 0.7;  // while nothing has passed

}  // namespace

std::optional<std::uint64_t> RateSearch::next() const {
  const bool known = passed_ > 0 && failed_ > 0 && failed_ - passed_ <= kSearchPrecision * failed_;
  if (trials_ == kMaxTrials || known || next_ < 1 || next_ > static_cast<double>(kMaxRate)) {
    return std::nullopt;
  }
  return static_cast<std::uint64_t>(next_);
}

void RateSearch::tell(const TrialResult& result) {
  ++trials_;
  const auto rate = static_cast<double>(result.rate);
  const bool sent = result.sent_per_second >= kReached * rate;
  if (sent && result.loss <= bound_) {
    passed_ = std::max(passed_, rate);
  } else {
    failed_ = rate;
    failed_by_sender_ = !sent && result.loss <= bound_;
  }
  next_ = failed_ == 0   ? passed_ * kStepUp
          : passed_ == 0 ? failed_ * kStepDown
                         : (passed_ + failed_) / 2;
}

}  // namespace bowline::perf::pktgen
