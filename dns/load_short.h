// A few octets as one number, without a loop and without reading beyond them: sizes of labels and
// mnemonics vary from one to the next, and no branch predictor follows them. Any thread.
#pragma once

#include <emmintrin.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace bowline::dns {

// The octets at `at`, the first in the lowest bits, with zeros behind them. REQUIRES: size <= 8.
inline std::uint64_t load_short(const void* at, std::size_t size) {
  const auto* const octets = static_cast<const std::uint8_t*>(at);
  if (size == 8) {
    std::uint64_t all;
    std::memcpy(&all, octets, sizeof all);
    return all;
  }
  if (size >= 4) {  // two fours that overlap
    std::uint32_t first, last;
    std::memcpy(&first, octets, sizeof first);
    std::memcpy(&last, octets + size - sizeof last, sizeof last);
    return first | std::uint64_t{last} << ((size - sizeof last) * 8);
  }
  if (size == 0) return 0;
  // One, two or three: the first, the middle one, the last; some are the same.
  return octets[0] | std::uint64_t{octets[size / 2]} << (size / 2 * 8) |
         std::uint64_t{octets[size - 1]} << ((size - 1) * 8);
}

// The first 16 octets at `at`, or if `size` is less, those with zeros behind them. Not through
// memory: a load that spans several stores waits for all of them.
inline __m128i load_block(const void* at, std::size_t size) {
  if (size >= sizeof(__m128i)) return _mm_loadu_si128(static_cast<const __m128i*>(at));
  const auto* const octets = static_cast<const std::uint8_t*>(at);
  const std::uint64_t low = load_short(octets, size < 8 ? size : 8);
  const std::uint64_t high = size > 8 ? load_short(octets + 8, size - 8) : 0;
  return _mm_set_epi64x(static_cast<long long>(high), static_cast<long long>(low));
}

}  // namespace bowline::dns
