#include "perf/pktgen/plan.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

#include "perf/pktgen/random.h"

namespace bowline::perf::pktgen {
namespace {

// Ranks 1 to `size` with shares 1/k by rejection-inversion (Hoermann, Derflinger 1996): the area
// under 1/x is inverted, and what is above the bars thrown away. One try out of twenty is.
class Zipf {
 public:
  explicit Zipf(std::uint32_t size)
      : size_(size), low_(std::log(1.5) - 1), high_(std::log(size + 0.5)),
        sure_(2 - std::exp(std::log(2.5) - 0.5)) {}

  std::uint32_t draw(Random& random) const {
    for (;;) {
      const double area = high_ + random.share() * (low_ - high_);
      const double x = std::exp(area);
      const double rank = std::clamp(std::floor(x + 0.5), 1.0, static_cast<double>(size_));
      if (rank - x <= sure_ || area >= std::log(rank + 0.5) - 1 / rank) {
        return static_cast<std::uint32_t>(rank);
      }
    }
  }

 private:
  const std::uint32_t size_;
  const double low_, high_;
  const double sure_;  // so near to its rank, no look at the bar is needed
};

// Popular names stand anywhere in the file: ranks go to places by a step that has no divisor in
// common with the number of places.
std::uint32_t coprime_step(std::uint32_t size) {
  std::uint32_t step = static_cast<std::uint32_t>(size * 0.6180339887) | 1;
  while (std::gcd(step, size) != 1) step += 2;
  return step;
}

class Drawer {
 public:
  Drawer(Mix mix, const Pool& pool)
      : mix_(mix), begin_(pool.begin), size_(pool.end - pool.begin), zipf_(size_),
        step_(coprime_step(size_)) {}

  std::uint32_t draw(Random& random) const {
    switch (mix_) {
      case Mix::kHot:
        return place(random.below(std::min<std::uint32_t>(size_, kHotNames)));
      case Mix::kZipf:
        return place(zipf_.draw(random) - 1);
      case Mix::kInOrder:
      case Mix::kUniform:
        break;
    }
    return begin_ + random.below(size_);
  }

 private:
  std::uint32_t place(std::uint32_t rank) const {
    return begin_ + static_cast<std::uint32_t>(std::uint64_t{rank} * step_ % size_);
  }

  const Mix mix_;
  const std::uint32_t begin_, size_;
  const Zipf zipf_;
  const std::uint32_t step_;
};

Plan draw_plan(Mix mix, std::span<const Pool> pools, Random& random) {
  std::vector<Drawer> drawers;
  std::vector<double> up_to;
  double weights = 0;
  std::size_t questions = 0;
  for (const Pool& pool : pools) {
    if (pool.weight <= 0) continue;
    assert(pool.begin < pool.end);
    drawers.emplace_back(mix, pool);
    up_to.push_back(weights += pool.weight);
    questions += pool.end - pool.begin;
  }
  assert(!drawers.empty());
  Plan plan(std::clamp(2 * questions, kMinDraws, kMaxDraws));
  for (std::uint32_t& entry : plan) {
    std::size_t which = 0;
    if (drawers.size() > 1) {
      const double at = random.share() * weights;
      while (which + 1 < up_to.size() && at >= up_to[which]) ++which;
    }
    entry = drawers[which].draw(random);
  }
  return plan;
}

Plan in_order(std::span<const Pool> pools) {
  Plan plan;
  for (const Pool& pool : pools) {
    for (std::uint32_t i = pool.begin; i < pool.end; ++i) plan.push_back(i);
  }
  assert(!plan.empty());
  return plan;
}

}  // namespace

Plan make_plan(Mix mix, std::span<const Pool> pools, double dnssec_ok, std::uint64_t seed) {
  Random random(seed);
  Plan plan = mix == Mix::kInOrder ? in_order(pools) : draw_plan(mix, pools, random);
  if (dnssec_ok > 0) {
    for (std::uint32_t& entry : plan) {
      if (random.share() < dnssec_ok) entry |= kDnssecOk;
    }
  }
  return plan;
}

}  // namespace bowline::perf::pktgen
