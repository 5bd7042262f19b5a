#include "answer/usual.h"

#include "answer/edns.h"
#include "answer/reply.h"

namespace bowline::answer {

namespace {

// What is copied as it stands: no name in the rdata to compress, and none whose addresses would go
// into the additional section.
bool is_usual_type(dns::RrType type) {
  switch (type) {
    case dns::RrType::kSrv:
    case dns::RrType::kSvcb:
    case dns::RrType::kHttps:
    case dns::RrType::kAny:
    case dns::RrType::kRrsig: return false;
    default: return dns::MessageBuilder::is_plain(type);
  }
}

// The name exists in a zone of ours, nothing above hides it, and there is nothing more to say than
// its data. A pointer to the root would be longer than the root.
bool is_usual(const Query& query) {
  const dns::QueryFacts& facts = query.facts;
  return query.zone != nullptr && (query.zone->flags & zones::kZoneAbsent) == 0 &&
         query.closest.depth == query.key.depth && query.closest.node->cut_depth == 0 &&
         query.zone->plan_size == 0 && facts.edns.option_count == 0 &&
         facts.qclass == static_cast<std::uint16_t>(dns::RrClass::kIn) && query.key.depth != 0 &&
         is_usual_type(facts.qtype);
}

}  // namespace

bool write_usual(Query& query, const Sources& sources) {
  if (!is_usual(query)) return false;
  const dns::QueryFacts& facts = query.facts;
  const link::Settings& settings = *sources.settings;
  const zones::Rrset rrset =
      zones::find_rrset(sources.view.base, *query.closest.node, facts.qtype);
  if (!rrset || (rrset.count > 1 && settings.answer_rotation)) return false;
  // The signatures lie right behind the records (zones/format.h). Without OPT there is no DO.
  const bool dnssec = facts.edns.dnssec_ok;
  const dns::Bytes block(rrset.records.data(),
                         rrset.records.size() + (dnssec ? rrset.signatures.size() : 0));
  [[gnu::uninitialized]] dns::MessageBuilder builder(
      {query.message, query.capacity}, facts.question_end, query.limit,
      facts.has_edns ? dns::kOptFixedSize : 0);
  builder.begin(dns::Section::kAnswer);
  if (!builder.add_plain(block, rrset.count + (dnssec ? rrset.sig_count : 0))) return false;
  if (facts.has_edns) {
    builder.write_opt(udp_payload(query, settings), 0, kEdnsVersion, opt_flags(query), {});
  }
  query.size = static_cast<std::uint32_t>(
      builder.finish(static_cast<std::uint16_t>(reply_flags(query) | dns::flag::kAa)));
  query.action = Action::kSend;
  query.reason = link::Counter::rcode_noerror;
  return true;
}

}  // namespace bowline::answer
