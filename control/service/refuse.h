// The replies to what control is asked and does not do: transfers, updates and notifications that
// no rule allows, and signed messages whose key nobody knows here.
//
// Pure function over a request of a stranger; any thread.
#pragma once

#include <cstddef>

#include "dns/message.h"
#include "dns/wire.h"
#include "link/context.h"

namespace bowline::control::service {

// The largest such reply: question, OPT, TSIG with two names of 255 octets.
inline constexpr std::size_t kMaxRefusal = 1024;

struct RefusalFacts {
  bool zone_served = false;  // the question's name is the apex of a zone that is served
};

// Writes the reply to `request` into `out` (kMaxRefusal octets) and returns its size; 0: no reply
// is possible.
std::size_t write_refusal(dns::Bytes request, const dns::QueryFacts& facts, link::AskKind kind,
                          const RefusalFacts& zone, dns::MutableBytes out);

}  // namespace bowline::control::service
