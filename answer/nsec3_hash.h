// The hash of an owner name of RFC 5155 5: SHA-1, salted and iterated.
//
// One hasher a thread, made at its start: it allocates the tables of the hash library once.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "dns/name.h"
#include "zones/reader.h"

struct IMB_MGR;

namespace bowline::answer {

using Nsec3Hash = std::array<std::uint8_t, zones::kNsec3HashSize>;

// What is hashed. REQUIRES: salt.size() <= kMaxNsec3Salt; with "*" the name is not too long for it.
struct Nsec3Input {
  dns::NameView name;  // in lower case
  dns::Bytes salt;
  unsigned iterations = 0;
  bool wildcard = false;  // "*" below `name` is meant
};

inline constexpr std::size_t kMaxNsec3Salt = 255;  // RFC 5155 3.2: its length is one octet

class Nsec3Hasher {
 public:
  Nsec3Hasher();  // throws std::bad_alloc
  ~Nsec3Hasher();
  Nsec3Hasher(const Nsec3Hasher&) = delete;
  Nsec3Hasher& operator=(const Nsec3Hasher&) = delete;

  // Costs iterations + 1 digests.
  Nsec3Hash hash(const Nsec3Input& input);

  // 32-bit lanes of a vector of 512 bits, or twice those of 256.
  static constexpr std::size_t kLanes = 16;
  // Hashes all of them side by side: hashes[i] is that of inputs[i].
  // REQUIRES: 1 to kLanes inputs, as many hashes.
  void hash_together(std::span<const Nsec3Input> inputs, std::span<Nsec3Hash> hashes);

 private:
  // What a lane digests: the name or the last digest, then the salt. Nine cache lines, an odd
  // number, so that the lanes' first ones do not compete for the same sets.
  struct alignas(64) Lane {
    std::array<std::uint8_t, dns::kMaxNameSize + kMaxNsec3Salt> octets;
    std::size_t size;
  };

  static void begin(const Nsec3Input& input, Lane& lane);
  static void go_on(const Nsec3Input& input, const Nsec3Hash& digest, Lane& lane);
  void digest_lanes(std::span<const Nsec3Input> inputs, unsigned round,
                    std::span<Nsec3Hash> hashes);

  IMB_MGR* manager_;
  std::array<Lane, kLanes> lanes_;
};

}  // namespace bowline::answer
