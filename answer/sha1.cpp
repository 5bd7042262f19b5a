#include "answer/sha1.h"

#include <cpuid.h>
#include <immintrin.h>

#include <cstring>
#include <utility>

#include "dns/wire.h"

// Each function below that uses the instructions says so itself, for the build's baseline has none.
#define BOWLINE_SHA1 gnu::target("sha,sse4.1"), gnu::always_inline

namespace bowline::answer {

namespace {

constexpr int kSteps = 20;  // of four rounds each

// A digest under way. FIPS 180-4 6.1.2 calls its words a to e and the schedule W.
struct State {
  __m128i abcd;
  __m128i e;            // in the highest word
  __m128i before;       // abcd before the last step: its a becomes the e after the next
  __m128i schedule[4];  // the last 16 words of W, four a vector
};

[[BOWLINE_SHA1]] inline __m128i load_words(const std::uint8_t* at) {
  const __m128i reversed = _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f);
  return _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at)), reversed);
}

template <int kStep>
[[BOWLINE_SHA1]] inline void step(State& state, const std::uint8_t* block) {
  __m128i& words = state.schedule[kStep % 4];
  if constexpr (kStep < 4) {
    words = load_words(block + kStep * 16);
  } else {
    const __m128i sum = _mm_xor_si128(_mm_sha1msg1_epu32(words, state.schedule[(kStep + 1) % 4]),
                                      state.schedule[(kStep + 2) % 4]);
    words = _mm_sha1msg2_epu32(sum, state.schedule[(kStep + 3) % 4]);
  }
  const __m128i e_and_words = kStep == 0 ? _mm_add_epi32(state.e, words)
                                         : _mm_sha1nexte_epu32(state.before, words);
  state.before = state.abcd;
  state.abcd = _mm_sha1rnds4_epu32(state.abcd, e_and_words, kStep / 5);
}

template <std::size_t kCount, int... kStep>
[[BOWLINE_SHA1]] inline void digest_block(State (&states)[kCount],
                                          const std::uint8_t* const (&blocks)[kCount],
                                          std::integer_sequence<int, kStep...>) {
  __m128i abcd[kCount], e[kCount];
  for (std::size_t i = 0; i < kCount; ++i) {
    abcd[i] = states[i].abcd;
    e[i] = states[i].e;
  }
  const auto all = [&]<int kThis>() __attribute__((target("sha,sse4.1"), always_inline)) {
    for (std::size_t i = 0; i < kCount; ++i) step<kThis>(states[i], blocks[i]);
  };
  (all.template operator()<kStep>(), ...);
  for (std::size_t i = 0; i < kCount; ++i) {
    states[i].e = _mm_sha1nexte_epu32(states[i].before, e[i]);
    states[i].abcd = _mm_add_epi32(states[i].abcd, abcd[i]);
  }
}

template <std::size_t kCount>
[[BOWLINE_SHA1]] inline void digest_all(const Sha1Message* messages, std::size_t count) {
  State states[kCount];
  for (State& state : states) {
    state.abcd = _mm_set_epi32(0x67452301, static_cast<int>(0xefcdab89),
                               static_cast<int>(0x98badcfe), 0x10325476);
    state.e = _mm_set_epi32(static_cast<int>(0xc3d2e1f0), 0, 0, 0);
  }
  for (std::size_t block = 0; block < count; ++block) {
    const std::uint8_t* blocks[kCount];
    for (std::size_t i = 0; i < kCount; ++i) blocks[i] = messages[i].octets + block * kSha1Block;
    digest_block(states, blocks, std::make_integer_sequence<int, kSteps>());
  }
  for (std::size_t i = 0; i < kCount; ++i) {
    const __m128i reversed = _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(messages[i].digest),
                     _mm_shuffle_epi8(states[i].abcd, reversed));
    dns::store_u32(messages[i].digest + 16,
                   static_cast<std::uint32_t>(_mm_extract_epi32(states[i].e, 3)));
  }
}

}  // namespace

std::size_t pad_sha1(std::uint8_t* octets, std::size_t size) {
  const std::size_t blocks = (size + 8) / kSha1Block + 1;
  octets[size] = 0x80;
  std::memset(octets + size + 1, 0, blocks * kSha1Block - size - 5);
  dns::store_u32(octets + blocks * kSha1Block - 4, static_cast<std::uint32_t>(size * 8));
  return blocks;
}

bool has_sha1_instructions() {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;  // __builtin_cpu_supports() does not know them
  return __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0 && (ebx & bit_SHA) != 0;
}

[[gnu::target("sha,sse4.1")]] void sha1_native(const Sha1Message& message, std::size_t blocks) {
  digest_all<1>(&message, blocks);
}

[[gnu::target("sha,sse4.1")]] void sha1_native_pair(
    const std::array<Sha1Message, 2>& messages, std::size_t blocks) {
  digest_all<2>(messages.data(), blocks);
}

}  // namespace bowline::answer
