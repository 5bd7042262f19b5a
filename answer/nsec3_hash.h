// The hash of an owner name of RFC 5155 5: SHA-1, salted and iterated.
//
// One hasher a thread, made at its start: it allocates the tables of the hash library once.
#pragma once

#include <array>
#include <cstdint>

#include "dns/name.h"
#include "zones/reader.h"

struct IMB_MGR;

namespace bowline::answer {

using Nsec3Hash = std::array<std::uint8_t, zones::kNsec3HashSize>;

class Nsec3Hasher {
 public:
  Nsec3Hasher();  // throws std::bad_alloc
  ~Nsec3Hasher();
  Nsec3Hasher(const Nsec3Hasher&) = delete;
  Nsec3Hasher& operator=(const Nsec3Hasher&) = delete;

  // REQUIRES: `name` is in lower case; salt.size() <= 255. Costs iterations + 1 digests.
  Nsec3Hash hash(dns::NameView name, dns::Bytes salt, unsigned iterations);

 private:
  IMB_MGR* manager_;
};

}  // namespace bowline::answer
