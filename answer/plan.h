// Query plans: what query modules do to the answers from a zone.
//
// A zone carries its plan in the tables, as steps in order: each has a stage, a kind that chooses
// the function, and an argument of that function. A zone without a plan costs one test of a field
// that has been loaded anyway.
#pragma once

#include <cstdint>

#include "answer/query.h"
#include "answer/reply.h"
#include "answer/sections.h"

namespace bowline::answer {

// When a step is taken.
enum class Stage : std::uint8_t {
  kBefore,      // nothing is written: the step may begin the answer section and answer itself
  kAnswer,      // the answer section is complete
  kAuthority,   // the authority section is complete
  kAdditional,  // the additional section is complete, but for OPT
  kEnd,         // the message is finished: query.size octets of query.message
};

// A StepFunction (query.h) takes the outcome so far, kOpen if nothing has answered yet, and gives
// back what it is then. kTaken: it has decided what becomes of the query, whose action it has set,
// and nothing more is done; with Action::kAsk, at kBefore only, the message must be as it came. It
// runs in the packet loop: bounded, no allocation, no lock, no system call.

// Answers as the zone's data and the steps of its plan say. The plan is that of the zone of the
// question, wherever aliases lead. REQUIRES: each kind is a place in reply.sources.steps.
void answer_by_plan(Reply& reply);

}  // namespace bowline::answer
