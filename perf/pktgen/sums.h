// Sums of the Internet checksum (RFC 1071). Pure functions.
#pragma once

#include <cstddef>
#include <cstdint>

#include "dns/wire.h"

namespace bowline::perf::pktgen {

inline std::uint16_t fold(std::uint64_t sum) {
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}

// The sum of the 16-bit words of `bytes`, the last one filled up with zero, added to `sum`.
inline std::uint64_t add_words(dns::Bytes bytes, std::uint64_t sum = 0) {
  std::size_t i = 0;
  for (; i + 1 < bytes.size(); i += 2) sum += dns::load_u16(&bytes[i]);
  if (i < bytes.size()) sum += static_cast<std::uint64_t>(bytes[i]) << 8;
  return sum;
}

// The sum of the same octets one octet further on (RFC 1071 2 B).
inline std::uint16_t swapped(std::uint16_t sum) {
  return static_cast<std::uint16_t>(sum << 8 | sum >> 8);
}

}  // namespace bowline::perf::pktgen
