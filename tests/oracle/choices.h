// Choices: where generators get their decisions from, a seed or the octets of a fuzzer.
//
// Tests only; one thread an object.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace bowline::oracle {

class Choices {
 public:
  explicit Choices(std::uint64_t seed) : state_(seed) {}
  // The octets first, one a choice; what is chosen when they are used up follows from their number.
  explicit Choices(std::span<const std::uint8_t> octets)
      : octets_(octets), state_(octets.size()) {}

  // 0 to bound - 1; the bias is of no importance here. REQUIRES: bound > 0.
  std::size_t below(std::size_t bound) {
    if (!octets_.empty()) {
      std::size_t value = octet();
      if (bound > 256) value = value << 8 | octet();
      return value % bound;
    }
    return static_cast<std::size_t>((next() >> 32) * bound >> 32);
  }
  bool percent(unsigned chance) { return below(100) < chance; }
  template <typename T>
  const T& of(const std::vector<T>& all) {
    return all[below(all.size())];
  }

 private:
  std::size_t octet() {
    if (octets_.empty()) return next() >> 56;
    const std::uint8_t first = octets_.front();
    octets_ = octets_.subspan(1);
    return first;
  }
  // SplitMix64.
  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t z = state_;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
  }

  std::span<const std::uint8_t> octets_;
  std::uint64_t state_;
};

}  // namespace bowline::oracle
