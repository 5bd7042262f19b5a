// The hash of an owner name of RFC 5155 5: SHA-1, salted and iterated.
//
// By the CPU's instructions for SHA-1; where it has none, ipsec-mb digests in the lanes of vectors.
// One hasher a thread, made at its start: it allocates the tables of that library once.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "answer/sha1.h"
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
  enum class Way { kBest, kLibrary };
  explicit Nsec3Hasher(Way way = Way::kBest);  // throws std::bad_alloc
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
  // What a lane digests: the name or the last digest, then the salt. Ten cache lines: no two
  // lanes' first ones compete for the same set.
  struct alignas(64) Lane {
    std::array<std::uint8_t, dns::kMaxNameSize + kMaxNsec3Salt + kSha1Padding> octets;
    std::size_t size;
    std::size_t blocks;
  };

  void begin(const Nsec3Input& input, Lane& lane) const;
  void go_on(const Nsec3Input& input, const Nsec3Hash& digest, Lane& lane) const;
  void digest(const Lane& lane, Nsec3Hash& hash) const;
  void digest_lanes(std::span<const Nsec3Input> inputs, unsigned round,
                    std::span<Nsec3Hash> hashes);
  void digest_natively(std::span<const Nsec3Input> inputs, unsigned round,
                       std::span<Nsec3Hash> hashes) const;

  IMB_MGR* manager_ = nullptr;  // null: the CPU has instructions for it
  std::array<Lane, kLanes> lanes_;
};

}  // namespace bowline::answer
