#include "perf/pktgen/histogram.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>

#include "perf/pktgen/random.h"

using namespace bowline::perf::pktgen;

namespace {

constexpr double kShares[] = {0, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999, 1};

std::uint64_t exact(const std::vector<std::uint64_t>& sorted, double share) {
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
  return sorted[std::max<std::size_t>(rank, 1) - 1];
}

}  // namespace

TEST_CASE("percentiles are those of the sorted values to three digits") {
  for (const std::uint64_t seed : {1, 2, 3}) {
    Random random(seed);
    Histogram histogram;
    std::vector<std::uint64_t> values;
    double sum = 0;
    for (int i = 0; i < 50'000; ++i) {
      // Every order of magnitude from nanoseconds to 100 s.
      values.push_back(static_cast<std::uint64_t>(std::pow(10.0, 11 * random.share())));
      histogram.add(values.back());
      sum += static_cast<double>(values.back());
    }
    std::sort(values.begin(), values.end());
    for (const double share : kShares) {
      INFO("seed " << seed << " share " << share);
      const auto want = static_cast<double>(exact(values, share));
      const auto got = static_cast<double>(histogram.percentile(share));
      CHECK(got >= want);
      CHECK(got <= want * (1 + 1.0 / 1024));
    }
    CHECK(histogram.count() == values.size());
    CHECK(histogram.max() == values.back());
    CHECK(histogram.mean() == Approx(sum / static_cast<double>(values.size())));
  }
}

TEST_CASE("small values are exact") {
  Histogram histogram;
  for (std::uint64_t value = 0; value < 2048; ++value) histogram.add(value);
  for (std::uint64_t rank = 1; rank <= 2048; ++rank) {
    REQUIRE(histogram.percentile(static_cast<double>(rank) / 2048) == rank - 1);
  }
}

TEST_CASE("nothing, one value, and more than the histogram holds") {
  Histogram histogram;
  CHECK(histogram.percentile(0.5) == 0);
  CHECK(histogram.mean() == 0);
  histogram.add(123'456'789);
  for (const double share : kShares) CHECK(histogram.percentile(share) == 123'456'789);
  histogram.add(~std::uint64_t{0});
  CHECK(histogram.max() == Histogram::kMost);
  CHECK(histogram.percentile(1) == Histogram::kMost);
}
