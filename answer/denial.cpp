#include "answer/denial.h"

#include <array>

#include "answer/lookup.h"

namespace bowline::answer {

namespace {

enum class Scheme : std::uint8_t { kNone, kNsec, kNsec3 };

Scheme scheme_of(const Reply& reply) {
  const zones::Zone& zone = reply.zone();
  if (!reply.dnssec) return Scheme::kNone;
  if ((zone.flags & zones::kZoneNsec3) != 0) {
    return zone.nsec3_iterations <= kMaxNsec3Iterations ? Scheme::kNsec3 : Scheme::kNone;
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
  bool done;  // false: the answer has used up its hashes
  Nsec3Hash hash;
};

Hashed hash_suffix(Reply& reply, const dns::NameKey& key, unsigned depth) {
  if (reply.nsec3_hashes == kMaxNsec3Hashes) return {false, {}};
  ++reply.nsec3_hashes;
  const zones::Zone& zone = reply.zone();
  return {true, reply.scratch.hasher.hash(key.suffix(depth), zones::nsec3_salt(zone),
                                          zone.nsec3_iterations)};
}

bool collect_matching(Reply& reply, const dns::NameKey& key, unsigned depth) {
  const Hashed hashed = hash_suffix(reply, key, depth);
  if (!hashed.done) return false;
  const zones::Node* const node = zones::find_nsec3(reply.base(), reply.zone(), hashed.hash);
  collect(reply, node);
  return node != nullptr;
}

void collect_covering(Reply& reply, const dns::NameKey& key, unsigned depth) {
  const Hashed hashed = hash_suffix(reply, key, depth);
  if (hashed.done) {
    collect(reply, zones::find_nsec3_covering(reply.base(), reply.zone(), hashed.hash));
  }
}

// RFC 5155 7.2.1: the closest encloser, which is the one of `depth` labels or, where opt-out leaves
// that one without NSEC3, the next above that has one; and the cover of the name one label longer.
// Gives back the depth of the encloser that was proved.
unsigned collect_closest_encloser(Reply& reply, unsigned depth) {
  const dns::NameKey& key = reply.query.key;
  while (!collect_matching(reply, key, depth) && depth > reply.zone().apex_depth) --depth;
  collect_covering(reply, key, depth + 1);
  return depth;
}

// The NSEC3 of a name that exists. Below opt-out it may have none: then no closer name than its
// provable encloser is signed (RFC 5155 7.2.4).
void collect_existing(Reply& reply, unsigned depth) {
  if (collect_matching(reply, reply.query.key, depth)) return;
  if (depth > reply.zone().apex_depth) collect_closest_encloser(reply, depth - 1);
}

void prove_no_name_nsec3(Reply& reply) {
  const unsigned depth = collect_closest_encloser(reply, reply.place.depth);
  make_wildcard_key(reply.query, depth, reply.sources, reply.scratch);
  collect_covering(reply, reply.scratch.wildcard_key, depth + 1);
}

void prove_no_data_nsec3(Reply& reply) {
  if (reply.place.standing == Standing::kExact) {
    collect_existing(reply, reply.query.key.depth);
    return;
  }
  const unsigned depth = collect_closest_encloser(reply, reply.place.depth);
  if (depth == reply.place.depth) {
    collect_matching(reply, reply.scratch.wildcard_key, depth + 1);
  }
}

// ---- Owner names of proofs --------------------------------------------------------------------

constexpr std::size_t kHashLabelSize = 32;  // 160 bits, 5 a digit

// RFC 5155 3: the hash in base32hex without padding (RFC 4648 7), a label below the apex.
dns::Name nsec3_owner(const Proof& proof) {
  constexpr char kDigits[] = "0123456789abcdefghijklmnopqrstuv";
  std::array<std::uint8_t, kHashLabelSize> label;
  const dns::Bytes hash = zones::owner(*proof.node);
  for (std::size_t i = 0, at = 0; i < hash.size(); i += 5) {
    std::uint64_t bits = 0;
    for (std::size_t j = 0; j < 5; ++j) bits = bits << 8 | hash[i + j];
    for (int shift = 35; shift >= 0; shift -= 5) {
      label[at++] = static_cast<std::uint8_t>(kDigits[bits >> shift & 31]);
    }
  }
  return dns::Name::prepend(label, zones::apex(*proof.zone)).value_or(dns::Name());
}

}  // namespace

void prove_expansion(Reply& reply) {
  const dns::NameKey& key = reply.query.key;
  switch (scheme_of(reply)) {
    case Scheme::kNone: return;
    case Scheme::kNsec: collect_nsec(reply, key, key.depth); return;
    case Scheme::kNsec3: collect_covering(reply, key, reply.place.depth + 1); return;
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
    const Proof& proof = reply.scratch.proofs[i];
    const bool is_nsec3 = (proof.node->flags & zones::kNodeNsec3) != 0;
    const dns::Name owner = is_nsec3 ? nsec3_owner(proof)
                                     : zones::owner_name(*proof.zone, *proof.node);
    const dns::RrType type = is_nsec3 ? dns::RrType::kNsec3 : dns::RrType::kNsec;
    if (!reply.put_required(owner, false, zones::find_rrset(reply.base(), *proof.node, type))) {
      return;
    }
  }
}

}  // namespace bowline::answer
