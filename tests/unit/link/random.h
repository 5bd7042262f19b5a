// Randomness for the tests of link/: a seed from BOWLINE_SEED, printed by INFO on failure.
#pragma once

#include <cstdint>
#include <cstdlib>

#include "../../../perf/pktgen/random.h"

namespace bowline::link::test {

inline std::uint64_t base_seed() {
  const char* text = std::getenv("BOWLINE_SEED");
  return text != nullptr ? std::strtoull(text, nullptr, 0) : 20'240'607;
}

// Small, and the same everywhere.
class Random : public perf::pktgen::Random {
 public:
  using perf::pktgen::Random::Random;

  // 0 to limit - 1.
  std::uint64_t below(std::uint64_t limit) { return next() % limit; }
  bool one_in(std::uint64_t limit) { return below(limit) == 0; }
};

}  // namespace bowline::link::test
