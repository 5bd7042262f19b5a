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

const ProofBurst::Place& find_place_of(Reply& reply, unsigned depth, bool wildcard) {
  Scratch& scratch = reply.scratch;
  return scratch.places.get(reply.base(), reply.zone(), reply.query.key, depth, wildcard,
                            scratch.hasher);
}

// ---- NSEC -------------------------------------------------------------------------------------

bool has_type(const zones::Node& node, dns::RrType type) {
  const zones::RrsetEntry* const entries = zones::entries(node);
  for (unsigned i = 0; i < node.rrset_count; ++i) {
    if (entries[i].type == dns::code_of(type)) return true;
  }
  return false;
}

// The NSEC at `node`, which is the name that `key` stands for at `depth`, or before it.
void collect_nsec_of(Reply& reply, const zones::Node& node, const dns::NameKey& key,
                     unsigned depth) {
  if (has_type(node, dns::RrType::kNsec)) {
    collect(reply, &node);
  } else {
    collect(reply, zones::find_nsec_before(reply.base(), reply.zone(), key, depth));
  }
}

// The NSEC that covers the name, or "*" below the suffix of `depth` labels: neither exists.
void collect_nsec(Reply& reply, unsigned depth, bool wildcard = false) {
  const zones::Node* const node = find_place_of(reply, depth, wildcard).node;
  if (node == nullptr || has_type(*node, dns::RrType::kNsec)) return collect(reply, node);
  const dns::Bytes suffix = reply.query.key.suffix(depth).bytes();
  const dns::Bytes owner = suffix.first(suffix.size() - reply.zone().apex_size);
  collect(reply, zones::find_nsec_before(reply.base(), reply.zone(),
                                         wildcard ? zones::TreeKey::of_wildcard(owner)
                                                  : zones::TreeKey::of_owner(owner)));
}

// ---- NSEC3 ------------------------------------------------------------------------------------

// Of the suffix of `depth` labels of the name, or of the wildcard right below it. Neither: the
// answer has used up its digests, or the chain is not whole.
zones::Nsec3Place find_nsec3(Reply& reply, unsigned depth, bool wildcard) {
  const zones::Zone& zone = reply.zone();
  const unsigned digests = zone.nsec3_iterations + 1U;
  if (reply.nsec3_digests + digests > kMaxNsec3Digests) return {nullptr, nullptr};
  reply.nsec3_digests += digests;
  const ProofBurst::Place& place = find_place_of(reply, depth, wildcard);
  return zones::place_nsec3(reply.base(), zone, place.hash, place.node);
}

bool collect_matching(Reply& reply, unsigned depth, bool wildcard = false) {
  const zones::Node* const node = find_nsec3(reply, depth, wildcard).matching;
  collect(reply, node);
  return node != nullptr;
}

void collect_covering(Reply& reply, unsigned depth, bool wildcard = false) {
  collect(reply, find_nsec3(reply, depth, wildcard).covering);
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

// Whether the client gets proofs, and of a zone that has some.
bool is_proved(const Query& query) {
  constexpr unsigned kChains = zones::kZoneNsec | zones::kZoneNsec3;
  const zones::Zone* const zone = query.zone;
  if (zone == nullptr || (zone->flags & kChains) == 0) return false;
  if (!query.facts.has_edns || !query.facts.edns.dnssec_ok) return false;
  return (zone->flags & zones::kZoneNsec3) == 0 || zone->nsec3_iterations <= kMaxNsec3Iterations;
}

// The places that the answer will most likely need, seen from where the name has been found. What
// is behind aliases is not seen.
void foresee(const Query& query, ProofBurst& places) {
  const zones::Zone& zone = *query.zone;
  const dns::NameKey& key = query.key;
  const unsigned depth = query.closest.depth;
  const zones::Node& node = *query.closest.node;
  const bool has_nsec3 = (zone.flags & zones::kZoneNsec3) != 0;
  if (node.cut_depth != 0 || depth == key.depth) {
    // The name exists. Its NSEC is beside its data; its NSEC3 is elsewhere.
    if (!has_nsec3) return;
    if (node.cut_depth == 0) {
      if (has_type(node, query.facts.qtype) || has_type(node, dns::RrType::kCname)) return;
      places.want(zone, key, depth, false);
    } else if (zones::cut_labels(node) == depth && (node.flags & zones::kNodeCut) != 0 &&
               !has_type(node, dns::RrType::kDs)) {
      places.want(zone, key, depth, false);
      places.want(zone, key, depth - 1, false);  // where opt-out leaves the delegation out
    }
    return;
  }
  if ((node.flags & zones::kNodeDname) != 0) return;
  places.want(zone, key, has_nsec3 ? depth + 1 : key.depth, false);
  if ((node.flags & zones::kNodeHasWildcard) != 0) return;
  if (has_nsec3) places.want(zone, key, depth, false);
  places.want(zone, key, depth, true);
}

// ---- Owner names of proofs --------------------------------------------------------------------

constexpr std::size_t kHashLabelSize = 32;  // 160 bits, 5 a digit

using NameOctets = std::array<std::uint8_t, dns::kMaxNameSize>;

// Eight digits of base32hex (RFC 4648 7), the first in the lowest octet, of 40 bits: these are
// spread to octets of five bits each, and all octets become letters or digits at once.
std::uint64_t base32hex_of(std::uint64_t bits) {
  constexpr std::uint64_t kEach = 0x0101010101010101;
  bits = (bits & 0xfffff00000) << 12 | (bits & 0x00000fffff);
  bits = (bits & 0x000ffc00000ffc00) << 6 | (bits & 0x000003ff000003ff);
  bits = (bits & 0x03e003e003e003e0) << 3 | (bits & 0x001f001f001f001f);
  const std::uint64_t letters = (bits + kEach * (0x80 - 10)) >> 7 & kEach;  // values from 10 on
  return __builtin_bswap64(bits + kEach * '0' + letters * ('a' - '0' - 10));
}

// RFC 5155 3: the hash in base32hex without padding, a label below the apex. Writes the name and
// gives back its size; it fits, for it was one when the zone was loaded.
std::size_t nsec3_owner(const Proof& proof, NameOctets& octets) {
  const dns::Bytes hash = zones::owner(*proof.node);
  octets[0] = kHashLabelSize;
  for (std::size_t i = 0; i < 4; ++i) {
    const std::uint8_t* const five = hash.data() + 5 * i;
    const std::uint64_t bits = std::uint64_t{five[0]} << 32 | dns::load_u32(five + 1);
    const std::uint64_t digits = base32hex_of(bits);
    std::memcpy(&octets[1 + 8 * i], &digits, sizeof digits);
  }
  const dns::NameView apex = zones::apex(*proof.zone);
  assert(1 + kHashLabelSize + apex.size() <= octets.size());
  std::memcpy(&octets[1 + kHashLabelSize], apex.data(), apex.size());
  return 1 + kHashLabelSize + apex.size();
}

// The owner in its own case; gives back its size.
std::size_t nsec_owner(const Proof& proof, NameOctets& octets) {
  const dns::NameView apex = zones::apex(*proof.zone);
  const std::size_t size = zones::owner_in_case(*proof.node, octets).size();
  std::memcpy(octets.data() + size, apex.data(), apex.size());
  return size + apex.size();
}

bool is_nsec3(const Proof& proof) { return (proof.node->flags & zones::kNodeNsec3) != 0; }

// Owners are mostly one label below the apex, with which the question ends.
bool put_proof(Reply& reply, const Proof& proof, dns::NameView owner, const zones::Rrset& rrset) {
  const Query& query = reply.query;
  const unsigned depth = proof.zone->apex_depth;
  if (!query.name_is_question || proof.zone != &reply.zone() || depth == 0 || reply.rotated ||
      rrset.count == 0) {
    return reply.put_required(owner, false, rrset);
  }
  // The signatures lie right behind the records (zones/format.h).
  const dns::Bytes both(rrset.records.data(), rrset.records.size() + rrset.signatures.size());
  const std::size_t apex_at = dns::kHeaderSize + query.key.offset[depth];
  if (reply.builder.add_block_below(owner, apex_at, both, rrset.count + rrset.sig_count)) {
    return true;
  }
  reply.truncated = true;
  return false;
}

}  // namespace

