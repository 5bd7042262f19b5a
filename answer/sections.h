// Sections: what goes into answer, authority and additional, and in which order.
#pragma once

#include <cstddef>
#include <optional>

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

// Whether the type stands beside a CNAME (RFC 4035 2.5) or asks for it.
constexpr bool is_answered_at_alias(dns::RrType type) {
  return type == dns::RrType::kCname || type == dns::RrType::kAny ||
         type == dns::RrType::kRrsig || type == dns::RrType::kNsec;
}

// Answers the question, through all its aliases.
Outcome solve_answer(Reply& reply);

// ---- Authority ------------------------------------------------------------------------------

// SOA of a negative answer (RFC 2308 3), NS and DS of a referral, and the proofs.
void solve_authority(Reply& reply, Outcome outcome);

// ---- Additional -----------------------------------------------------------------------------

// Where the target stands in rdata of the types that have one worth an address.
constexpr std::optional<std::size_t> target_offset(dns::RrType type) {
  switch (type) {
    case dns::RrType::kNs: return 0;
    case dns::RrType::kMx: return 2;
    case dns::RrType::kSrv: return 6;
    case dns::RrType::kSvcb:
    case dns::RrType::kHttps: return 2;
    default: return std::nullopt;
  }
}

// Remembers that the targets of an RRset in the answer may get addresses.
void note_source(Reply& reply, dns::NameView owner, const zones::Rrset& rrset);

// Addresses of the name servers of a referral, and of hosts named in the answer.
void solve_additional(Reply& reply, Outcome outcome);

}  // namespace bowline::answer
