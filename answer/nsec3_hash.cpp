#include "answer/nsec3_hash.h"

#include <intel-ipsec-mb.h>

#include <cassert>
#include <new>

namespace bowline::answer {

namespace {

constexpr std::size_t kMaxSaltSize = 255;  // RFC 5155 3.2: its length is one octet

}  // namespace

Nsec3Hasher::Nsec3Hasher() : manager_(alloc_mb_mgr(0)) {
  if (manager_ == nullptr) throw std::bad_alloc();
  IMB_ARCH chosen;
  init_mb_mgr_auto(manager_, &chosen);
}

Nsec3Hasher::~Nsec3Hasher() { free_mb_mgr(manager_); }

Nsec3Hash Nsec3Hasher::hash(dns::NameView name, dns::Bytes salt, unsigned iterations) {
  assert(salt.size() <= kMaxSaltSize);
  std::array<std::uint8_t, dns::kMaxNameSize + kMaxSaltSize> input;
  Nsec3Hash digest;
  dns::WireWriter first(input);
  first.bytes(name.bytes());
  first.bytes(salt);
  IMB_SHA1(manager_, input.data(), first.size(), digest.data());

  dns::WireWriter next(input);
  next.bytes(digest);
  next.bytes(salt);
  for (unsigned i = 0; i < iterations; ++i) {
    std::memcpy(input.data(), digest.data(), digest.size());
    IMB_SHA1(manager_, input.data(), next.size(), digest.data());
  }
  return digest;
}

}  // namespace bowline::answer
