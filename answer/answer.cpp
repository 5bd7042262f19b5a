// The order of the stages. A burst goes through each of the first ones together, so that the
// latency of memory is paid once; what a single answer then needs besides (alias targets, glue,
// proofs) is looked up while it is written.
#include <array>
#include <cassert>

#include "answer/admit.h"
#include "answer/denial.h"
#include "answer/lookup.h"
#include "answer/plan.h"
#include "answer/query.h"
#include "answer/reply.h"
#include "answer/sections.h"

namespace bowline::answer {

namespace {

void write_answer(Query& query, const Sources& sources, Scratch& scratch) {
  if (query.zone == nullptr) {
    write_error(query, dns::Rcode::kRefused, sources, dns::ExtendedErrorCode::kNotAuthoritative);
    return;
  }
  if ((query.zone->flags & zones::kZoneAbsent) != 0) [[unlikely]] {
    write_error(query, dns::Rcode::kServFail, sources, dns::ExtendedErrorCode::kNotReady);
    return;
  }
  // Its constructor sets what is read; the build's zeroing of every local would cost more than
  // that.
  [[gnu::uninitialized]] Reply reply(query, sources, scratch);
  if (query.zone->plan_size != 0) [[unlikely]] {
    answer_by_plan(reply);
    return;
  }
  const Outcome outcome = solve_answer(reply);
  solve_authority(reply, outcome);
  solve_additional(reply, outcome);
  reply.finish();
}

}  // namespace

void answer_burst(std::span<Query> queries, const Sources& sources, Scratch& scratch) {
  assert(queries.size() <= kBurst);
  [[gnu::uninitialized]] std::array<Query*, kBurst> admitted;  // the first `count` are set
  std::size_t count = 0;
  for (Query& query : queries) {
    if (admit(query, sources)) admitted[count++] = &query;
  }
  const Wave wave(admitted.data(), count);
  find_zones(wave, sources);
  const std::uint8_t flags = find_nodes(wave, sources.view.base);
  scratch.nsec3.begin();
  if ((flags & zones::kZoneNsec3) != 0) foresee_proofs(wave, scratch);
  for (Query* const query : wave) write_answer(*query, sources, scratch);
}

}  // namespace bowline::answer
