// Internet checksum (RFC 1071) over bytes in memory, eight at a time.
//
// Pure functions for the packet path: any thread. Sums stay in the host's octet order, which one's
// complement addition does not mind, so nothing is swapped but the folded result's meaning: store
// and compare checksums with memcpy, never as numbers.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace bowline::dataplane::net {

// Adds with the carry that leaves at the top put back in at the bottom.
inline std::uint64_t add_carry(std::uint64_t a, std::uint64_t b) {
  std::uint64_t sum;
  return __builtin_add_overflow(a, b, &sum) ? sum + 1 : sum;
}

template <typename T>
T load_host(const std::uint8_t* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

// The sum of `size` octets on top of `sum`; an odd last octet is padded with zero on its right.
// REQUIRES: this is the last part, or `size` is even.
inline std::uint64_t add_octets(std::uint64_t sum, const std::uint8_t* at, std::size_t size) {
  // In a little-endian word the octet that comes first on the wire is the lowest.
  static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "x86-64 only");
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  const std::size_t rest = size % kWord;
  if (size >= kWord) {
    std::uint64_t other = 0;  // two chains: an addition with carry has a latency of two cycles
    for (; size >= 2 * kWord; at += 2 * kWord, size -= 2 * kWord) {
      sum = add_carry(sum, load_host<std::uint64_t>(at));
      other = add_carry(other, load_host<std::uint64_t>(at + kWord));
    }
    sum = add_carry(sum, other);
    if (size >= kWord) sum = add_carry(sum, load_host<std::uint64_t>(at));
    if (rest == 0) return sum;
    // The last octets, with those before them shifted out.
    const auto last = load_host<std::uint64_t>(at + size - kWord);
    return add_carry(sum, last >> 8 * (kWord - rest));
  }
  std::uint64_t last = 0;
  for (std::size_t i = 0; i < rest; ++i) last |= std::uint64_t{at[i]} << 8 * i;
  return add_carry(sum, last);
}

// The 16-bit one's complement of the sum, in the octet order of the wire when stored as it is. A
// word added to itself turned by half has its folded halves on top.
inline std::uint16_t finish_checksum(std::uint64_t sum) {
  const auto half = static_cast<std::uint32_t>((sum + std::rotl(sum, 32)) >> 32);
  return static_cast<std::uint16_t>(~((half + std::rotl(half, 16)) >> 16));
}

// What a number, as it is stored in network order, adds to a sum.
inline std::uint64_t number_sum(std::uint16_t number) { return __builtin_bswap16(number); }

// The sum of a pseudo-header's constant part: protocol and UDP length (RFC 768, RFC 8200 8.1).
inline std::uint64_t pseudo_header_sum(std::uint8_t protocol, std::uint16_t length) {
  return number_sum(protocol) + number_sum(length);
}

}  // namespace bowline::dataplane::net
