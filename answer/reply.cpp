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
              prepare_opt(of, from, memory.options)),
      dnssec(of.facts.has_edns && of.facts.edns.dnssec_ok),
      rotated(from.settings->answer_rotation),
      // RFC 1035 6.2: what answers for all classes knows of one alone.
      authoritative(of.facts.qclass == static_cast<std::uint16_t>(dns::RrClass::kIn)) {}

bool Reply::put_rotated(dns::NameView owner, bool owner_is_question, const zones::Rrset& rrset) {
  const unsigned shift = query.facts.header.id % rrset.count;
  unsigned left = shift;
  std::size_t head = 0;  // octets of the first `shift` records
  zones::for_each_record(rrset.records, [&](dns::Bytes rdata, std::uint32_t) {
    if (left == 0) return;
    --left;
    head = static_cast<std::size_t>(rdata.data() + rdata.size() - rrset.records.data());
  });
  const dns::MessageBuilder::Mark before = builder.mark();
  if (builder.add_block(owner, owner_is_question, rrset.records.subspan(head),
                        rrset.count - shift) &&
      builder.add_block(owner, owner_is_question, rrset.records.first(head), shift)) {
    return true;
  }
  builder.rollback(before);
  return false;
}

// The signatures are not rotated; neither are they by Knot.
bool Reply::put_records(dns::NameView owner, bool owner_is_question, const zones::Rrset& rrset) {
  if (rotated && rrset.count > 1 && builder.section() == dns::Section::kAnswer) [[unlikely]] {
    return put_rotated(owner, owner_is_question, rrset);
  }
  return builder.add_block(owner, owner_is_question, rrset.records, rrset.count);
}

bool Reply::put(dns::NameView owner, bool owner_is_question, const zones::Rrset& rrset) {
  const bool with_signatures = dnssec && rrset.sig_count != 0;
  if (!with_signatures) return put_records(owner, owner_is_question, rrset);
  if (!rotated) [[likely]] {
    // The signatures lie right behind the records (zones/format.h).
    const dns::Bytes both(rrset.records.data(), rrset.records.size() + rrset.signatures.size());
    return builder.add_block(owner, owner_is_question, both, rrset.count + rrset.sig_count);
  }
  const dns::MessageBuilder::Mark before = builder.mark();
  if (put_records(owner, owner_is_question, rrset) &&
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
  finish_message(query, *sources.settings, scratch.options, builder, flags, rcode);
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

void finish_message(Query& query, const link::Settings& settings, ReplyOptions& options,
                    dns::MessageBuilder& builder, std::uint16_t flags, dns::Rcode rcode) {
  if (query.facts.has_edns) write_opt(query, settings, rcode, options, builder);
  const std::uint16_t low = static_cast<std::uint16_t>(rcode) & kShortRcodeMask;
  query.size = static_cast<std::uint32_t>(builder.finish(static_cast<std::uint16_t>(flags | low)));
  query.action = Action::kSend;
  query.reason = counter_of(rcode);
}

}  // namespace bowline::answer
