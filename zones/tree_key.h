// Keys of the ordered index: octet strings whose memcmp order is the order wanted.
//
// Of a name: its labels from the apex outwards, folded, each followed by 00, with 00 -> 01 01 and
// 01 -> 01 02 inside labels. That is canonical order (RFC 4034 6.1), and a name's key is a prefix
// of the keys of all names below it. Of an NSEC3: the 20 octets of its hash.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "dns/name.h"
#include "zones/format.h"

namespace bowline::zones {

// The first octets of a key, zero-padded.
struct KeyStart {
  static constexpr std::size_t kOctets = 16;
  std::array<std::uint8_t, kOctets> octets;

  // What TreeKey::of_owner(owner).start() is, quicker.
  static KeyStart of_owner(dns::Bytes owner);
  // As TreeKey::chunk(). REQUIRES: skip + 4 <= kOctets.
  std::uint32_t chunk(std::size_t skip) const { return dns::load_u32(&octets[skip]); }
};

class TreeKey {
 public:
  // `owner`: labels relative to the apex, without the root, of either case.
  static TreeKey of_owner(dns::Bytes owner);
  // "*" below that owner.
  static TreeKey of_wildcard(dns::Bytes owner);
  static TreeKey of_hash(dns::Bytes hash);
  // The key of a node, by its flags.
  static TreeKey of_node(const Node& node);

  dns::Bytes bytes() const { return {bytes_.data(), size_}; }
  std::size_t size() const { return size_; }
  // The four octets from `skip` on, zero-padded, as a number.
  std::uint32_t chunk(std::size_t skip) const {
    return skip < size_ ? dns::load_u32(&bytes_[skip]) : 0;
  }
  KeyStart start() const {
    KeyStart start;
    std::memcpy(start.octets.data(), bytes_.data(), KeyStart::kOctets);
    return start;
  }
  // Octets that both start with.
  std::size_t common(const TreeKey& other) const;
  // <0, 0, >0.
  int compare(const TreeKey& other) const;

 private:
  // Zeros behind the key, so that its parts are read whole.
  static constexpr std::size_t kPadding = KeyStart::kOctets;

  void end_at(std::uint8_t* end) {
    std::memset(end, 0, kPadding);
    size_ = static_cast<std::uint16_t>(end - bytes_.data());
  }

  std::uint16_t size_ = 0;
  std::array<std::uint8_t, 2 * dns::kMaxNameSize + kPadding> bytes_;
};

}  // namespace bowline::zones
