// Choices: where generators get their decisions from, a seed or the octets of a fuzzer.
//
// Tests only; one thread an object.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "../support/random.h"

namespace bowline::oracle {

class Choices {
 public:
  explicit Choices(std::uint64_t seed) : random_(seed) {}
  // The octets first, one a choice; what is chosen when they are used up follows from their number.
  explicit Choices(std::span<const std::uint8_t> octets)
      : octets_(octets), random_(octets.size()) {}

  // 0 to bound - 1; the bias is of no importance here. REQUIRES: bound > 0.
  std::size_t below(std::size_t bound) {
    if (!octets_.empty()) {
      std::size_t value = octet();
      if (bound > 256) value = value << 8 | octet();
      return value % bound;
    }
    return random_.below(bound);
  }
  bool percent(unsigned chance) { return below(100) < chance; }
  template <typename T>
  const T& of(const std::vector<T>& all) {
    return all[below(all.size())];
  }

 private:
  std::size_t octet() {
    if (octets_.empty()) return random_.next() >> 56;
    const std::uint8_t first = octets_.front();
    octets_ = octets_.subspan(1);
    return first;
  }

  std::span<const std::uint8_t> octets_;
  test::Random random_;
};

}  // namespace bowline::oracle
