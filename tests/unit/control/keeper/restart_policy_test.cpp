// When the keeper starts a dead child again.
#include "control/keeper/restart_policy.h"

#include <catch2/catch.hpp>

using bowline::control::keeper::RestartPolicy;

TEST_CASE("a child that was ready is started again at once") {
  RestartPolicy policy;
  for (int i = 0; i < 5; ++i) {
    policy.ready();
    CHECK(policy.delay_after_death(1'000'000 + 2'000U * i) == 0);
  }
}

TEST_CASE("one that dies before it is ready waits longer and longer") {
  RestartPolicy policy;
  const std::uint64_t expected[] = {100, 200, 400, 800, 1'600, 3'200, 6'400, 10'000, 10'000};
  std::uint64_t now = 1'000'000;
  for (const std::uint64_t delay : expected) {
    CHECK(policy.delay_after_death(now) == delay);
    now += 60'000;
  }
  CHECK(policy.failed_starts() == std::size(expected));
  policy.ready();
  CHECK(policy.failed_starts() == 0);
  CHECK(policy.delay_after_death(now) == 0);
}

TEST_CASE("ten deaths in ten seconds are a storm") {
  struct Case {
    std::uint64_t every_ms;
    bool storm;
  };
  const Case cases[] = {{100, true}, {1'000, true}, {1'111, true}, {1'112, false}, {5'000, false}};
  for (const Case& each : cases) {
    INFO("a death every " << each.every_ms << " ms");
    RestartPolicy policy;
    for (unsigned death = 1; death <= 12; ++death) {
      policy.ready();
      const std::uint64_t delay = policy.delay_after_death(500'000 + death * each.every_ms);
      CHECK((delay != 0) == (each.storm && death >= 10));
    }
  }
}
