#include "zones/reader.h"

#include <algorithm>

#include "zones/hash_index.h"
#include "zones/tree.h"

namespace bowline::zones {

namespace {

bool has_nsec(const Node& node) {
  const RrsetEntry* const entry = entries(node);
  for (unsigned i = 0; i < node.rrset_count; ++i) {
    if (entry[i].type == dns::code_of(dns::RrType::kNsec)) return true;
  }
  return false;
}

bool is_owner(const Node& node, dns::Bytes hash) {
  return std::memcmp(owner(node).data(), hash.data(), kNsec3HashSize) == 0;
}

// Whether the node has an NSEC3 of the chain that the zone is answered from: while parameters
// change (RFC 5155 10.4) there are others.
bool is_of_chain(Base base, const Zone& zone, const Node& node) {
  constexpr std::uint8_t kSha1 = 1;
  const dns::Bytes salt = nsec3_salt(zone);
  const Rrset rrset = find_rrset(base, node, dns::RrType::kNsec3);
  if (rrset.count > kMaxNsec3AtOwner) return false;
  bool found = false;
  for_each_record(rrset.records, [&](dns::Bytes rdata, std::uint32_t) {
    found |= rdata[0] == kSha1 && rdata[4] == salt.size() &&
             dns::load_u16(rdata.data() + 2) == zone.nsec3_iterations &&
             std::equal(salt.begin(), salt.end(), rdata.begin() + 5);
  });
  return found;
}

// `node` or the last one before it that is of the chain; null if there is none, or with left == 0 if
// none was found among that many, which are counted down.
const Node* previous_of_chain(Base base, const Zone& zone, const Node* node, TreePath& path,
                              unsigned& left) {
  while (node != nullptr && !is_of_chain(base, zone, *node)) {
    if (left == 0) return nullptr;
    --left;
    node = tree_previous(base, path);
  }
  return node;
}

// The node before in order; from below a delegation or DNAME that very name, for what it hides
// (RFC 4035 2.3: such names have no NSEC) may be any number.
const Node* previous_visible(Base base, const Zone& zone, const Node& node, TreePath& path) {
  if (node.cut_depth == 0) return tree_previous(base, path);
  dns::Bytes labels = owner(node);
  unsigned depth = zone.apex_depth;
  for (std::size_t at = 0; at < labels.size(); at += labels[at] + 1U) ++depth;
  if (depth == cut_labels(node)) return tree_previous(base, path);
  for (; depth > cut_labels(node); --depth) labels = labels.subspan(labels[0] + 1U);
  return tree_floor(base, zone.order, TreeKey::of_owner(labels), path);
}

}  // namespace

Rrset rrset_at(Base base, const Node& node, unsigned i) {
  const RrsetEntry* const entry = entries(node);
  const std::uint8_t* body = bodies(node);
  for (unsigned j = 0; j < i; ++j) body += inline_size(entry[j]);
  return make_rrset(base, entry[i], body);
}

dns::Bytes owner_in_case(const Node& node, std::span<std::uint8_t, dns::kMaxNameSize> buffer) {
  const dns::Bytes own = owner(node);
  if (node.case_size == 0) {
    std::copy(own.begin(), own.end(), buffer.begin());
    return buffer.first(own.size());
  }
  const std::uint8_t* const bits = own.data() + own.size();
  for (std::size_t i = 0; i < own.size(); ++i) {
    const bool upper = (bits[i / 8] >> (i % 8) & 1) != 0;
    buffer[i] = static_cast<std::uint8_t>(upper ? own[i] & ~0x20 : own[i]);
  }
  return buffer.first(own.size());
}

dns::Name owner_name(const Zone& zone, const Node& node) {
  std::array<std::uint8_t, dns::kMaxNameSize> octets;
  const std::size_t size = owner_in_case(node, octets).size();
  std::memcpy(octets.data() + size, zone.tail(), zone.apex_size);
  return dns::NameView(octets.data(), size + zone.apex_size);
}

const Zone* find_zone(View view, const dns::NameKey& key, unsigned depth) {
  const Zone* found = nullptr;
  for_apex_depths(*view.root, depth, [&](unsigned d) {
    found = find_zone_exact(view, key, d);
    return found == nullptr;
  });
  return found;
}

Closest find_closest(Base base, const Zone& zone, const dns::NameKey& key) {
  if (const Node* node = find_node(base, zone, key, key.depth)) return {node, key.depth};
  // Empty non-terminals make existence monotone in depth, so a binary search finds the deepest.
  unsigned exists = zone.apex_depth, missing = key.depth;
  const Node* deepest = base.at<Node>(zone.apex_node);
  while (missing - exists > 1) {
    // Near the question first: most misses are one label below something.
    const unsigned middle =
        missing - exists <= 4 ? missing - 1 : exists + (missing - exists) / 2;
    if (const Node* node = find_node(base, zone, key, middle)) {
      exists = middle;
      deepest = node;
    } else {
      missing = middle;
    }
  }
  return {deepest, exists};
}

const Node* find_nsec_before(Base base, const Zone& zone, const dns::NameKey& key,
                             unsigned depth) {
  const dns::Bytes own{key.lower.data() + key.offset[depth],
                       static_cast<std::size_t>(key.size - key.offset[depth]) - zone.apex_size};
  return find_nsec_before(base, zone, TreeKey::of_owner(own));
}

const Node* find_nsec_before(Base base, const Zone& zone, const TreeKey& key) {
  TreePath path;
  const Node* node = tree_floor(base, zone.order, key, path);
  for (unsigned left = kMaxPassedOver; node != nullptr && !has_nsec(*node); --left) {
    if (left == 0) return nullptr;
    node = previous_visible(base, zone, *node, path);
  }
  return node;
}

const Node* find_nsec3(Base base, const Zone& zone, dns::Bytes hash) {
  TreePath path;
  const Node* node = tree_floor(base, zone.nsec3, TreeKey::of_hash(hash), path);
  return node != nullptr && is_owner(*node, hash) && is_of_chain(base, zone, *node) ? node
                                                                                     : nullptr;
}

const Node* find_nsec3_covering(Base base, const Zone& zone, dns::Bytes hash) {
  TreePath path;
  const Node* node = tree_floor(base, zone.nsec3, TreeKey::of_hash(hash), path);
  const bool has_owner = node != nullptr && is_owner(*node, hash);
  if (has_owner && is_of_chain(base, zone, *node)) return nullptr;
  unsigned left = kMaxPassedOver;
  node = previous_of_chain(base, zone, node, path, left);
  if (node != nullptr || left == 0) return node;
  node = tree_last(base, zone.nsec3, path);
  return previous_of_chain(base, zone, node, path, left);
}

Nsec3Place place_nsec3(Base base, const Zone& zone, dns::Bytes hash, const Node* floor) {
  if (floor == nullptr || !is_of_chain(base, zone, *floor)) {
    return {nullptr, find_nsec3_covering(base, zone, hash)};
  }
  if (is_owner(*floor, hash)) return {floor, nullptr};
  return {nullptr, floor};
}

}  // namespace bowline::zones
