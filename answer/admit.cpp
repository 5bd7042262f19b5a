#include "answer/admit.h"

#include <cassert>

#include "answer/chaos.h"
#include "answer/edns.h"
#include "answer/limits.h"
#include "answer/reply.h"

namespace bowline::answer {

namespace {

constexpr std::uint8_t kEdnsVersion = 0;

bool drop(Query& query, link::Counter reason) {
  query.action = Action::kDrop;
  query.reason = reason;
  return false;
}

bool refuse(Query& query, dns::Rcode rcode, const Sources& sources) {
  write_error(query, rcode, sources);
  return false;
}

bool ask_control(Query& query) {
  query.action = Action::kAsk;
  query.reason = link::Counter::asks;
  return false;
}

bool is_known_opcode(dns::Opcode opcode) {
  return opcode == dns::Opcode::kQuery || opcode == dns::Opcode::kNotify ||
         opcode == dns::Opcode::kUpdate;
}

// Types that ask for something else than an RRset. ANY is not among them (RFC 8482).
bool admit_type(Query& query, const Sources& sources) {
  const dns::RrType type = query.facts.qtype;
  if (!dns::is_meta_type(type) || type == dns::RrType::kAny) return true;
  switch (type) {
    case dns::RrType::kAxfr:
    case dns::RrType::kIxfr: return ask_control(query);
    // RFC 1035 3.2.3: obsolete, and nothing here has data for them.
    case dns::RrType::kMaila:
    case dns::RrType::kMailb: return refuse(query, dns::Rcode::kNotImp, sources);
    default: return refuse(query, dns::Rcode::kFormErr, sources);
  }
}

bool admit_question(Query& query, const Sources& sources) {
  const auto rr_class = static_cast<dns::RrClass>(query.facts.qclass);
  const dns::Opcode opcode = query.facts.header.opcode();
  if (rr_class == dns::RrClass::kIn) {
    return opcode == dns::Opcode::kQuery ? admit_type(query, sources) : ask_control(query);
  }
  if (rr_class == dns::RrClass::kCh && opcode == dns::Opcode::kQuery) {
    answer_chaos(query, sources);
    return false;
  }
  // An answer from one class cannot be authoritative for ANY (RFC 1035 6.2).
  return refuse(query, dns::Rcode::kRefused, sources);
}

void reset(Query& query) {
  assert(query.capacity >= kMinReplyCapacity && query.size_max >= kMinReplyCapacity);
  query.action = Action::kContinue;
  query.truncated = false;
  query.name_is_question = true;
  query.zone = nullptr;
}

}  // namespace

bool admit(Query& query, const Sources& sources) {
  reset(query);
  const dns::QueryFault fault = dns::read_query(query.bytes(), query.facts);
  if (fault == dns::QueryFault::kTooShort) return drop(query, link::Counter::drop_short_message);
  if (fault == dns::QueryFault::kResponse) return drop(query, link::Counter::drop_is_response);
  query.limit = reply_limit(query, *sources.settings);
  query.name = query.qname();
  // What follows the header of an unknown opcode may have another form, so it is not judged.
  if (!is_known_opcode(query.facts.header.opcode())) {
    return refuse(query, dns::Rcode::kNotImp, sources);
  }
  if (fault != dns::QueryFault::kNone) return refuse(query, dns::Rcode::kFormErr, sources);
  if (query.facts.has_edns && query.facts.edns.version > kEdnsVersion) {
    return refuse(query, dns::Rcode::kBadVers, sources);  // RFC 6891 6.1.3
  }
  if (query.facts.has_tsig) return ask_control(query);
  return admit_question(query, sources);
}

void write_error(Query& query, dns::Rcode rcode, const Sources& sources) {
  const std::size_t kept = query.facts.qname_size != 0 ? query.facts.question_end
                                                        : dns::kHeaderSize;
  dns::MessageBuilder builder({query.message, query.capacity}, kept, query.limit,
                              opt_size(query, *sources.settings));
  finish_message(query, *sources.settings, builder, reply_flags(query), rcode);
}

void answer_error(Query& query, dns::Rcode rcode, const Sources& sources) {
  assert(query.action == Action::kAsk);
  write_error(query, rcode, sources);
}

}  // namespace bowline::answer
