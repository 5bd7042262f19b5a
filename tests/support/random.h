// Random: the generator's quick seeded source for runs of millions of cases. Tests only; one thread
// an object.
#pragma once

#include <cstddef>

#include "../../perf/pktgen/random.h"

namespace bowline::test {

class Random : public perf::pktgen::Random {
 public:
  using perf::pktgen::Random::Random;

  // 0 to bound - 1; the bias is of no importance here.
  std::size_t below(std::size_t bound) {
    return static_cast<std::size_t>((next() >> 32) * bound >> 32);
  }
};

}  // namespace bowline::test
