#include "answer/proof_burst.h"

#include <algorithm>
#include <new>

namespace bowline::answer {

namespace {

// "*" below a name has a number of its own without being hashed for it.
constexpr std::uint64_t kWildcardMark = 0x9e3779b97f4a7c15;

std::uint64_t number_of(const dns::NameKey& key, unsigned depth, bool wildcard) {
  return wildcard ? key.hash[depth] ^ kWildcardMark : key.hash[depth];
}

bool has_nsec3(const zones::Zone& zone) { return (zone.flags & zones::kZoneNsec3) != 0; }

Nsec3Input input_of(const zones::Zone& zone, dns::NameView name, bool wildcard) {
  return {name, zones::nsec3_salt(zone), zone.nsec3_iterations, wildcard};
}

// REQUIRES: the name is one of the zone.
zones::TreeKey order_key(const zones::Zone& zone, dns::NameView name, bool wildcard) {
  const dns::Bytes owner = name.bytes().first(name.size() - zone.apex_size);
  return wildcard ? zones::TreeKey::of_wildcard(owner) : zones::TreeKey::of_owner(owner);
}

}  // namespace

ProofBurst::Found ProofBurst::find(const zones::Zone& zone, std::uint64_t name) {
  for (std::size_t slot = name % kSlots;; slot = (slot + 1) % kSlots) {
    Entry& entry = entries_[slots_[slot]];
    if (slots_[slot] >= count_ || entry.slot != slot) return {nullptr, slot};
    if (entry.name == name && entry.zone == &zone) return {&entry, slot};
  }
}

ProofBurst::Entry& ProofBurst::add(const zones::Zone& zone, std::uint64_t name, std::size_t slot) {
  Entry& entry = entries_[count_];
  entry.zone = &zone;
  entry.name = name;
  entry.slot = static_cast<std::uint16_t>(slot);
  slots_[slot] = static_cast<std::uint8_t>(count_++);
  return entry;
}

void ProofBurst::want(const zones::Zone& zone, const dns::NameKey& key, unsigned depth,
                      bool wildcard) {
  const std::uint64_t name = number_of(key, depth, wildcard);
  const Found found = find(zone, name);
  if (found.entry != nullptr || count_ == kEntries) return;
  wanted_[count_] = {key.suffix(depth), wildcard};
  add(zone, name, found.slot);
}

void ProofBurst::look_up(zones::Base base, Nsec3Hasher& hasher) {
  for (std::size_t done = 0; done < count_; done += kTogether) {
    look_up_some(base, hasher, done, std::min(kTogether, count_ - done));
  }
}

// The keys are made where they stay: of their hundreds of octets most are never used.
void ProofBurst::look_up_some(zones::Base base, Nsec3Hasher& hasher, std::size_t first,
                              std::size_t count) {
  [[gnu::uninitialized]] std::array<Nsec3Input, kTogether> inputs;
  [[gnu::uninitialized]] std::array<std::size_t, kTogether> hashed;  // what they are inputs of
  std::size_t inputs_count = 0;
  [[gnu::uninitialized]] std::array<zones::TreeSearch, kTogether> searches;
  for (std::size_t i = 0; i < count; ++i) {
    const zones::Zone& zone = *entries_[first + i].zone;
    const Wanted& wanted = wanted_[first + i];
    searches[i].key = &keys_[i];
    if (has_nsec3(zone)) {
      searches[i].tree = zone.nsec3;
      hashed[inputs_count] = i;
      inputs[inputs_count++] = input_of(zone, wanted.name, wanted.wildcard);
    } else {
      searches[i].tree = zone.order;
      new (&keys_[i]) zones::TreeKey(order_key(zone, wanted.name, wanted.wildcard));
    }
  }
  if (inputs_count != 0) {
    [[gnu::uninitialized]] std::array<Nsec3Hash, kTogether> hashes;
    hasher.hash_together({inputs.data(), inputs_count}, {hashes.data(), inputs_count});
    for (std::size_t i = 0; i < inputs_count; ++i) {
      entries_[first + hashed[i]].place.hash = hashes[i];
      new (&keys_[hashed[i]]) zones::TreeKey(zones::TreeKey::of_hash(hashes[i]));
    }
  }
  zones::tree_floor_all(base, {searches.data(), count});
  for (std::size_t i = 0; i < count; ++i) entries_[first + i].place.node = searches[i].node;
}

const ProofBurst::Place& ProofBurst::get(zones::Base base, const zones::Zone& zone,
                                         const dns::NameKey& key, unsigned depth, bool wildcard,
                                         Nsec3Hasher& hasher) {
  const std::uint64_t number = number_of(key, depth, wildcard);
  const Found found = find(zone, number);
  if (found.entry != nullptr) return found.entry->place;
  Place& place = count_ < kEntries ? add(zone, number, found.slot).place : spare_;
  zones::TreePath path;
  if (has_nsec3(zone)) {
    place.hash = hasher.hash(input_of(zone, key.suffix(depth), wildcard));
    place.node = zones::tree_floor(base, zone.nsec3, zones::TreeKey::of_hash(place.hash), path);
  } else {
    place.node =
        zones::tree_floor(base, zone.order, order_key(zone, key.suffix(depth), wildcard), path);
  }
  return place;
}

}  // namespace bowline::answer
