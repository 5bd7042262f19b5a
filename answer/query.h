// Query: one request on its way to an answer, in the buffer it came in.
//
// The dataplane fills the first block and calls answer_burst(); the rest is the stages' own. Of
// fixed size and reused: a worker owns as many as its burst is long. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dns/message.h"
#include "dns/name_key.h"
#include "link/counters.h"
#include "link/settings.h"
#include "zones/reader.h"

namespace bowline::answer {

enum class Action : std::uint8_t {
  kContinue,  // the next stage decides; never seen by the caller
  kSend,      // `size` octets of `message` are the reply
  kDrop,      // no reply; `reason` says why
  kAsk,       // control must answer: the message is unchanged
};

// A name on its way to its node (lookup.h).
struct Search {
  const zones::Zone* zone = nullptr;
  const zones::Bucket* bucket = nullptr;  // of the name in the zone's index; null for the apex
  zones::Closest closest{};
  bool at_parent = false;                 // DS is asked for, which is data of the parent side
  dns::NameKey key;
};

struct Query : Search {
  // Filled by the caller. capacity and size_max: at least kMinReplyCapacity (limits.h).
  std::uint8_t* message = nullptr;  // the request; the reply is written over it
  std::uint32_t size = 0;           // octets of the request, then of the reply
  std::uint32_t capacity = 0;       // octets that may be written
  std::uint32_t size_max = 0;       // what the transport carries: frame and MTU, or 65535
  bool stream = false;              // TCP and the like: no truncation below size_max
  bool ipv6 = false;                // chooses udp-max-payload-ipv4/-ipv6

  // The outcome.
  Action action = Action::kContinue;
  bool truncated = false;           // the reply has the TC bit
  // What a client that sent OPT is told besides the RCODE (RFC 8914), where there is room left;
  // kOther: nothing. Any stage may set it.
  dns::ExtendedErrorCode extended_error{};
  link::Counter reason{};           // of a drop; of a reply its RCODE's counter

  // What the stages know.
  bool name_is_question = true;     // `name` is the question's own
  std::uint32_t limit = 0;          // octets that the reply may have
  dns::NameView name;               // now looked up, in the case it is answered in: the question,
                                    // then alias targets, which live in the tables or in Scratch;
                                    // the Search is of this name
  dns::QueryFacts facts;

  dns::Bytes bytes() const { return {message, size}; }
  dns::NameView qname() const { return {message + dns::kHeaderSize, facts.qname_size}; }
};

struct Reply;
enum class Outcome : std::uint8_t;
using StepFunction = Outcome (*)(Reply& reply, Outcome outcome, std::uint32_t argument);  // plan.h

// What a burst is answered from. The view is held for the whole burst.
struct Sources {
  zones::View view;
  const dns::HashKey* secret = nullptr;
  const link::Settings* settings = nullptr;
  std::span<const StepFunction> steps = {};  // what the kinds of query plans mean (plan.h)
};

// Queries answered together: enough to hide a memory miss.
inline constexpr std::size_t kBurst = 32;

struct Scratch;  // scratch.h: a thread's reusable working memory

// Answers each query of the burst or says why not. REQUIRES: queries.size() <= kBurst.
// Never blocks, never allocates; its cost is bounded by the limits in limits.h.
void answer_burst(std::span<Query> queries, const Sources& sources, Scratch& scratch);

// Replies `rcode` to a request that answer_burst() gave back with kAsk, when control cannot be
// asked. REQUIRES: query.action == Action::kAsk, and the message is unchanged.
void answer_error(Query& query, dns::Rcode rcode, const Sources& sources);

}  // namespace bowline::answer
