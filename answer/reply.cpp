#include "answer/reply.h"

#include "answer/edns.h"

namespace bowline::answer {

namespace {

constexpr std::uint16_t kShortRcodeMask = 0x0f;

}  // namespace

Reply::Reply(Query& of, const Sources& from, Scratch& memory)
    : query(of),
      sources(from),
      scratch(memory),
      builder({of.message, of.capacity}, of.facts.question_end, of.limit,
              opt_size(of, *from.settings)),
      dnssec(of.facts.has_edns && of.facts.edns.dnssec_ok) {}

bool Reply::put(dns::NameView owner, bool owner_is_question, const zones::Rrset& rrset) {
  const bool with_signatures = dnssec && rrset.sig_count != 0;
  if (!with_signatures) {
    return builder.add_block(owner, owner_is_question, rrset.records, rrset.count);
  }
  const dns::MessageBuilder::Mark before = builder.mark();
  if (builder.add_block(owner, owner_is_question, rrset.records, rrset.count) &&
      builder.add_block(owner, owner_is_question, rrset.signatures, rrset.sig_count)) {
    return true;
  }
  builder.rollback(before);
  return false;
}

bool Reply::put_required(dns::NameView owner, bool owner_is_question, const zones::Rrset& rrset) {
  if (put(owner, owner_is_question, rrset)) return true;
  truncated = true;
  return false;
}

void Reply::finish() {
  std::uint16_t flags = reply_flags(query);
  if (authoritative) flags |= dns::flag::kAa;
  if (truncated) flags |= dns::flag::kTc;
  query.truncated = truncated;
  finish_message(query, *sources.settings, builder, flags, rcode);
}

std::uint16_t reply_flags(const Query& query) {
  constexpr std::uint16_t kept = dns::flag::kOpcodeMask | dns::flag::kRd | dns::flag::kCd;
  return static_cast<std::uint16_t>(dns::flag::kQr | (query.facts.header.flags & kept));
}

link::Counter counter_of(dns::Rcode rcode) {
  using link::Counter;
  switch (rcode) {
    case dns::Rcode::kNoError: return Counter::rcode_noerror;
    case dns::Rcode::kFormErr: return Counter::rcode_formerr;
    case dns::Rcode::kServFail: return Counter::rcode_servfail;
    case dns::Rcode::kNxDomain: return Counter::rcode_nxdomain;
    case dns::Rcode::kNotImp: return Counter::rcode_notimp;
    case dns::Rcode::kRefused: return Counter::rcode_refused;
    case dns::Rcode::kNotAuth: return Counter::rcode_notauth;
    case dns::Rcode::kBadVers: return Counter::rcode_badvers;
    default: return Counter::rcode_other;
  }
}

void finish_message(Query& query, const link::Settings& settings, dns::MessageBuilder& builder,
                    std::uint16_t flags, dns::Rcode rcode) {
  if (query.facts.has_edns) write_opt(query, settings, rcode, builder);
  const std::uint16_t low = static_cast<std::uint16_t>(rcode) & kShortRcodeMask;
  query.size = static_cast<std::uint32_t>(builder.finish(static_cast<std::uint16_t>(flags | low)));
  query.action = Action::kSend;
  query.reason = counter_of(rcode);
}

}  // namespace bowline::answer
