// One round of AES encryption (FIPS 197 5.1: SubBytes, ShiftRows, MixColumns, AddRoundKey), twice:
// by the CPU's instruction and in portable code with the same result.
//
// For keyed hashes only: the portable round's table look-ups leak through the cache, so it is not
// for encryption. Any thread.
#pragma once

#include <emmintrin.h>

#include <array>
#include <cstdint>

namespace bowline::dns {

// REQUIRES: the CPU has AES, and the function that this ends in has target("aes"). Written as
// assembly because the intrinsic cannot be inlined into a template without that attribute.
struct NativeAes {
  [[gnu::always_inline]] static inline __m128i round(__m128i state, __m128i key) {
    asm("aesenc %1, %0" : "+x"(state) : "x"(key));
    return state;
  }
};

// The same with the three operands that AVX brought. REQUIRES: the CPU has AVX, too.
struct VexAes {
  [[gnu::always_inline]] static inline __m128i round(__m128i state, __m128i key) {
    __m128i result;
    asm("vaesenc %2, %1, %0" : "=x"(result) : "x"(state), "x"(key));
    return result;
  }
};

namespace detail {

constexpr std::uint8_t times_two(std::uint8_t x) {
  return static_cast<std::uint8_t>(x << 1 ^ (x >> 7) * 0x1b);
}

// FIPS 197 5.1.1: the multiplicative inverse, found by walking the powers of the generator 3 and of
// its inverse in step, then the affine transformation.
consteval std::array<std::uint8_t, 256> make_sbox() {
  std::array<std::uint8_t, 256> sbox{};
  std::uint8_t p = 1;
  std::uint8_t q = 1;
  const auto rotate = [](std::uint8_t x, int by) {
    return static_cast<std::uint8_t>(x << by | x >> (8 - by));
  };
  do {
    p = static_cast<std::uint8_t>(p ^ times_two(p));
    q = static_cast<std::uint8_t>(q ^ q << 1);
    q = static_cast<std::uint8_t>(q ^ q << 2);
    q = static_cast<std::uint8_t>(q ^ q << 4);
    if (q & 0x80) q ^= 0x09;
    sbox[p] = static_cast<std::uint8_t>(q ^ rotate(q, 1) ^ rotate(q, 2) ^ rotate(q, 3) ^
                                        rotate(q, 4) ^ 0x63);
  } while (p != 1);
  sbox[0] = 0x63;
  return sbox;
}

// What an octet in row 0 adds to its column after SubBytes and MixColumns; low octet is row 0.
consteval std::array<std::uint32_t, 256> make_columns() {
  const auto sbox = make_sbox();
  std::array<std::uint32_t, 256> columns{};
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const std::uint32_t one = sbox[i];
    const std::uint32_t two = times_two(sbox[i]);
    columns[i] = two | one << 8 | one << 16 | (two ^ one) << 24;
  }
  return columns;
}

inline constexpr auto kAesColumns = make_columns();

}  // namespace detail

struct PortableAes {
  static inline __m128i round(__m128i state, __m128i key) {
    alignas(16) std::array<std::uint8_t, 16> in;
    alignas(16) std::array<std::uint32_t, 4> out;
    _mm_store_si128(reinterpret_cast<__m128i*>(in.data()), state);
    for (unsigned column = 0; column < 4; ++column) {
      std::uint32_t mixed = 0;
      for (unsigned row = 0; row < 4; ++row) {
        const std::uint32_t part = detail::kAesColumns[in[(column + row) % 4 * 4 + row]];
        mixed ^= row == 0 ? part : part << (8 * row) | part >> (32 - 8 * row);
      }
      out[column] = mixed;
    }
    return _mm_xor_si128(_mm_load_si128(reinterpret_cast<const __m128i*>(out.data())), key);
  }
};

}  // namespace bowline::dns
