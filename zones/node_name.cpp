#include "zones/node_name.h"

#include <array>
#include <cstring>
#include <string_view>

#include "dns/text_base.h"

namespace bowline::zones {

namespace {

constexpr std::size_t kHashDigits = 32;

}  // namespace

std::uint64_t node_hash(const Node& node, dns::NameView apex, const dns::HashKey& secret) {
  std::array<std::uint8_t, dns::kMaxNameSize> name;
  const dns::Bytes own = owner(node);
  if (!own.empty()) std::memcpy(name.data(), own.data(), own.size());
  std::memcpy(name.data() + own.size(), apex.data(), apex.size());
  return dns::hash_name(secret, {name.data(), own.size() + apex.size()});
}

bool nsec3_owner_hash(dns::Bytes owner, std::span<std::uint8_t, kNsec3HashSize> hash) {
  if (owner.size() != 1 + kHashDigits || owner[0] != kHashDigits) return false;
  dns::WireWriter writer(hash);
  const std::string_view digits(reinterpret_cast<const char*>(owner.data() + 1), kHashDigits);
  return dns::write_base32hex(digits, writer) && writer.size() == hash.size();
}

}  // namespace bowline::zones
