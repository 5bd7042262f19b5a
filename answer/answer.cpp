// What a reply takes that is not a usual one, and answer_burst() as production has it: without a
// probe. The stages are in burst.h.
#include "answer/burst.h"
#include "answer/plan.h"
#include "answer/reply.h"
#include "answer/sections.h"

namespace bowline::answer {

void write_full(Query& query, const Sources& sources, Scratch& scratch) {
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

template void answer_burst(std::span<Query>, const Sources&, Scratch&, NoProbe);

void answer_burst(std::span<Query> queries, const Sources& sources, Scratch& scratch) {
  answer_burst(queries, sources, scratch, NoProbe());
}

}  // namespace bowline::answer
