// Chains: aliases (CNAME, DNAME) followed through all zones that are served, at most
// kMaxChainSteps.
#pragma once

#include "answer/reply.h"
#include "answer/sections.h"

namespace bowline::answer {

// Notes the question as the first name of the chain.
void start_chain(Reply& reply);

// Whether a name before the one now looked up was below the DNAME at `node`, which therefore stands
// in the answer already.
bool has_passed(const Reply& reply, const zones::Node* node);

// Puts the CNAME of the name into the answer and moves the query to its target.
Outcome follow_cname(Reply& reply, const zones::Rrset& cname);

// The name is below the DNAME at reply.place: puts it and the CNAME that follows from it into the
// answer and moves on (RFC 6672 3.2).
Outcome follow_dname(Reply& reply);

}  // namespace bowline::answer
