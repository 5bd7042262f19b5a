// Sections: what goes into answer, authority and additional, and in which order.
#pragma once

#include "answer/reply.h"

namespace bowline::answer {

// How a name was answered, and with it what the other sections need.
enum class Outcome : std::uint8_t {
  kOpen,      // not yet
  kTaken,     // a step of a query plan has decided what becomes of the query
  kAnswered,  // there is data, or an alias that leads out of what we serve
  kAlias,     // the query has moved to the target of an alias
  kNoData,    // the name exists, the type does not
  kNoName,
  kReferral,
};

// ---- Answer ---------------------------------------------------------------------------------

// Answers the question, through all its aliases.
Outcome solve_answer(Reply& reply);

// ---- Authority ------------------------------------------------------------------------------

// SOA of a negative answer (RFC 2308 3), NS and DS of a referral, and the proofs.
void solve_authority(Reply& reply, Outcome outcome);

// ---- Additional -----------------------------------------------------------------------------

// Remembers that the targets of an RRset in the answer may get addresses.
void note_source(Reply& reply, dns::NameView owner, const zones::Rrset& rrset);

// Addresses of the name servers of a referral, and of hosts named in the answer.
void solve_additional(Reply& reply, Outcome outcome);

}  // namespace bowline::answer