void foresee_proofs(Wave wave, std::uint8_t zone_flags, zones::Base base, Scratch& scratch) {
  scratch.places.begin();
  scratch.negative_soa.zone = nullptr;
  if ((zone_flags & (zones::kZoneNsec | zones::kZoneNsec3)) == 0) return;
  for (const Query* const query : wave) {
    if (is_proved(*query)) foresee(*query, scratch.places);
  }
  scratch.places.look_up(base, scratch.hasher);
}

void prove_expansion(Reply& reply) {
  switch (scheme_of(reply)) {
    case Scheme::kNone: return;
    case Scheme::kNsec: collect_nsec(reply, reply.query.key.depth); return;
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
        dns::NameKey& wildcard = reply.scratch.wildcard_key;
        make_wildcard_key(reply.query, reply.place.depth, reply.sources, wildcard);
        collect_nsec_of(reply, *reply.place.node, wildcard, wildcard.depth);
      } else {
        collect_nsec_of(reply, *reply.place.node, key, key.depth);
      }
      return;
  }
}

void prove_no_name(Reply& reply) {
  switch (scheme_of(reply)) {
    case Scheme::kNone: return;
    case Scheme::kNsec3: prove_no_name_nsec3(reply); return;
    case Scheme::kNsec:
      collect_nsec(reply, reply.query.key.depth);
      collect_nsec(reply, reply.place.depth, true);
      return;
  }
}

void prove_no_ds(Reply& reply) {
  switch (scheme_of(reply)) {
    case Scheme::kNone: return;
    case Scheme::kNsec:
      if (reply.query.closest.depth < reply.place.depth) {
        collect_nsec(reply, reply.place.depth);  // a wildcard delegates: the name does not exist
      } else {
        collect_nsec_of(reply, *reply.place.node, reply.query.key, reply.place.depth);
      }
      return;
    case Scheme::kNsec3: collect_existing(reply, reply.place.depth); return;
  }
}

// All owners are made before the first is written: what has just been stored octet by octet is not
// at once there to be copied in larger pieces.
void put_proofs(Reply& reply) {
  const unsigned count = reply.proof_count;
  [[gnu::uninitialized]] std::array<NameOctets, kMaxProofs> octets;  // zeroing would cost more
  [[gnu::uninitialized]] std::array<std::size_t, kMaxProofs> sizes;
  for (unsigned i = 0; i < count; ++i) {
    const Proof& proof = reply.scratch.proofs[i];
    sizes[i] = is_nsec3(proof) ? nsec3_owner(proof, octets[i]) : nsec_owner(proof, octets[i]);
  }
  for (unsigned i = 0; i < count; ++i) {
    const Proof& proof = reply.scratch.proofs[i];
    const dns::RrType type = is_nsec3(proof) ? dns::RrType::kNsec3 : dns::RrType::kNsec;
    const zones::Rrset rrset = zones::find_rrset(reply.base(), *proof.node, type);
    if (!put_proof(reply, proof, dns::NameView(octets[i].data(), sizes[i]), rrset)) return;
  }
}

}  // namespace bowline::answer
