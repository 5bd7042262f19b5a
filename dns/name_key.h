// NameKey: a name folded to lower case with the keyed hash of each of its suffixes, which is what
// every look-up takes. The hash is keyed because owner names are chosen by attackers.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "dns/name.h"

namespace bowline::dns {

// 128 bits from the kernel's random source, once a boot of control; both processes use the same.
struct HashKey {
  alignas(16) std::array<std::uint8_t, 16> bytes{};
};

// `hash[d]`, `offset[d]` belong to the suffix of d labels; d = 0 is the root.
struct NameKey {
  std::uint8_t size = 0;   // of the whole name, 1 to 255
  std::uint8_t depth = 0;  // labels without the root, 0 to 127
  std::array<std::uint8_t, kMaxDepth + 1> offset;  // where that suffix begins in `lower`
  std::array<std::uint8_t, 256 + 16> lower;        // 16 spare octets: vector loads may run over
  std::array<std::uint64_t, kMaxDepth + 1> hash;

  NameView name() const { return {lower.data(), size}; }
  NameView suffix(unsigned d) const {
    return {lower.data() + offset[d], static_cast<std::size_t>(size - offset[d])};
  }
};

// One of the keys to make together. Both live elsewhere.
struct KeyJob {
  NameView name;
  NameKey* key = nullptr;
};

// Fills the key of each job for its name, in one pass from right to left. Uses AVX-512 and AES
// instructions where the CPU has them and portable code with the same result where it has not.
// What depends on the secret alone is made once for all jobs. Never allocates; any thread.
void make_name_keys(const HashKey& secret, std::span<const KeyJob> jobs);
// The same for one name.
void make_name_key(const HashKey& secret, NameView name, NameKey& key);

// The hash of one name alone: what make_name_key() puts into hash[name.depth()].
std::uint64_t hash_name(const HashKey& secret, NameView name);

}  // namespace bowline::dns
