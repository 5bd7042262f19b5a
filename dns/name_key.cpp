// The keyed hash of all suffixes of a name.
//
// The state starts as the secret. Labels are absorbed from right to left, each with its length
// octet, in blocks of 16 octets padded with zeros; a block costs two AES rounds. A suffix's hash
// is taken from a copy of the state by two more rounds, so it waits for nothing and nothing waits
// for it.
//
// A load that spans stores just made waits until they have left the pipeline, some 20 cycles. So
// octets are taken from the name itself, not from the folded copy, as far as the CPU can.
#include "dns/name_key.h"

#include <immintrin.h>

#include <algorithm>

#include "dns/aes_round.h"
#include "dns/name_key_portable.h"

namespace bowline::dns {
namespace {

constexpr std::size_t kBlock = 16;

__m128i load(const std::uint8_t* at) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
}

// Sixteen octets of ones, then of zeros: a load at 16 - n keeps the first n octets of a block.
alignas(32) constexpr std::array<std::uint8_t, 2 * kBlock> kKeepMask = [] {
  std::array<std::uint8_t, 2 * kBlock> mask{};
  for (std::size_t i = 0; i < kBlock; ++i) mask[i] = 0xff;
  return mask;
}();

__m128i folded(__m128i octets) {
  const __m128i letters = _mm_and_si128(_mm_cmpgt_epi8(octets, _mm_set1_epi8('A' - 1)),
                                        _mm_cmplt_epi8(octets, _mm_set1_epi8('Z' + 1)));
  return _mm_or_si128(octets, _mm_and_si128(letters, _mm_set1_epi8(0x20)));
}

void fold_block(std::uint8_t* lower, const std::uint8_t* octets) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(lower), folded(load(octets)));
}

// A-Z to a-z in whole blocks, the last of which overlaps the one before. Length octets are below
// 'A'.
void copy_folded(std::uint8_t* lower, NameView name) {
  const std::size_t size = name.size();
  if (size < kBlock) {
    for (std::size_t i = 0; i < size; ++i) lower[i] = fold(name.data()[i]);
    return;
  }
  for (std::size_t i = 0; i + kBlock < size; i += kBlock) fold_block(lower + i, name.data() + i);
  fold_block(lower + size - kBlock, name.data() + size - kBlock);
}

template <typename Aes>
struct Hasher {
  __m128i state, first_key, second_key;

  [[gnu::always_inline]] inline explicit Hasher(const HashKey& secret) {
    // Two round keys out of one secret; the constants only have to differ (digits of pi).
    const __m128i key = _mm_load_si128(reinterpret_cast<const __m128i*>(secret.bytes.data()));
    const __m128i first = _mm_set_epi64x(0x243f6a8885a308d3, 0x13198a2e03707344);
    const __m128i second = _mm_set_epi64x(static_cast<long long>(0xa4093822299f31d0),
                                          0x082efa98ec4e6c89);
    first_key = Aes::round(Aes::round(_mm_xor_si128(key, first), key), first);
    second_key = Aes::round(Aes::round(_mm_xor_si128(key, second), key), second);
    state = key;
  }

  [[gnu::always_inline]] inline void absorb(__m128i block) {
    state = Aes::round(Aes::round(_mm_xor_si128(state, block), first_key), second_key);
  }

  // The keys are in the other order than in absorb(), so no hash is a later state.
  [[gnu::always_inline]] inline std::uint64_t hash() const {
    return static_cast<std::uint64_t>(
        _mm_cvtsi128_si64(Aes::round(Aes::round(state, second_key), first_key)));
  }
};

// Where each label of a name begins, leftmost first, up to the root's. Read from the name itself.
struct LabelStarts {
  std::array<std::uint8_t, kMaxDepth + 1> at;
  unsigned depth;

  [[gnu::always_inline]] inline explicit LabelStarts(NameView name) {
    const std::uint8_t* const octets = name.data();
    unsigned count = 0;
    std::size_t position = 0;
    for (; octets[position] != 0; position += octets[position] + std::size_t{1}) {
      at[count++] = static_cast<std::uint8_t>(position);
    }
    at[count] = static_cast<std::uint8_t>(position);
    depth = count;
  }
};

