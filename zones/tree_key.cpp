#include "zones/tree_key.h"

#include <emmintrin.h>

#include <algorithm>
#include <cstring>

#include "zones/reader.h"

namespace bowline::zones {

namespace {

// Writes a label's octets folded, 16 at a time: up to 15 behind them are written over. False: some
// have to be escaped. REQUIRES: that room.
bool put_plain(const std::uint8_t* from, std::size_t size, std::uint8_t* out) {
  std::memcpy(out, from, size);
  const __m128i keep = _mm_set1_epi8(1);
  __m128i low = _mm_setzero_si128();  // where an octet is at most 1
  std::size_t at = 0;
  for (; at < size; at += sizeof(__m128i)) {
    auto* const place = reinterpret_cast<__m128i*>(out + at);
    const __m128i octets = _mm_loadu_si128(place);
    const __m128i letters = _mm_and_si128(_mm_cmpgt_epi8(octets, _mm_set1_epi8('A' - 1)),
                                          _mm_cmplt_epi8(octets, _mm_set1_epi8('Z' + 1)));
    low = _mm_cmpeq_epi8(_mm_min_epu8(octets, keep), octets);
    _mm_storeu_si128(place, _mm_or_si128(octets, _mm_and_si128(letters, _mm_set1_epi8(0x20))));
    if (at + sizeof(__m128i) < size && _mm_movemask_epi8(low) != 0) return false;
  }
  const std::size_t last = size - (at - sizeof(__m128i));  // of the octets of the last block
  return (static_cast<unsigned>(_mm_movemask_epi8(low)) & ((2U << (last - 1)) - 1)) == 0;
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

}  // namespace

TreeKey TreeKey::of_owner(dns::Bytes owner) {
  [[gnu::uninitialized]] std::array<std::uint8_t, dns::kMaxDepth> label;
  unsigned labels = 0;
  for (std::size_t at = 0; at < owner.size() && labels < label.size(); at += owner[at] + 1U) {
    label[labels++] = static_cast<std::uint8_t>(at);
  }
  [[gnu::uninitialized]] TreeKey key;  // only the octets that are in use are ever read
  std::uint8_t* out = key.bytes_.data();
  while (labels-- > 0) {
    const std::uint8_t* const from = &owner[label[labels]];
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
