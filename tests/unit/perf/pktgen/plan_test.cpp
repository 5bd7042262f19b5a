#include "perf/pktgen/plan.h"

#include <catch2/catch.hpp>

#include <map>
#include <set>

using namespace bowline::perf::pktgen;

namespace {

std::map<std::uint32_t, std::size_t> counted(const Plan& plan) {
  std::map<std::uint32_t, std::size_t> out;
  for (const std::uint32_t entry : plan) ++out[entry & ~kDnssecOk];
  return out;
}

double share(std::size_t part, const Plan& plan) {
  return static_cast<double>(part) / static_cast<double>(plan.size());
}

}  // namespace

TEST_CASE("in order: each question once") {
  const Pool pools[] = {{0, 3, 1}, {3, 5, 1}};
  CHECK(make_plan(Mix::kInOrder, pools, 0, 1) == Plan{0, 1, 2, 3, 4});
}

TEST_CASE("the same seed draws the same plan, another one another") {
  const Pool pool{0, 1000, 1};
  const Plan first = make_plan(Mix::kZipf, {&pool, 1}, 0.5, 1);
  CHECK(first == make_plan(Mix::kZipf, {&pool, 1}, 0.5, 1));
  CHECK(first != make_plan(Mix::kZipf, {&pool, 1}, 0.5, 2));
}

TEST_CASE("uniform: all questions alike") {
  const Pool pool{10, 110, 1};
  const Plan plan = make_plan(Mix::kUniform, {&pool, 1}, 0, 1);
  const auto counts = counted(plan);
  CHECK(counts.size() == 100);
  for (const auto& [number, count] : counts) {
    REQUIRE((number >= 10 && number < 110));
    CHECK(share(count, plan) == Approx(0.01).epsilon(0.05));
  }
}

TEST_CASE("hot: a thousand names, or all if there are fewer") {
  for (const std::uint32_t size : {1U, 10U, 999U, 1000U, 1001U, 1'000'000U}) {
    const Pool pool{5, 5 + size, 1};
    const Plan plan = make_plan(Mix::kHot, {&pool, 1}, 0, 1);
    const auto counts = counted(plan);
    INFO(size);
    CHECK(counts.size() == std::min<std::size_t>(size, kHotNames));
    CHECK(counts.begin()->first >= 5);
    CHECK(counts.rbegin()->first < 5 + size);
  }
}

TEST_CASE("Zipf: the k-th most popular one has a share of 1/k") {
  const std::uint32_t size = 100'000;
  const Pool pool{0, size, 1};
  const Plan plan = make_plan(Mix::kZipf, {&pool, 1}, 0, 1);
  std::vector<std::size_t> popular;
  for (const auto& [number, count] : counted(plan)) {
    REQUIRE(number < size);
    popular.push_back(count);
  }
  std::sort(popular.rbegin(), popular.rend());
  double harmonic = 0;
  for (std::uint32_t k = 1; k <= size; ++k) harmonic += 1.0 / k;
  for (const std::size_t k : {1, 2, 3, 10, 30}) {
    INFO(k);
    CHECK(share(popular[k - 1], plan) ==
          Approx(1 / (static_cast<double>(k) * harmonic)).epsilon(0.05));
  }
  std::size_t top = 0;
  double expected = 0;
  for (std::size_t k = 1; k <= 1000; ++k) {
    top += popular[k - 1];
    expected += 1 / (static_cast<double>(k) * harmonic);
  }
  CHECK(share(top, plan) == Approx(expected).epsilon(0.02));
}

TEST_CASE("popular names do not stand together") {
  const Pool pool{0, 100'000, 1};
  const auto counts = counted(make_plan(Mix::kHot, {&pool, 1}, 0, 1));
  std::size_t in_first_tenth = 0;
  for (const auto& each : counts) in_first_tenth += each.first < 10'000;
  CHECK(in_first_tenth > 80);
  CHECK(in_first_tenth < 120);
}

TEST_CASE("kinds and DO have their shares") {
  const Pool pools[] = {{0, 1000, 0.9}, {1000, 1010, 0.05}, {1010, 1010, 0}, {1010, 5000, 0.05}};
  const Plan plan = make_plan(Mix::kUniform, pools, 0.3, 1);
  std::size_t kinds[3] = {}, with_do = 0;
  for (const std::uint32_t entry : plan) {
    const std::uint32_t number = entry & ~kDnssecOk;
    REQUIRE(number < 5000);
    ++kinds[number < 1000 ? 0 : number < 1010 ? 1 : 2];
    with_do += (entry & kDnssecOk) != 0;
  }
  CHECK(share(kinds[0], plan) == Approx(0.9).epsilon(0.01));
  CHECK(share(kinds[1], plan) == Approx(0.05).epsilon(0.05));
  CHECK(share(kinds[2], plan) == Approx(0.05).epsilon(0.05));
  CHECK(share(with_do, plan) == Approx(0.3).epsilon(0.01));
}
