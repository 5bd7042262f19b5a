#include "answer/nsec3_hash.h"

#include <intel-ipsec-mb.h>

#include <algorithm>
#include <cassert>
#include <new>

namespace bowline::answer {

Nsec3Hasher::Nsec3Hasher(Way way) {
  if (way == Way::kBest && has_sha1_instructions()) return;
  manager_ = alloc_mb_mgr(0);
  if (manager_ == nullptr) throw std::bad_alloc();
  IMB_ARCH chosen;
  init_mb_mgr_auto(manager_, &chosen);
}

Nsec3Hasher::~Nsec3Hasher() {
  if (manager_ != nullptr) free_mb_mgr(manager_);
}

void Nsec3Hasher::begin(const Nsec3Input& input, Lane& lane) const {
  constexpr std::uint8_t kAsterisk[] = {1, '*'};
  assert(input.salt.size() <= kMaxNsec3Salt);
  dns::WireWriter out(lane.octets);
  if (input.wildcard) out.bytes(kAsterisk);
  out.bytes(input.name.bytes());
  out.bytes(input.salt);
  lane.size = out.size();
  if (manager_ == nullptr) lane.blocks = pad_sha1(lane.octets.data(), lane.size);
}

void Nsec3Hasher::go_on(const Nsec3Input& input, const Nsec3Hash& digest, Lane& lane) const {
  dns::WireWriter out(lane.octets);
  out.bytes(digest);
  out.bytes(input.salt);
  lane.size = out.size();
  if (manager_ == nullptr) lane.blocks = pad_sha1(lane.octets.data(), lane.size);
}

void Nsec3Hasher::digest(const Lane& lane, Nsec3Hash& hash) const {
  if (manager_ == nullptr) {
    sha1_native({lane.octets.data(), hash.data()}, lane.blocks);
  } else {
    IMB_SHA1(manager_, lane.octets.data(), lane.size, hash.data());
  }
}

Nsec3Hash Nsec3Hasher::hash(const Nsec3Input& input) {
  Lane& lane = lanes_[0];
  Nsec3Hash hash;
  begin(input, lane);
  digest(lane, hash);
  for (unsigned i = 0; i < input.iterations; ++i) {
    go_on(input, hash, lane);
    digest(lane, hash);
  }
  return hash;
}

// One digest for each lane whose zone wants that many, two and two where they are of one length.
void Nsec3Hasher::digest_natively(std::span<const Nsec3Input> inputs, unsigned round,
                                  std::span<Nsec3Hash> hashes) const {
  const std::size_t none = inputs.size();
  std::size_t waiting = none;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].iterations < round) continue;
    if (waiting == none) {
      waiting = i;
    } else if (lanes_[waiting].blocks == lanes_[i].blocks) {
      sha1_native_pair({{{lanes_[waiting].octets.data(), hashes[waiting].data()},
                         {lanes_[i].octets.data(), hashes[i].data()}}},
                       lanes_[i].blocks);
      waiting = none;
    } else {
      digest(lanes_[i], hashes[i]);
    }
  }
  if (waiting != none) digest(lanes_[waiting], hashes[waiting]);
}

// One digest for each lane whose zone wants that many. The library digests when all of its lanes
// are taken; what is left then is flushed.
void Nsec3Hasher::digest_lanes(std::span<const Nsec3Input> inputs, unsigned round,
                               std::span<Nsec3Hash> hashes) {
  if (manager_ == nullptr) return digest_natively(inputs, round, hashes);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].iterations < round) continue;
    IMB_JOB* const job = IMB_GET_NEXT_JOB(manager_);
    job->cipher_mode = IMB_CIPHER_NULL;
    job->cipher_direction = IMB_DIR_ENCRYPT;
    job->chain_order = IMB_ORDER_HASH_CIPHER;
    job->hash_alg = IMB_AUTH_SHA_1;
    job->src = lanes_[i].octets.data();
    job->hash_start_src_offset_in_bytes = 0;
    job->msg_len_to_hash_in_bytes = lanes_[i].size;
    job->auth_tag_output = hashes[i].data();
    job->auth_tag_output_len_in_bytes = hashes[i].size();
    const IMB_JOB* done = IMB_SUBMIT_JOB_NOCHECK(manager_);
    while (done != nullptr) done = IMB_GET_COMPLETED_JOB(manager_);
  }
  while (IMB_FLUSH_JOB(manager_) != nullptr) {
  }
}

void Nsec3Hasher::hash_together(std::span<const Nsec3Input> inputs, std::span<Nsec3Hash> hashes) {
  assert(!inputs.empty() && inputs.size() <= kLanes && inputs.size() == hashes.size());
  unsigned rounds = 0;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    begin(inputs[i], lanes_[i]);
    rounds = std::max(rounds, inputs[i].iterations);
  }
  digest_lanes(inputs, 0, hashes);
  for (unsigned round = 1; round <= rounds; ++round) {
    for (std::size_t i = 0; i < inputs.size(); ++i) go_on(inputs[i], hashes[i], lanes_[i]);
    digest_lanes(inputs, round, hashes);
  }
}

}  // namespace bowline::answer
