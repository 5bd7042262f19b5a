// Internet checksum (RFC 1071) over bytes in memory, eight at a time.
//
// Pure functions for the packet path: any thread. Sums stay in the host's octet order, which one's
// complement addition does not mind, so nothing is swapped but the folded result's meaning: store
// and compare checksums with memcpy, never as numbers.
#pragma once

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
  std::uint64_t other = 0;  // two chains: an addition with carry has a latency of two cycles
  for (; size >= 16; at += 16, size -= 16) {
    sum = add_carry(sum, load_host<std::uint64_t>(at));
    other = add_carry(other, load_host<std::uint64_t>(at + 8));
  }
  sum = add_carry(sum, other);
  if (size & 8) {
    sum = add_carry(sum, load_host<std::uint64_t>(at));
    at += 8;
  }
  if (size & 4) {
    sum = add_carry(sum, load_host<std::uint32_t>(at));
    at += 4;
  }
  if (size & 2) {
    sum = add_carry(sum, load_host<std::uint16_t>(at));
    at += 2;
  }
  // The lower half of a little-endian word is the octet that comes first on the wire.
  static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "x86-64 only");
  if (size & 1) sum = add_carry(sum, *at);
  return sum;
}

// The 16-bit one's complement of the sum, in the octet order of the wire when stored as it is.
inline std::uint16_t finish_checksum(std::uint64_t sum) {
  std::uint64_t folded = (sum & 0xffffffff) + (sum >> 32);
  folded = (folded & 0xffff) + (folded >> 16);
  folded = (folded & 0xffff) + (folded >> 16);
  folded = (folded & 0xffff) + (folded >> 16);
  return static_cast<std::uint16_t>(~folded);
}

// What a number, as it is stored in network order, adds to a sum.
inline std::uint64_t number_sum(std::uint16_t number) { return __builtin_bswap16(number); }

// The sum of a pseudo-header's constant part: protocol and UDP length (RFC 768, RFC 8200 8.1).
inline std::uint64_t pseudo_header_sum(std::uint8_t protocol, std::uint16_t length) {
  return number_sum(protocol) + number_sum(length);
}

}  // namespace bowline::dataplane::net
