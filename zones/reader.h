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

namespace bowline::zones {

// Where the tables are mapped.
struct Base {
  const std::byte* address = nullptr;
  template <typename T>
  const T* at(Ref ref) const {
    return reinterpret_cast<const T*>(address + std::size_t{ref} * link::kGranule);
  }
};

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
// The RRset of `type` at `node`; empty if there is none.
Rrset find_rrset(Base base, const Node& node, dns::RrType type);
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

// The zone with the deepest apex of at most `depth` labels at or above the name of `key`; null if
// none. For DS at an apex ask again with depth = apex_depth - 1 (RFC 4035 3.1.4.1).
const Zone* find_zone(View view, const dns::NameKey& key, unsigned depth);
// The zone with exactly this apex, or null.
const Zone* find_zone_exact(View view, const dns::NameKey& key, unsigned depth);

// ---- Names of a zone --------------------------------------------------------------------------
// `depth` counts all labels: the suffix of the key that is meant. REQUIRES: >= zone.apex_depth.

const Node* find_node(Base base, const Zone& zone, const dns::NameKey& key, unsigned depth);

// The name itself, or the deepest existing name above it (RFC 4592 3.3.1); empty non-terminals
// exist.
struct Closest {
  const Node* node;
  unsigned depth;  // key.depth if the name itself exists
};
Closest find_closest(Base base, const Zone& zone, const dns::NameKey& key);

// For bursts: each brings nearer what the next look-up of this hash will touch.
void prefetch_bucket(Base base, const HashRoot& hash, const Bucket& embedded, std::uint64_t key);
void prefetch_entry(Base base, const HashRoot& hash, const Bucket& embedded, std::uint64_t key);

// ---- Order ------------------------------------------------------------------------------------

// Nodes that a search for a proof passes over, one after the other. A sound zone asks for few: at
// most 127 empty non-terminals, each below the one before, and while its NSEC3 parameters change
// some hashes of the other chain. A zone with more is broken, and a proof that it lacks anyway must
// not cost a walk over all of its names for each question.
inline constexpr unsigned kMaxPassedOver = 1024;
// NSEC3 records of one owner that are looked at: of two chains hardly two hashes are the same.
inline constexpr unsigned kMaxNsec3AtOwner = 16;

// The last name at or before the suffix of `depth` labels in canonical order; for proofs
// (RFC 4035 3.1.3.2) those without an NSEC RRset are passed over, and what is hidden below a
// delegation or DNAME in one step. Null: the zone has no NSEC there.
const Node* find_nsec_before(Base base, const Zone& zone, const dns::NameKey& key, unsigned depth);

inline constexpr std::size_t kNsec3HashSize = 20;  // SHA-1, the only algorithm (RFC 5155 11)
// The NSEC3 whose owner is `hash`, or null.
const Node* find_nsec3(Base base, const Zone& zone, dns::Bytes hash);
// The NSEC3 whose interval covers `hash` (RFC 5155 1.3): the last before it, or the last of all;
// null if an NSEC3 has that very hash, or the chain is not whole.
// REQUIRES: the zone has an NSEC3 tree.
const Node* find_nsec3_covering(Base base, const Zone& zone, dns::Bytes hash);

}  // namespace bowline::zones
