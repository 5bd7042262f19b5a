// Burst: the order of the stages, with a probe at their borders. A burst goes through each of the
// first ones together, so that the latency of memory is paid once; what its answers need besides
// (alias targets, glue, proofs) is foreseen and looked up together as far as it can be.
//
// A probe is told which stage has just ended. NoProbe is what production runs with: it takes no
// register and leaves no instruction. perf/bench_answer has one that reads a clock.
#pragma once

#include <array>
#include <cassert>
#include <cstdint>
#include <span>

#include "answer/admit.h"
#include "answer/denial.h"
#include "answer/lookup.h"
#include "answer/query.h"
#include "answer/scratch.h"
#include "answer/usual.h"

namespace bowline::answer {

// What a burst goes through between two packets in a port and two packets out; the worker's own
// stages (dataplane/worker.h) stand around those of answer_burst().
enum class PathStage : std::uint8_t {
  kReceive,  // worker: the tables' version and the packets
  kParse,    // worker: headers and checksums of the frames
  kAdmit,    // the request
  kZones,    // its name's hashes, and its zone
  kNodes,    // its node, or the closest encloser, and what the answer looks up besides
  kProofs,   // places of NSEC and NSEC3, if a zone has them
  kWrite,    // the reply
  kReply,    // worker: headers and checksums
  kCommit,   // worker: what control replied, sending, counters
};
inline constexpr std::size_t kStages = 9;

// Passed by value: it is a place in a register at most.
struct NoProbe {
  static constexpr void ended(PathStage) {}
};

// Makes the reply to a request that was admitted and looked up: whatever write_usual() leaves.
void write_full(Query& query, const Sources& sources, Scratch& scratch);

// answer_burst() of query.h, with a probe.
template <typename Probe>
void answer_burst(std::span<Query> queries, const Sources& sources, Scratch& scratch,
                  Probe probe) {
  assert(queries.size() <= kBurst);
  [[gnu::uninitialized]] std::array<Query*, kBurst> admitted;  // the first `count` are set
  std::size_t count = 0;
  for (Query& query : queries) {
    if (admit(query, sources)) admitted[count++] = &query;
  }
  probe.ended(PathStage::kAdmit);
  const Wave wave(admitted.data(), count);
  find_zones(wave, sources);
  probe.ended(PathStage::kZones);
  const std::uint8_t flags = find_nodes(wave, sources.view.base);
  scratch.foresight.foresee(wave, sources);
  probe.ended(PathStage::kNodes);
  foresee_proofs(wave, flags, sources.view.base, scratch);
  probe.ended(PathStage::kProofs);
  for (Query* const query : wave) {
    if (!write_usual(*query, sources)) write_full(*query, sources, scratch);
  }
  probe.ended(PathStage::kWrite);
}

extern template void answer_burst(std::span<Query>, const Sources&, Scratch&, NoProbe);

}  // namespace bowline::answer
