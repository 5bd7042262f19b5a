// Randomness for the tests of link/: a seed from BOWLINE_SEED, printed by INFO on failure.
#pragma once

#include <cstdint>
#include <cstdlib>

namespace bowline::link::test {

inline std::uint64_t base_seed() {
  const char* text = std::getenv("BOWLINE_SEED");
  return text != nullptr ? std::strtoull(text, nullptr, 0) : 20'240'607;
}

// SplitMix64: small, and the same everywhere.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  // 0 to limit - 1.
  std::uint64_t below(std::uint64_t limit) { return next() % limit; }
  bool one_in(std::uint64_t limit) { return below(limit) == 0; }

 private:
  std::uint64_t state_;
};

}  // namespace bowline::link::test
