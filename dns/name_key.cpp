// The keyed hash of all suffixes of a name.
//
// The state starts as the secret. Labels are absorbed from right to left, each with its length
// octet, in blocks of 16 octets padded with zeros; a block costs two AES rounds. A suffix's hash
// is taken from a copy of the state by two more rounds, so it waits for nothing and nothing waits
// for it.
#include "dns/name_key.h"

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

// A-Z to a-z, 16 octets at a time. Length octets are below 'A'. Octets up to the next multiple of
// 16 behind the name are read and written: `lower` has room for them.
void fold_in_place(std::uint8_t* lower, std::size_t size) {
  const __m128i below = _mm_set1_epi8('A' - 1);
  const __m128i above = _mm_set1_epi8('Z' + 1);
  const __m128i bit = _mm_set1_epi8(0x20);
  for (std::size_t i = 0; i < size; i += kBlock) {
    const __m128i octets = load(lower + i);
    const __m128i letters =
        _mm_and_si128(_mm_cmpgt_epi8(octets, below), _mm_cmplt_epi8(octets, above));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(lower + i),
                     _mm_or_si128(octets, _mm_and_si128(letters, bit)));
  }
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

  // `size` octets from `data`, of which whole blocks may be read.
  [[gnu::always_inline]] inline void absorb(const std::uint8_t* data, std::size_t size) {
    __m128i s = state;
    while (size > kBlock) {
      s = Aes::round(Aes::round(_mm_xor_si128(s, load(data)), first_key), second_key);
      data += kBlock;
      size -= kBlock;
    }
    const __m128i last = _mm_and_si128(load(data), load(kKeepMask.data() + kBlock - size));
    state = Aes::round(Aes::round(_mm_xor_si128(s, last), first_key), second_key);
  }

  // The keys are in the other order than in absorb(), so no hash is a later state.
  [[gnu::always_inline]] inline std::uint64_t hash() const {
    return static_cast<std::uint64_t>(
        _mm_cvtsi128_si64(Aes::round(Aes::round(state, second_key), first_key)));
  }
};

template <typename Aes>
[[gnu::always_inline]] inline void make_key(const HashKey& secret, NameView name, NameKey& key) {
  key.size = static_cast<std::uint8_t>(name.size());
  std::memcpy(key.lower.data(), name.data(), name.size());
  fold_in_place(key.lower.data(), name.size());

  // Starts of labels, leftmost first; they are turned round below. Read from the name itself: loads
  // from `lower` would wait for the stores just made.
  const std::uint8_t* octets = name.data();
  __attribute__((uninitialized)) std::array<std::uint8_t, kMaxDepth + 1> starts;
  unsigned depth = 0;
  std::size_t position = 0;
  while (octets[position] != 0) {
    starts[depth++] = static_cast<std::uint8_t>(position);
    position += octets[position] + std::size_t{1};
  }
  key.depth = static_cast<std::uint8_t>(depth);
  key.offset[0] = static_cast<std::uint8_t>(position);

  Hasher<Aes> hasher(secret);
  key.hash[0] = hasher.hash();
  for (unsigned d = 1; d <= depth; ++d) {
    const std::uint8_t start = starts[depth - d];
    key.offset[d] = start;
    hasher.absorb(&key.lower[start], key.lower[start] + std::size_t{1});
    key.hash[d] = hasher.hash();
  }
}

[[gnu::target("aes")]] void make_key_native(const HashKey& secret, NameView name, NameKey& key) {
  make_key<NativeAes>(secret, name, key);
}

using MakeKey = void (*)(const HashKey&, NameView, NameKey&);

MakeKey choose() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("aes") ? make_key_native : make_name_key_portable;
}

const MakeKey kMakeKey = choose();

}  // namespace

void make_name_key_portable(const HashKey& secret, NameView name, NameKey& key) {
  make_key<PortableAes>(secret, name, key);
}

void make_name_key(const HashKey& secret, NameView name, NameKey& key) {
  kMakeKey(secret, name, key);
}

std::uint64_t hash_name(const HashKey& secret, NameView name) {
  __attribute__((uninitialized)) NameKey key;
  make_name_key(secret, name, key);
  return key.hash[key.depth];
}

}  // namespace bowline::dns