template <typename Aes>
[[gnu::always_inline]] inline void make_keys(const HashKey& secret, std::span<const KeyJob> jobs) {
  const Hasher<Aes> start(secret);
  for (const KeyJob& job : jobs) {
    [[gnu::uninitialized]] const LabelStarts starts(job.name);
    NameKey& key = *job.key;
    key.size = static_cast<std::uint8_t>(job.name.size());
    key.depth = static_cast<std::uint8_t>(starts.depth);
    copy_folded(key.lower.data(), job.name);
    Hasher<Aes> hasher = start;
    key.offset[0] = starts.at[starts.depth];
    key.hash[0] = hasher.hash();
    for (unsigned d = 1; d <= starts.depth; ++d) {
      key.offset[d] = starts.at[starts.depth - d];
      const std::uint8_t* at = &key.lower[key.offset[d]];
      std::size_t left = *at + std::size_t{1};
      for (; left > kBlock; left -= kBlock, at += kBlock) hasher.absorb(load(at));
      hasher.absorb(_mm_and_si128(load(at), load(kKeepMask.data() + kBlock - left)));
      key.hash[d] = hasher.hash();
    }
  }
}

// The first `size` octets at `at`, at most kBlock, folded, and zeros behind them.
[[gnu::target("avx512bw,avx512vl,bmi2"), gnu::always_inline]] inline __m128i masked_block(
    const std::uint8_t* at, std::size_t size) {
  const std::uint32_t kept = _bzhi_u32(0xffff, static_cast<std::uint32_t>(size));
  const __m128i octets = _mm_maskz_loadu_epi8(static_cast<__mmask16>(kept), at);
  const __mmask16 letters =
      _mm_cmplt_epu8_mask(_mm_sub_epi8(octets, _mm_set1_epi8('A')), _mm_set1_epi8(26));
  return _mm_mask_add_epi8(octets, letters, octets, _mm_set1_epi8(0x20));
}

// Masked loads fault on nothing behind the name, so that each block of a label is taken from the
// name and folded in a register.
[[gnu::target("avx512bw,avx512vl,bmi2")]] void make_keys_avx512(const HashKey& secret,
                                                                std::span<const KeyJob> jobs) {
  const Hasher<VexAes> start(secret);
  for (const KeyJob& job : jobs) {
    [[gnu::uninitialized]] const LabelStarts starts(job.name);
    const std::uint8_t* const octets = job.name.data();
    const std::size_t size = job.name.size();
    NameKey& key = *job.key;
    key.size = static_cast<std::uint8_t>(size);
    key.depth = static_cast<std::uint8_t>(starts.depth);
    for (std::size_t i = 0; i < size; i += kBlock) {
      _mm_storeu_si128(reinterpret_cast<__m128i*>(&key.lower[i]),
                       masked_block(octets + i, std::min(size - i, kBlock)));
    }
    Hasher<VexAes> hasher = start;
    key.offset[0] = starts.at[starts.depth];
    key.hash[0] = hasher.hash();
    for (unsigned d = 1; d <= starts.depth; ++d) {
      key.offset[d] = starts.at[starts.depth - d];
      const std::uint8_t* at = octets + key.offset[d];
      std::size_t left = *at + std::size_t{1};
      for (; left > kBlock; left -= kBlock, at += kBlock) hasher.absorb(masked_block(at, kBlock));
      hasher.absorb(masked_block(at, left));
      key.hash[d] = hasher.hash();
    }
  }
}

using MakeKeys = void (*)(const HashKey&, std::span<const KeyJob>);

MakeKeys choose() {
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("aes")) return make_name_keys_portable;
  const bool has_masks = __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
                         __builtin_cpu_supports("bmi2");
  return has_masks ? make_keys_avx512 : make_name_keys_aes;
}

const MakeKeys kMakeKeys = choose();

}  // namespace

void make_name_keys_portable(const HashKey& secret, std::span<const KeyJob> jobs) {
  make_keys<PortableAes>(secret, jobs);
}

[[gnu::target("aes")]] void make_name_keys_aes(const HashKey& secret,
                                               std::span<const KeyJob> jobs) {
  make_keys<NativeAes>(secret, jobs);
}

void make_name_keys(const HashKey& secret, std::span<const KeyJob> jobs) {
  kMakeKeys(secret, jobs);
}

void make_name_key(const HashKey& secret, NameView name, NameKey& key) {
  const KeyJob job{name, &key};
  kMakeKeys(secret, {&job, 1});
}

std::uint64_t hash_name(const HashKey& secret, NameView name) {
  [[gnu::uninitialized]] NameKey key;
  make_name_key(secret, name, key);
  return key.hash[key.depth];
}

}  // namespace bowline::dns
