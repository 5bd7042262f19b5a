// ProofBurst: where the names that the proofs of a burst are about stand in the order of their
// zones: by name where there is NSEC, by hash where there is NSEC3. Names are noted first; then
// they are hashed and looked for all together, so that memory is waited for once; and what several
// queries need, the apex and "*" below it above all, is done once.
//
// Lives in a thread's Scratch. Nothing outlives the burst: zones may change after it.
#pragma once

#include <array>
#include <cstdint>

#include "answer/nsec3_hash.h"
#include "dns/name_key.h"
#include "zones/tree.h"

namespace bowline::answer {

class ProofBurst {
 public:
  // Forgets the burst before.
  void begin() { count_ = 0; }

  // Notes the suffix of `depth` labels, or "*" below it, for look_up(). Does nothing if the burst's
  // memory is full. REQUIRES: the zone has NSEC or NSEC3; `key` and `zone` stay as they are until
  // then.
  void want(const zones::Zone& zone, const dns::NameKey& key, unsigned depth, bool wildcard);
  // Looks for all that has been noted.
  void look_up(zones::Base base, Nsec3Hasher& hasher);

  struct Place {
    const zones::Node* node;  // the last at or before the name, or hash, in the zone's order; or null
    Nsec3Hash hash;           // of a zone with NSEC3
  };
  // The place, found now if it has not been foreseen. It is valid until the next call.
  const Place& get(zones::Base base, const zones::Zone& zone, const dns::NameKey& key,
                   unsigned depth, bool wildcard, Nsec3Hasher& hasher);

 private:
  // Three for each query, of which most share the closest encloser and the wildcard.
  static constexpr std::size_t kEntries = 128;
  static constexpr std::size_t kSlots = 2 * kEntries;
  // Looked for together: enough to hide a memory miss.
  static constexpr std::size_t kTogether = Nsec3Hasher::kLanes;

  // Names stand for themselves by the keyed hash of 64 bits, as elsewhere in answer/.
  struct Entry {
    const zones::Zone* zone;
    std::uint64_t name;
    std::uint16_t slot;
    Place place;
  };
  struct Wanted {
    dns::NameView name;  // in lower case
    bool wildcard;
  };

  // The entry, or the free slot where it belongs.
  struct Found {
    Entry* entry;
    std::size_t slot;
  };
  Found find(const zones::Zone& zone, std::uint64_t name);
  Entry& add(const zones::Zone& zone, std::uint64_t name, std::size_t slot);
  void look_up_some(zones::Base base, Nsec3Hasher& hasher, std::size_t first, std::size_t count);

  std::size_t count_ = 0;
  // Of the entries before count_: entry.slot is the slot that says its number. Any other slot is
  // free, whatever an earlier burst left in it.
  std::array<std::uint8_t, kSlots> slots_{};
  std::array<Entry, kEntries> entries_;
  std::array<Wanted, kEntries> wanted_;  // by the entries that want() made
  std::array<zones::TreeKey, kTogether> keys_;
  Place spare_;  // what get() found when there was no room for it
};

}  // namespace bowline::answer
