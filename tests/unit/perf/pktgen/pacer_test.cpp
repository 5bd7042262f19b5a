#include "perf/pktgen/pacer.h"

#include <catch2/catch.hpp>

#include "perf/pktgen/random.h"

using namespace bowline::perf::pktgen;

namespace {

// Sends in steps of at most `most_step_ns` and at most `burst` at once until `end_ns`.
std::uint64_t send(Pacer& pacer, std::uint64_t start_ns, std::uint64_t end_ns,
                   std::uint64_t most_step_ns, std::uint64_t burst) {
  Random random(7);
  std::uint64_t total = 0;
  for (std::uint64_t now = start_ns; now <= end_ns;
       now += 1 + random.below(static_cast<std::uint32_t>(most_step_ns))) {
    const std::uint64_t count = std::min(pacer.due(now), burst);
    pacer.sent(count);
    total += count;
  }
  return total;
}

}  // namespace

TEST_CASE("as many are due as the rate says, whenever one looks") {
  for (const std::uint64_t rate : {1ULL, 3ULL, 999ULL, 100'000ULL, 7'654'321ULL, kMaxRate + 0ULL}) {
    INFO(rate);
    Pacer pacer(rate, 5);
    const std::uint64_t total = send(pacer, 5, 5 + 3 * kSecond_ns, 10'000, 1 << 20);
    CHECK(total <= 3 * rate);
    CHECK(total + 1 + rate / 50'000 >= 3 * rate);  // less what the last two steps bring
  }
}

TEST_CASE("after hours it still keeps to the rate") {
  Pacer pacer(10, 0);
  std::uint64_t total = 0;
  for (std::uint64_t now = 0; now <= 7200 * kSecond_ns; now += kSecond_ns / 100) {
    const std::uint64_t due = pacer.due(now);
    REQUIRE(due <= 1);
    pacer.sent(due);
    total += due;
  }
  CHECK(total == 72'000);
}

TEST_CASE("who was held up makes up for a millisecond and no more") {
  Pacer pacer(1'000'000, 0);
  CHECK(pacer.due(500'000) == 500);
  CHECK(pacer.due(2 * kSecond_ns) == 1'000);
  pacer.sent(1'000);
  CHECK(pacer.due(2 * kSecond_ns) == 0);
  CHECK(pacer.due(2 * kSecond_ns + 10'000) == 10);
}

TEST_CASE("what is not sent stays due") {
  Pacer pacer(1'000'000, 0);
  CHECK(pacer.due(100'000) == 100);
  pacer.sent(30);
  CHECK(pacer.due(100'000) == 70);
}

TEST_CASE("a slow rate is due at its time, not before") {
  Pacer pacer(1, 0);
  CHECK(pacer.due(kSecond_ns - 1) == 0);
  CHECK(pacer.due(kSecond_ns) == 1);
  pacer.sent(1);
  CHECK(pacer.due(2 * kSecond_ns - 1) == 0);
  CHECK(pacer.due(2 * kSecond_ns) == 1);
}
