#include "zones/tree_key.h"

#include <algorithm>
#include <cstring>

#include "zones/reader.h"

namespace bowline::zones {

TreeKey TreeKey::of_owner(dns::Bytes owner) {
  std::array<std::uint8_t, dns::kMaxDepth> label;
  unsigned labels = 0;
  for (std::size_t at = 0; at < owner.size() && labels < label.size(); at += owner[at] + 1U) {
    label[labels++] = static_cast<std::uint8_t>(at);
  }
  [[gnu::uninitialized]] TreeKey key;  // only the octets that are in use are ever read
  std::uint8_t* out = key.bytes_.data();
  while (labels-- > 0) {
    const std::uint8_t* from = &owner[label[labels]];
    for (unsigned left = *from++; left > 0; --left) {
      const std::uint8_t octet = dns::fold(*from++);
      if (octet <= 1) {
        *out++ = 1;
        *out++ = static_cast<std::uint8_t>(octet + 1);
      } else {
        *out++ = octet;
      }
    }
    *out++ = 0;
  }
  key.size_ = static_cast<std::uint16_t>(out - key.bytes_.data());
  return key;
}

TreeKey TreeKey::of_hash(dns::Bytes hash) {
  [[gnu::uninitialized]] TreeKey key;
  key.size_ = static_cast<std::uint16_t>(hash.size());
  std::memcpy(key.bytes_.data(), hash.data(), hash.size());
  return key;
}

TreeKey TreeKey::of_node(const Node& node) {
  return (node.flags & kNodeNsec3) != 0 ? of_hash(owner(node)) : of_owner(owner(node));
}

std::uint32_t TreeKey::chunk(std::size_t skip) const {
  std::array<std::uint8_t, 4> four{};
  if (skip < size_) std::memcpy(four.data(), &bytes_[skip], std::min<std::size_t>(4, size_ - skip));
  return dns::load_u32(four.data());
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

}  // namespace bowline::zones
