#include "zones/tree_key.h"

#include <emmintrin.h>

#include <algorithm>
#include <cstring>

#include "dns/load_short.h"
#include "zones/reader.h"

namespace bowline::zones {

namespace {

__m128i fold_block(__m128i octets) {
  const __m128i letters = _mm_and_si128(_mm_cmpgt_epi8(octets, _mm_set1_epi8('A' - 1)),
                                        _mm_cmplt_epi8(octets, _mm_set1_epi8('Z' + 1)));
  return _mm_or_si128(octets, _mm_and_si128(letters, _mm_set1_epi8(0x20)));
}

// Whether one of the first `size` octets of the block has to be escaped.
bool has_escaped(__m128i block, std::size_t size) {
  const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(block, _mm_set1_epi8(1)), block);
  const std::uint32_t of_label = (std::uint32_t{1} << std::min(size, sizeof block)) - 1;
  return (static_cast<std::uint32_t>(_mm_movemask_epi8(low)) & of_label) != 0;
}

// Writes a label's octets folded, 16 at a time: up to 15 behind them are written over. False: some
// have to be escaped. REQUIRES: that room.
bool put_plain(const std::uint8_t* from, std::size_t size, std::uint8_t* out) {
  for (std::size_t at = 0; at < size; at += sizeof(__m128i)) {
    const __m128i block = dns::load_block(from + at, size - at);
    if (has_escaped(block, size - at)) return false;
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + at), fold_block(block));
  }
  return true;
}

std::uint8_t* put_escaped(const std::uint8_t* from, std::size_t size, std::uint8_t* out) {
  for (const std::uint8_t octet : dns::Bytes(from, size)) {
    if (octet <= 1) {
      *out++ = 1;
      *out++ = static_cast<std::uint8_t>(octet + 1);
    } else {
      *out++ = dns::fold(octet);
    }
  }
  return out;
}

// Where the labels of `owner` begin, leftmost first.
struct Starts {
  unsigned count = 0;
  std::uint8_t at[dns::kMaxDepth];

  [[gnu::always_inline]] explicit Starts(dns::Bytes owner) {
    for (std::size_t i = 0; i < owner.size() && count < dns::kMaxDepth; i += owner[i] + 1U) {
      at[count++] = static_cast<std::uint8_t>(i);
    }
  }
};

}  // namespace

// Two registers are filled from the last label on.
KeyStart KeyStart::of_owner(dns::Bytes owner) {
  __extension__ using Octets = unsigned __int128;
  [[gnu::uninitialized]] Starts label(owner);
  Octets octets = 0;
  for (std::size_t at = 0; at < kOctets && label.count > 0;) {
    const std::uint8_t* const from = &owner[label.at[--label.count]];
    const __m128i block = dns::load_block(from + 1, *from);
    if (has_escaped(block, *from)) return TreeKey::of_owner(owner).start();
    Octets folded;
    const __m128i stored = fold_block(block);
    std::memcpy(&folded, &stored, sizeof folded);
    octets |= folded << (at * 8);
    at += *from + std::size_t{1};
  }
  KeyStart start;
  std::memcpy(start.octets.data(), &octets, sizeof octets);
  return start;
}

TreeKey TreeKey::of_owner(dns::Bytes owner) {
  [[gnu::uninitialized]] Starts label(owner);
  [[gnu::uninitialized]] TreeKey key;  // only the octets that are in use are ever read
  std::uint8_t* out = key.bytes_.data();
  while (label.count > 0) {
    const std::uint8_t* const from = &owner[label.at[--label.count]];
    out = put_plain(from + 1, *from, out) ? out + *from : put_escaped(from + 1, *from, out);
    *out++ = 0;
  }
  key.end_at(out);
  return key;
}

TreeKey TreeKey::of_hash(dns::Bytes hash) {
  [[gnu::uninitialized]] TreeKey key;
  std::memcpy(key.bytes_.data(), hash.data(), hash.size());
  key.end_at(key.bytes_.data() + hash.size());
  return key;
}

TreeKey TreeKey::of_node(const Node& node) {
  return (node.flags & kNodeNsec3) != 0 ? of_hash(owner(node)) : of_owner(owner(node));
}

std::size_t TreeKey::common(const TreeKey& other) const {
  const std::size_t most = std::min(size_, other.size_);
  return static_cast<std::size_t>(
      std::mismatch(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(most),
                    other.bytes_.begin())
          .first -
      bytes_.begin());
}

int TreeKey::compare(const TreeKey& other) const {
  const int order = std::memcmp(bytes_.data(), other.bytes_.data(), std::min(size_, other.size_));
  return order != 0 ? order : int{size_} - int{other.size_};
}

TreeKey TreeKey::of_wildcard(dns::Bytes owner) {
  TreeKey key = of_owner(owner);
  key.bytes_[key.size_++] = '*';
  key.bytes_[key.size_++] = 0;
  return key;
}

}  // namespace bowline::zones
