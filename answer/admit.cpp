#include "answer/admit.h"

#include <cassert>

#include "answer/chaos.h"
#include "answer/edns.h"
#include "answer/limits.h"
#include "answer/reply.h"

namespace bowline::answer {

namespace {

using dns::ExtendedErrorCode;

bool drop(Query& query, link::Counter reason) {
  query.action = Action::kDrop;
  query.reason = reason;
  return false;
}

bool refuse(Query& query, dns::Rcode rcode, const Sources& sources,
            ExtendedErrorCode extended = ExtendedErrorCode::kOther) {
  write_error(query, rcode, sources, extended);
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

// Whether an OPT was read as far as its version. RFC 6891 6.1.3: BADVERS even where the options,
// which another version may write in another form, are no list of ours.
bool has_unknown_version(const Query& query, dns::QueryFault fault) {
  return query.facts.has_edns && query.facts.edns.version > kEdnsVersion &&
         (fault == dns::QueryFault::kNone || fault == dns::QueryFault::kMalformedOpt ||
          fault == dns::QueryFault::kQuestion);
}

// Types that ask for something else than an RRset. The other ones that no zone can hold (OPT, TSIG,
// MAILB, unassigned ones) are answered as types without data (RFC 8906 3.1.2), as Knot and NSD do:
// an error would look like a server that does not know EDNS. ANY: RFC 8482.
bool admit_type(Query& query, const Sources& sources) {
  const dns::RrType type = query.facts.qtype;
  if (!dns::is_meta_type(type)) return true;
  switch (type) {
    case dns::RrType::kAxfr:
      // RFC 5936 4.2: not defined for UDP, whereas IXFR is (RFC 1995 2).
      if (!query.stream) {
        return refuse(query, dns::Rcode::kNotImp, sources, ExtendedErrorCode::kNotSupported);
      }
      return ask_control(query);
    case dns::RrType::kIxfr: return ask_control(query);
    case dns::RrType::kNxname:  // RFC 9824 3.4
      return refuse(query, dns::Rcode::kFormErr, sources, ExtendedErrorCode::kInvalidQueryType);
    default: return true;
  }
}

// The request is of another class than IN.
bool admit_class(Query& query, const Sources& sources) {
  const auto rr_class = static_cast<dns::RrClass>(query.facts.qclass);
  if (query.facts.header.opcode() == dns::Opcode::kQuery) {
    if (rr_class == dns::RrClass::kCh) {
      answer_chaos(query, sources);
      return false;
    }
    // RFC 1035 3.2.5: IN is among the classes that ANY asks for. Transfers are of one class.
    const dns::RrType type = query.facts.qtype;
    if (rr_class == dns::RrClass::kAny && type != dns::RrType::kAxfr &&
        type != dns::RrType::kIxfr) {
      return admit_type(query, sources);
    }
  }
  return refuse(query, dns::Rcode::kRefused, sources, ExtendedErrorCode::kNotSupported);
}

bool admit_question(Query& query, const Sources& sources) {
  if (query.facts.qclass != static_cast<std::uint16_t>(dns::RrClass::kIn)) {
    return admit_class(query, sources);
  }
  if (query.facts.header.opcode() != dns::Opcode::kQuery) return ask_control(query);
  return admit_type(query, sources);
}

void reset(Query& query) {
  assert(query.capacity >= kMinReplyCapacity && query.size_max >= kMinReplyCapacity);
  query.action = Action::kContinue;
  query.truncated = false;
  query.extended_error = ExtendedErrorCode::kOther;
  query.name_is_question = true;
  query.zone = nullptr;
}

// Whether there is nothing about the request to judge but its name and type: what most are.
bool is_usual(const dns::QueryFacts& facts) {
  const dns::Edns& edns = facts.edns;  // all zero without OPT
  return facts.header.opcode() == dns::Opcode::kQuery &&
         facts.qclass == static_cast<std::uint16_t>(dns::RrClass::kIn) &&
         !dns::is_meta_type(facts.qtype) && !facts.has_tsig && edns.version == kEdnsVersion &&
         !edns.has_client_subnet;
}

bool admit_unusual(Query& query, dns::QueryFault fault, const Sources& sources) {
  if (has_unknown_version(query, fault)) return refuse(query, dns::Rcode::kBadVers, sources);
  // What follows the header of an unknown opcode may have another form, so it is not judged.
  if (!is_known_opcode(query.facts.header.opcode())) {
    return refuse(query, dns::Rcode::kNotImp, sources, ExtendedErrorCode::kNotSupported);
  }
  if (fault != dns::QueryFault::kNone) return refuse(query, dns::Rcode::kFormErr, sources);
  if (query.facts.has_tsig) return ask_control(query);
  // RFC 7871 7.1.2: a malformed one is an error where the option is known, and only there.
  const dns::Edns& edns = query.facts.edns;
  if (edns.has_client_subnet && !edns.client_subnet_valid &&
      sources.settings->edns_client_subnet) {
    return refuse(query, dns::Rcode::kFormErr, sources);
  }
  return admit_question(query, sources);
}

}  // namespace

bool admit(Query& query, const Sources& sources) {
  reset(query);
  const dns::QueryFault fault = dns::read_query(query.bytes(), query.facts);
  if (fault == dns::QueryFault::kTooShort) return drop(query, link::Counter::drop_short_message);
  if (fault == dns::QueryFault::kResponse) return drop(query, link::Counter::drop_is_response);
  query.limit = reply_limit(query, *sources.settings);
  query.name = query.qname();
  if (fault == dns::QueryFault::kNone && is_usual(query.facts)) [[likely]] return true;
  return admit_unusual(query, fault, sources);
}

void write_error(Query& query, dns::Rcode rcode, const Sources& sources,
                 ExtendedErrorCode extended) {
  query.extended_error = extended;
  const std::size_t kept = query.facts.qname_size != 0 ? query.facts.question_end
                                                        : dns::kHeaderSize;
  [[gnu::uninitialized]] ReplyOptions options;
  dns::MessageBuilder builder({query.message, query.capacity}, kept, query.limit,
                              prepare_opt(query, sources, options));
  finish_message(query, *sources.settings, options, builder, reply_flags(query), rcode);
}

void answer_error(Query& query, dns::Rcode rcode, const Sources& sources) {
  assert(query.action == Action::kAsk);
  // RFC 8914 4.15: control is the part of the server that does not work yet, or again.
  const bool not_ready = rcode == dns::Rcode::kServFail;
  write_error(query, rcode, sources,
              not_ready ? ExtendedErrorCode::kNotReady : ExtendedErrorCode::kOther);
}

}  // namespace bowline::answer
