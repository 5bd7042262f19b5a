#include "answer/denial.h"

#include <array>
#include <cassert>
#include <cstring>

#include "answer/lookup.h"

namespace bowline::answer {

namespace {

enum class Scheme : std::uint8_t { kNone, kNsec, kNsec3 };

Scheme scheme_of(const Reply& reply) {
  const zones::Zone& zone = reply.zone();
  if (!reply.dnssec) return Scheme::kNone;
  if ((zone.flags & zones::kZoneNsec3) != 0) {
    if (zone.nsec3_iterations <= kMaxNsec3Iterations) return Scheme::kNsec3;
    // RFC 9276 3.2
    reply.query.extended_error = dns::ExtendedErrorCode::kUnsupportedNsec3Iterations;
    return Scheme::kNone;
  }
  return (zone.flags & zones::kZoneNsec) != 0 ? Scheme::kNsec : Scheme::kNone;
}

void collect(Reply& reply, const zones::Node* node) {
  if (node == nullptr) return;
  auto& proofs = reply.scratch.proofs;
  for (unsigned i = 0; i < reply.proof_count; ++i) {
    if (proofs[i].node == node) return;
  }
  if (reply.proof_count < proofs.size()) proofs[reply.proof_count++] = {&reply.zone(), node};
}

// ---- NSEC -------------------------------------------------------------------------------------

// The NSEC at the suffix of `depth` labels, or the one that covers it.
void collect_nsec(Reply& reply, const dns::NameKey& key, unsigned depth) {
  collect(reply, zones::find_nsec_before(reply.base(), reply.zone(), key, depth));
}

// ---- NSEC3 ------------------------------------------------------------------------------------

struct Hashed {
  bool done;  // false: the answer has used up its digests
  Nsec3Hash hash;
};

// The hash of the suffix of `depth` labels of the name, or of the wildcard right below it.
Hashed hash_suffix(Reply& reply, unsigned depth, bool wildcard = false) {
  const zones::Zone& zone = reply.zone();
  const unsigned digests = zone.nsec3_iterations + 1U;
  if (reply.nsec3_digests + digests > kMaxNsec3Digests) return {false, {}};
  reply.nsec3_digests += digests;
  Scratch& scratch = reply.scratch;
  return {true, scratch.nsec3.get(zone, reply.query.key, depth, wildcard, scratch.hasher)};
}

bool collect_matching(Reply& reply, unsigned depth, bool wildcard = false) {
  const Hashed hashed = hash_suffix(reply, depth, wildcard);
  if (!hashed.done) return false;
  const zones::Node* const node = zones::find_nsec3(reply.base(), reply.zone(), hashed.hash);
  collect(reply, node);
  return node != nullptr;
}

void collect_covering(Reply& reply, unsigned depth, bool wildcard = false) {
  const Hashed hashed = hash_suffix(reply, depth, wildcard);
  if (hashed.done) {
    collect(reply, zones::find_nsec3_covering(reply.base(), reply.zone(), hashed.hash));
  }
}

// RFC 5155 7.2.1: the closest encloser, which is the one of `depth` labels or, where opt-out leaves
// that one without NSEC3, the next above that has one; and the cover of the name one label longer.
// Gives back the depth of the encloser that was proved.
unsigned collect_closest_encloser(Reply& reply, unsigned depth) {
  while (!collect_matching(reply, depth) && depth > reply.zone().apex_depth) --depth;
  collect_covering(reply, depth + 1);
  return depth;
}

// The NSEC3 of a name that exists. Below opt-out it may have none: then no closer name than its
// provable encloser is signed (RFC 5155 7.2.4).
void collect_existing(Reply& reply, unsigned depth) {
  if (collect_matching(reply, depth)) return;
  if (depth > reply.zone().apex_depth) collect_closest_encloser(reply, depth - 1);
}

void prove_no_name_nsec3(Reply& reply) {
  const unsigned depth = collect_closest_encloser(reply, reply.place.depth);
  collect_covering(reply, depth, true);
}

void prove_no_data_nsec3(Reply& reply) {
  if (reply.place.standing == Standing::kExact) {
    collect_existing(reply, reply.query.key.depth);
    return;
  }
  // The cover of the next closer name has been collected with the expansion.
  const unsigned depth = reply.place.depth;
  if (collect_matching(reply, depth)) {
    collect_matching(reply, depth, true);
  } else if (depth > reply.zone().apex_depth) {
    collect_closest_encloser(reply, depth - 1);
  }
}

// ---- Foresight --------------------------------------------------------------------------------

bool has_type(const zones::Node& node, dns::RrType type) {
  const zones::RrsetEntry* const entries = zones::entries(node);
  for (unsigned i = 0; i < node.rrset_count; ++i) {
    if (entries[i].type == dns::code_of(type)) return true;
  }
  return false;
}

// The hashes that the answer will most likely need, seen from where the name has been found. What
// is behind aliases is not seen.
void foresee(const Query& query, Nsec3Burst& hashes) {
  const zones::Zone& zone = *query.zone;
  const dns::NameKey& key = query.key;
  const unsigned depth = query.closest.depth;
  const zones::Node& node = *query.closest.node;
  if (node.cut_depth != 0) {
    if (zones::cut_labels(node) != depth || (node.flags & zones::kNodeCut) == 0) return;
    if (has_type(node, dns::RrType::kDs)) return;
    hashes.want(zone, key, depth, false);
    hashes.want(zone, key, depth - 1, false);  // where opt-out leaves the delegation out
  } else if (depth == key.depth) {
    if (has_type(node, query.facts.qtype) || has_type(node, dns::RrType::kCname)) return;
    hashes.want(zone, key, depth, false);
  } else if ((node.flags & zones::kNodeDname) == 0) {
    hashes.want(zone, key, depth + 1, false);
    if ((node.flags & zones::kNodeHasWildcard) != 0) return;
    hashes.want(zone, key, depth, false);
    hashes.want(zone, key, depth, true);
  }
}

// ---- Owner names of proofs --------------------------------------------------------------------

constexpr std::size_t kHashLabelSize = 32;  // 160 bits, 5 a digit

using NameOctets = std::array<std::uint8_t, dns::kMaxNameSize>;

// RFC 5155 3: the hash in base32hex without padding (RFC 4648 7), a label below the apex. The name
// lies in `octets`; it fits, for it was one when the zone was loaded.
dns::NameView nsec3_owner(const Proof& proof, NameOctets& octets) {
  constexpr char kDigits[] = "0123456789abcdefghijklmnopqrstuv";
  const dns::Bytes hash = zones::owner(*proof.node);
  std::uint8_t* out = octets.data();
  *out++ = kHashLabelSize;
  for (std::size_t i = 0; i < hash.size(); i += 5) {
    std::uint64_t bits = 0;
    for (std::size_t j = 0; j < 5; ++j) bits = bits << 8 | hash[i + j];
    for (int shift = 35; shift >= 0; shift -= 5) {
      *out++ = static_cast<std::uint8_t>(kDigits[bits >> shift & 31]);
    }
  }
  const dns::NameView apex = zones::apex(*proof.zone);
  assert(1 + kHashLabelSize + apex.size() <= octets.size());
  std::memcpy(out, apex.data(), apex.size());
  return {octets.data(), 1 + kHashLabelSize + apex.size()};
}

// The owner in its own case.
dns::NameView nsec_owner(const Proof& proof, NameOctets& octets) {
  const dns::NameView apex = zones::apex(*proof.zone);
  const std::size_t size = zones::owner_in_case(*proof.node, octets).size();
  std::memcpy(octets.data() + size, apex.data(), apex.size());
  return {octets.data(), size + apex.size()};
}

// False: it does not fit.
bool put_proof(Reply& reply, const Proof& proof) {
  const bool is_nsec3 = (proof.node->flags & zones::kNodeNsec3) != 0;
  [[gnu::uninitialized]] NameOctets octets;  // zeroing them would cost more than the name
  const dns::NameView owner = is_nsec3 ? nsec3_owner(proof, octets) : nsec_owner(proof, octets);
  const dns::RrType type = is_nsec3 ? dns::RrType::kNsec3 : dns::RrType::kNsec;
  return reply.put_required(owner, false, zones::find_rrset(reply.base(), *proof.node, type));
}

}  // namespace

void foresee_proofs(Wave wave, Scratch& scratch) {
  for (const Query* const query : wave) {
    if (query->zone == nullptr || (query->zone->flags & zones::kZoneNsec3) == 0) continue;
    if (!query->facts.has_edns || !query->facts.edns.dnssec_ok) continue;
    if (query->zone->nsec3_iterations <= kMaxNsec3Iterations) foresee(*query, scratch.nsec3);
  }
  scratch.nsec3.compute(scratch.hasher);
}

void prove_expansion(Reply& reply) {
  const dns::NameKey& key = reply.query.key;
  switch (scheme_of(reply)) {
    case Scheme::kNone: return;
    case Scheme::kNsec: collect_nsec(reply, key, key.depth); return;
    case Scheme::kNsec3: collect_covering(reply, reply.place.depth + 1); return;
  }
}

void prove_no_data(Reply& reply) {
  const dns::NameKey& key = reply.query.key;
  switch (scheme_of(reply)) {
    case Scheme::kNone: return;
    case Scheme::kNsec3: prove_no_data_nsec3(reply); return;
    case Scheme::kNsec:
      // That the name does not exist has been collected with the expansion.
      if (reply.place.standing == Standing::kWildcard) {
        const dns::NameKey& wildcard = reply.scratch.wildcard_key;
        collect_nsec(reply, wildcard, wildcard.depth);
      } else {
        collect_nsec(reply, key, key.depth);
      }
      return;
  }
}

void prove_no_name(Reply& reply) {
  const dns::NameKey& key = reply.query.key;
  switch (scheme_of(reply)) {
    case Scheme::kNone: return;
    case Scheme::kNsec3: prove_no_name_nsec3(reply); return;
    case Scheme::kNsec:
      collect_nsec(reply, key, key.depth);
      make_wildcard_key(reply.query, reply.place.depth, reply.sources, reply.scratch);
      collect_nsec(reply, reply.scratch.wildcard_key, reply.place.depth + 1);
      return;
  }
}

void prove_no_ds(Reply& reply) {
  switch (scheme_of(reply)) {
    case Scheme::kNone: return;
    case Scheme::kNsec: collect_nsec(reply, reply.query.key, reply.place.depth); return;
    case Scheme::kNsec3: collect_existing(reply, reply.place.depth); return;
  }
}

void put_proofs(Reply& reply) {
  for (unsigned i = 0; i < reply.proof_count; ++i) {
    if (!put_proof(reply, reply.scratch.proofs[i])) return;
  }
}

}  // namespace bowline::answer
