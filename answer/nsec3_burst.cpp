#include "answer/nsec3_burst.h"

#include <algorithm>

namespace bowline::answer {

namespace {

// "*" below a name has a number of its own without being hashed for it.
constexpr std::uint64_t kWildcardMark = 0x9e3779b97f4a7c15;

std::uint64_t number_of(const dns::NameKey& key, unsigned depth, bool wildcard) {
  return wildcard ? key.hash[depth] ^ kWildcardMark : key.hash[depth];
}

Nsec3Input input_of(const zones::Zone& zone, const dns::NameKey& key, unsigned depth,
                    bool wildcard) {
  return {key.suffix(depth), zones::nsec3_salt(zone), zone.nsec3_iterations, wildcard};
}

}  // namespace

Nsec3Burst::Found Nsec3Burst::find(const zones::Zone& zone, std::uint64_t name) {
  for (std::size_t slot = name % kSlots;; slot = (slot + 1) % kSlots) {
    Entry& entry = entries_[slots_[slot]];
    if (slots_[slot] >= count_ || entry.slot != slot) return {nullptr, slot};
    if (entry.name == name && entry.zone == &zone) return {&entry, slot};
  }
}

Nsec3Burst::Entry& Nsec3Burst::add(const zones::Zone& zone, std::uint64_t name, std::size_t slot) {
  Entry& entry = entries_[count_];
  entry.zone = &zone;
  entry.name = name;
  entry.slot = static_cast<std::uint16_t>(slot);
  slots_[slot] = static_cast<std::uint8_t>(count_++);
  return entry;
}

void Nsec3Burst::want(const zones::Zone& zone, const dns::NameKey& key, unsigned depth,
                      bool wildcard) {
  const std::uint64_t name = number_of(key, depth, wildcard);
  const Found found = find(zone, name);
  if (found.entry != nullptr || count_ == kEntries) return;
  inputs_[count_] = input_of(zone, key, depth, wildcard);
  add(zone, name, found.slot);
}

void Nsec3Burst::compute(Nsec3Hasher& hasher) {
  std::array<Nsec3Hash, Nsec3Hasher::kLanes> hashes;
  for (std::size_t done = 0; done < count_;) {
    const std::size_t some = std::min(hashes.size(), count_ - done);
    hasher.hash_together({&inputs_[done], some}, {hashes.data(), some});
    for (std::size_t i = 0; i < some; ++i) entries_[done++].hash = hashes[i];
  }
}

Nsec3Hash Nsec3Burst::get(const zones::Zone& zone, const dns::NameKey& key, unsigned depth,
                          bool wildcard, Nsec3Hasher& hasher) {
  const std::uint64_t name = number_of(key, depth, wildcard);
  const Found found = find(zone, name);
  if (found.entry != nullptr) return found.entry->hash;
  const Nsec3Hash hash = hasher.hash(input_of(zone, key, depth, wildcard));
  if (count_ < kEntries) add(zone, name, found.slot).hash = hash;
  return hash;
}

}  // namespace bowline::answer
