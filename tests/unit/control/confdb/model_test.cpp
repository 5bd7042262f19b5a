// Random conf operations with kill -9 beside a model: the short run; tests/fuzz/long confdb is the
// long one.
#include <unistd.h>

#include <cstdlib>

#include "scratch.h"
#include "trial.h"

TEST_CASE("committed transactions survive, others vanish, the database opens") {
  const char* const wanted = std::getenv("BOWLINE_SEED");
  const std::uint64_t seed = wanted != nullptr ? std::strtoull(wanted, nullptr, 10)
                                               : static_cast<std::uint64_t>(::getpid()) << 20 |
                                                     static_cast<std::uint64_t>(::time(nullptr));
  const bowline::test::Scratch scratch;
  bowline::test::Trial trial(scratch / "db", seed);
  INFO("seed " << seed << " (BOWLINE_SEED)");
  const bool ok = trial.run({3000, 60});
  INFO(trial.fault());
  CHECK(ok);
  CHECK(trial.kills() > 10);
  CHECK(trial.commits() > 50);
}
