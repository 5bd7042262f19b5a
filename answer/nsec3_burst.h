// Nsec3Burst: the NSEC3 hashes of a burst. Those that its proofs will need are noted first and
// computed together, which takes half the time of one after the other; and what several queries
// need, the apex above all, is hashed once.
//
// Lives in a thread's Scratch. Nothing outlives the burst: zones may change after it.
#pragma once

#include <array>
#include <cstdint>

#include "answer/nsec3_hash.h"
#include "dns/name_key.h"

namespace bowline::answer {

class Nsec3Burst {
 public:
  // Forgets the burst before.
  void begin() { count_ = 0; }

  // Notes the suffix of `depth` labels, or "*" below it, for compute(). Does nothing if the burst's
  // memory is full. REQUIRES: `key` and `zone` stay as they are until then.
  void want(const zones::Zone& zone, const dns::NameKey& key, unsigned depth, bool wildcard);
  // Hashes all that has been noted.
  void compute(Nsec3Hasher& hasher);

  // The hash, computed now if it has not been foreseen.
  Nsec3Hash get(const zones::Zone& zone, const dns::NameKey& key, unsigned depth, bool wildcard,
                Nsec3Hasher& hasher);

 private:
  // Three for each query, of which most share the closest encloser and the wildcard.
  static constexpr std::size_t kEntries = 128;
  static constexpr std::size_t kSlots = 2 * kEntries;

  // Names stand for themselves by the keyed hash of 64 bits, as elsewhere in answer/.
  struct Entry {
    const zones::Zone* zone;
    std::uint64_t name;
    std::uint16_t slot;
    Nsec3Hash hash;
  };

  // The entry, or the free slot where it belongs.
  struct Found {
    Entry* entry;
    std::size_t slot;
  };
  Found find(const zones::Zone& zone, std::uint64_t name);
  Entry& add(const zones::Zone& zone, std::uint64_t name, std::size_t slot);

  std::size_t count_ = 0;
  // Of the entries before count_: entry.slot is the slot that says its number. Any other slot is
  // free, whatever an earlier burst left in it.
  std::array<std::uint8_t, kSlots> slots_{};
  std::array<Entry, kEntries> entries_;
  std::array<Nsec3Input, kEntries> inputs_;  // of the entries that want() made
};

}  // namespace bowline::answer
