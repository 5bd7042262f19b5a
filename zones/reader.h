// Look-ups in one published version of the zone tables.
//
// Any thread that holds an epoch (link/epoch.h) may read; nothing here allocates, locks or writes.
// Everything returned lives in the tables for as long as the caller keeps that epoch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "dns/name_key.h"
#include "dns/rr_type.h"
#include "dns/wire.h"
#include "zones/format.h"
#include "zones/hash_index.h"

namespace bowline::zones {

// One version: what a thread looks at from the start of a burst to its end.
struct View {
  Base base;
  const Root* root = nullptr;
};

// An RRset as stored. `records` and `signatures` are blocks for dns::MessageBuilder::add_block().
struct Rrset {
  dns::RrType type{};
  std::uint32_t count = 0;
  std::uint32_t sig_count = 0;
  dns::Bytes records;
  dns::Bytes signatures;

  explicit operator bool() const { return count != 0; }  // false: absent (RRSIGs alone may exist)
  // REQUIRES: *this.
  std::uint32_t ttl() const { return dns::load_u32(records.data() + 6); }
};

// Walks the records of a block: calls visit(Bytes rdata, uint32_t ttl) for each.
template <typename Visit>
void for_each_record(dns::Bytes block, Visit&& visit) {
  for (const std::uint8_t *at = block.data(), *end = at + block.size(); at < end;) {
    const std::size_t size = dns::load_u16(at + 10);
    visit(dns::Bytes(at + 12, size), dns::load_u32(at + 6));
    at += 12 + size;
  }
}

// ---- Node -------------------------------------------------------------------------------------

inline dns::Bytes owner(const Node& node) {
  return {reinterpret_cast<const std::uint8_t*>(&node + 1), node.owner_size};
}
inline const RrsetEntry* entries(const Node& node) {
  return reinterpret_cast<const RrsetEntry*>(reinterpret_cast<const std::byte*>(&node) +
                                             node.entries_offset);
}
inline const std::uint8_t* bodies(const Node& node) {
  return reinterpret_cast<const std::uint8_t*>(entries(node) + node.rrset_count);
}
// The octets that the entry's body takes inside its node.
inline std::size_t inline_size(const RrsetEntry& entry) {
  return (entry.size & kFarBody) != 0 ? sizeof(Ref) : std::size_t{entry.size} + entry.sig_size;
}
// The RRset of an entry, whose body is at `body`.
inline Rrset make_rrset(Base base, const RrsetEntry& entry, const std::uint8_t* body) {
  const auto type = static_cast<dns::RrType>(entry.type);
  if ((entry.size & kFarBody) != 0) [[unlikely]] {
    Ref ref;
    std::memcpy(&ref, body, sizeof ref);
    const FarBody& far = *base.at<FarBody>(ref);
    return {type, far.count, far.sig_count, {far.octets(), far.size},
            {far.octets() + far.size, far.sig_size}};
  }
  return {type, entry.count, entry.sig_count, {body, entry.size},
          {body + entry.size, entry.sig_size}};
}
// The RRset of `type` at `node`; empty if there is none.
inline Rrset find_rrset(Base base, const Node& node, dns::RrType type) {
  const RrsetEntry* const entry = entries(node);
  const std::uint8_t* body = bodies(node);
  for (unsigned i = 0; i < node.rrset_count; ++i) {
    if (entry[i].type == dns::code_of(type)) return make_rrset(base, entry[i], body);
    body += inline_size(entry[i]);
  }
  return {};
}
// The i-th RRset, in ascending order of type. REQUIRES: i < node.rrset_count.
Rrset rrset_at(Base base, const Node& node, unsigned i);
// The owner relative to the apex as it was written; it lies in `buffer`.
dns::Bytes owner_in_case(const Node& node, std::span<std::uint8_t, dns::kMaxNameSize> buffer);
// The absolute owner name, in its original case below the apex.
dns::Name owner_name(const Zone& zone, const Node& node);

// ---- Zones ------------------------------------------------------------------------------------

inline dns::NameView apex(const Zone& zone) { return {zone.tail(), zone.apex_size}; }
inline dns::Bytes nsec3_salt(const Zone& zone) {
  return {zone.tail() + zone.apex_size, zone.salt_size};
}
// The steps of the query plan, in the order in which they are taken.
inline std::span<const PlanStep> plan(const Zone& zone) {
  const auto* const octets = reinterpret_cast<const std::byte*>(&zone);
  return {reinterpret_cast<const PlanStep*>(octets + zone.plan_offset()), zone.plan_size};
}

// Whether the zone's apex is the suffix of `depth` labels. REQUIRES: depth <= key.depth.
inline bool is_apex(const Zone& zone, const dns::NameKey& key, unsigned depth) {
  const dns::NameView wanted = key.suffix(depth);
  return zone.apex_size == wanted.size() && same_octets(zone.tail(), wanted.data(), wanted.size());
}

// The zone with exactly this apex, or null.
inline const Zone* find_zone_exact(View view, const dns::NameKey& key, unsigned depth) {
  const Ref ref = find_in_index(
      view.base, view.root->directory, view.root->bucket, key.hash[depth],
      [&](Ref candidate) { return is_apex(*view.base.at<Zone>(candidate), key, depth); });
  return ref == 0 ? nullptr : view.base.at<Zone>(ref);
}

// Calls visit(d) for the depths up to `depth` at which there are zones, the deepest first, until it
// returns false.
template <typename Visit>
[[gnu::always_inline]] inline void for_apex_depths(const Root& root, unsigned depth,
                                                   Visit&& visit) {
  for (unsigned word = depth / 64 + 1; word-- > 0;) {
    std::uint64_t depths = root.apex_depths[word];
    if (word == depth / 64) depths &= ~std::uint64_t{0} >> (63 - depth % 64);
    while (depths != 0) {
      const auto bit = 63U - static_cast<unsigned>(__builtin_clzll(depths));
      if (!visit(word * 64 + bit)) return;
      depths &= ~(std::uint64_t{1} << bit);
    }
  }
}

// The zone with the deepest apex of at most `depth` labels at or above the name of `key`; null if
// none. For DS at an apex ask again with depth = apex_depth - 1 (RFC 4035 3.1.4.1).
const Zone* find_zone(View view, const dns::NameKey& key, unsigned depth);

// ---- Names of a zone --------------------------------------------------------------------------
// `depth` counts all labels: the suffix of the key that is meant. REQUIRES: >= zone.apex_depth.

// Whether the node's owner is that suffix.
inline bool has_owner(const Zone& zone, const Node& node, const dns::NameKey& key,
                      unsigned depth) {
  // A node begins at a granule, of which its owner takes the last four octets.
  constexpr std::size_t kHead = link::kGranule - sizeof(Node);
  const std::uint8_t* const own = key.lower.data() + key.offset[depth];
  const std::size_t size = static_cast<std::size_t>(key.size - key.offset[depth]) - zone.apex_size;
  if (node.owner_size != size) return false;
  std::uint32_t there, wanted;
  std::memcpy(&there, &node + 1, sizeof there);
  std::memcpy(&wanted, own, sizeof wanted);
  if (size < kHead) return ((there ^ wanted) & ((1U << 8 * size) - 1)) == 0;
  return there == wanted &&
         same_octets(reinterpret_cast<const std::uint8_t*>(&node) + link::kGranule, own + kHead,
                     size - kHead);
}

inline const Node* find_node(Base base, const Zone& zone, const dns::NameKey& key,
                             unsigned depth) {
  const Ref ref = find_in_index(
      base, zone.names, zone.bucket, key.hash[depth],
      [&](Ref candidate) { return has_owner(zone, *base.at<Node>(candidate), key, depth); });
  return ref == 0 ? nullptr : base.at<Node>(ref);
}

// The name itself, or the deepest existing name above it (RFC 4592 3.3.1); empty non-terminals
// exist.
struct Closest {
  const Node* node;
  unsigned depth;  // key.depth if the name itself exists
};
Closest find_closest(Base base, const Zone& zone, const dns::NameKey& key);

// ---- Order ------------------------------------------------------------------------------------

// Nodes that a search for a proof passes over, one after the other. A sound zone asks for few: at
// most 127 empty non-terminals, each below the one before, and while its NSEC3 parameters change
// some hashes of the other chain. A zone with more is broken, and a proof that it lacks anyway must
// not cost a walk over all of its names for each question.
inline constexpr unsigned kMaxPassedOver = 1024;
// NSEC3 records of one owner that are looked at: of two chains hardly two hashes are the same.
inline constexpr unsigned kMaxNsec3AtOwner = 16;

class TreeKey;

// The last name at or before the suffix of `depth` labels in canonical order; for proofs
// (RFC 4035 3.1.3.2) those without an NSEC RRset are passed over, and what is hidden below a
// delegation or DNAME in one step. Null: the zone has no NSEC there.
const Node* find_nsec_before(Base base, const Zone& zone, const dns::NameKey& key, unsigned depth);
// The same by the key of the name in the zone's order.
const Node* find_nsec_before(Base base, const Zone& zone, const TreeKey& key);

inline constexpr std::size_t kNsec3HashSize = 20;  // SHA-1, the only algorithm (RFC 5155 11)
// The NSEC3 whose owner is `hash`, or null.
const Node* find_nsec3(Base base, const Zone& zone, dns::Bytes hash);
// The NSEC3 whose interval covers `hash` (RFC 5155 1.3): the last before it, or the last of all;
// null if an NSEC3 has that very hash, or the chain is not whole.
// REQUIRES: the zone has an NSEC3 tree.
const Node* find_nsec3_covering(Base base, const Zone& zone, dns::Bytes hash);

// Both, one of which is null. `floor`: the last node at or before `hash` in the NSEC3 tree, or null.
struct Nsec3Place {
  const Node* matching;
  const Node* covering;
};
Nsec3Place place_nsec3(Base base, const Zone& zone, dns::Bytes hash, const Node* floor);

}  // namespace bowline::zones
