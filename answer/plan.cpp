#include "answer/plan.h"

#include <cassert>

namespace bowline::answer {

namespace {

Outcome take_steps(Reply& reply, const zones::Zone& zone, Stage stage, Outcome outcome) {
  for (const zones::PlanStep& step : zones::plan(zone)) {
    if (static_cast<Stage>(step.stage) != stage) continue;
    assert(step.kind < reply.sources.steps.size());
    outcome = reply.sources.steps[step.kind](reply, outcome, step.argument);
    if (outcome == Outcome::kTaken) break;
  }
  return outcome;
}

}  // namespace

void answer_by_plan(Reply& reply) {
  const zones::Zone& zone = reply.zone();
  Outcome outcome = take_steps(reply, zone, Stage::kBefore, Outcome::kOpen);
  if (outcome == Outcome::kOpen) outcome = solve_answer(reply);
  if (outcome != Outcome::kTaken) outcome = take_steps(reply, zone, Stage::kAnswer, outcome);
  if (outcome == Outcome::kTaken) return;
  solve_authority(reply, outcome);
  outcome = take_steps(reply, zone, Stage::kAuthority, outcome);
  if (outcome == Outcome::kTaken) return;
  solve_additional(reply, outcome);
  outcome = take_steps(reply, zone, Stage::kAdditional, outcome);
  if (outcome == Outcome::kTaken) return;
  reply.finish();
  take_steps(reply, zone, Stage::kEnd, outcome);
}

}  // namespace bowline::answer
