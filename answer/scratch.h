// Scratch: the working memory of one thread that answers, made at its start and reused for each
// query.
#pragma once

#include <array>
#include <cstdint>

#include "answer/edns.h"
#include "answer/foresight.h"
#include "answer/limits.h"
#include "answer/proof_burst.h"
#include "answer/query.h"
#include "dns/builder.h"

namespace bowline::answer {

// An NSEC or NSEC3 RRset that has to stand in the authority section.
struct Proof {
  const zones::Zone* zone;
  const zones::Node* node;
};

// An RRset of the answer whose targets may get addresses in the additional section.
struct AdditionalSource {
  const zones::Zone* zone;
  zones::Rrset rrset;
  dns::NameView owner;
};

// The SOA of a burst's last negative answer, as it stands in a message.
struct NegativeSoa {
  const zones::Zone* zone = nullptr;
  bool dnssec = false;
  dns::NotedBlock block;
};

struct Scratch {
  Nsec3Hasher hasher;
  NegativeSoa negative_soa;
  ProofBurst places;
  Foresight foresight;
  dns::NameKey wildcard_key;                            // of "*" below the closest encloser
  std::array<Search, kGlueBatch> host_searches;         // of a batch of name servers or hosts
  std::array<dns::NameView, kGlueBatch> targets;        // of that batch
  ReplyOptions options;
  dns::Name alias;                                      // target that a DNAME made
  std::array<std::uint64_t, kMaxChainSteps + 1> chain;  // hashes of the names of a chain
  // Of each of these names the node of the DNAME above it, or null if it was no such alias.
  std::array<const zones::Node*, kMaxChainSteps + 1> dnames;
  std::array<Proof, kMaxProofs> proofs;
  std::array<AdditionalSource, kMaxAdditionalSources> sources;
  std::array<const zones::Node*, kMaxAdditionalSources * kMaxAdditionalNames> hosts;
};

}  // namespace bowline::answer
