#include "answer/sections.h"

#include "answer/chains.h"
#include "answer/denial.h"
#include "answer/lookup.h"

namespace bowline::answer {

namespace {

// A chain has come to the very DNAME that it went by: an RRset stands in a section once
// (RFC 2181 5).
bool is_there(const Reply& reply, dns::RrType type) {
  return type == dns::RrType::kDname && reply.place.standing == Standing::kExact &&
         has_passed(reply, reply.place.node);
}

// RFC 8482 4.1: over UDP one RRset stands for all. NSEC only if there is nothing else.
Outcome answer_any(Reply& reply) {
  const zones::Node& node = *reply.place.node;
  Outcome outcome = Outcome::kNoData;
  for (unsigned i = 0; i < node.rrset_count; ++i) {
    const zones::Rrset rrset = zones::rrset_at(reply.base(), node, i);
    const bool is_last = i + 1U == node.rrset_count;
    if (!rrset || (rrset.type == dns::RrType::kNsec && !is_last && !reply.query.stream)) continue;
    outcome = Outcome::kAnswered;
    if (is_there(reply, rrset.type)) continue;
    if (!reply.put_required(reply.query.name, reply.query.name_is_question, rrset)) break;
    note_source(reply, reply.query.name, rrset);
    if (!reply.query.stream) break;
  }
  return outcome;
}

// The signatures at a name: all over a stream, over UDP those of one RRset (RFC 8482 7).
Outcome answer_signatures(Reply& reply) {
  const zones::Node& node = *reply.place.node;
  Outcome outcome = Outcome::kNoData;
  for (unsigned i = 0; i < node.rrset_count; ++i) {
    const zones::Rrset rrset = zones::rrset_at(reply.base(), node, i);
    if (rrset.sig_count == 0) continue;
    outcome = Outcome::kAnswered;
    const bool fits = reply.builder.add_block(reply.query.name, reply.query.name_is_question,
                                              rrset.signatures, rrset.sig_count);
    reply.truncated = !fits;
    if (!fits || !reply.query.stream) break;
  }
  return outcome;
}

// The name exists, by itself or by a wildcard: its data.
Outcome answer_from_node(Reply& reply) {
  const Query& query = reply.query;
  const dns::RrType type = query.facts.qtype;
  if (type == dns::RrType::kAny) return answer_any(reply);
  if (type == dns::RrType::kRrsig) return answer_signatures(reply);
  const zones::Node& node = *reply.place.node;
  if (const zones::Rrset rrset = zones::find_rrset(reply.base(), node, type)) {
    if (is_there(reply, type)) [[unlikely]] return Outcome::kAnswered;
    reply.put_required(query.name, query.name_is_question, rrset);
    note_source(reply, query.name, rrset);
    return Outcome::kAnswered;
  }
  if (is_answered_at_alias(type)) return Outcome::kNoData;
  const zones::Rrset cname = zones::find_rrset(reply.base(), node, dns::RrType::kCname);
  return cname ? follow_cname(reply, cname) : Outcome::kNoData;
}

// Answers the name that the query stands at.
Outcome answer_name(Reply& reply) {
  find_place(reply.query, reply.sources, reply.scratch, reply.place);
  switch (reply.place.standing) {
    case Standing::kReferral: return Outcome::kReferral;
    case Standing::kBelowDname: return follow_dname(reply);
    case Standing::kMissing: return Outcome::kNoName;
    case Standing::kWildcard:
      prove_expansion(reply);
      return answer_from_node(reply);
    case Standing::kExact: return answer_from_node(reply);
  }
  return Outcome::kNoName;
}

// Most negative answers of a burst are from one zone, and behind the question alone all of them have
// the same SOA. It is noted by the second of them, for a burst may have many zones as well.
void put_soa(Reply& reply, const zones::Rrset& soa) {
  const Query& query = reply.query;
  const unsigned depth = reply.zone().apex_depth;
  const bool is_question = query.name_is_question && depth == query.key.depth;
  const dns::NameView apex = query.name.suffix(depth);
  if (!query.name_is_question || is_question || depth == 0 || reply.rotated ||
      reply.builder.size() != query.facts.question_end) {
    reply.put_required(apex, is_question, soa);
    return;
  }
  NegativeSoa& noted = reply.scratch.negative_soa;
  const std::size_t apex_at = dns::kHeaderSize + query.key.offset[depth];
  const std::size_t label_at = dns::kHeaderSize + query.key.offset[depth + 1];
  const bool is_known = noted.zone == &reply.zone() && noted.dnssec == reply.dnssec;
  if (is_known && !noted.block.empty() &&
      reply.builder.add_noted(noted.block, apex_at, label_at)) {
    return;
  }
  const dns::MessageBuilder::Mark before = reply.builder.mark();
  if (!reply.put_required(apex, false, soa)) return;
  if (!is_known) {
    noted.zone = &reply.zone();
    noted.dnssec = reply.dnssec;
    noted.block.clear();
  } else if (noted.block.empty()) {
    reply.builder.note_block(before, apex_at, noted.block);
  }
}

// The SOA whose TTL is that of the negative answer (RFC 2308 5), and its signatures.
void put_negative_soa(Reply& reply) {
  const auto& body = *reply.base().at<zones::FarBody>(reply.zone().negative_soa);
  zones::Rrset soa;
  soa.type = dns::RrType::kSoa;
  soa.count = body.count;
  soa.sig_count = body.sig_count;
  soa.records = {body.octets(), body.size};
  soa.signatures = {body.octets() + body.size, body.sig_size};
  put_soa(reply, soa);
}

void put_referral(Reply& reply) {
  const Query& query = reply.query;
  const Place& cut = reply.place;
  const dns::NameView owner = query.name.suffix(cut.depth);
  const bool is_question = query.name_is_question && cut.depth == query.key.depth;
  // NS of the parent side is not signed (RFC 4035 2.2), so its signatures are none.
  const zones::Rrset ns = zones::find_rrset(reply.base(), *cut.node, dns::RrType::kNs);
  if (!reply.put_required(owner, is_question, ns) || !reply.dnssec) return;
  // RFC 4035 3.1.4: DS, or the proof that there is none. Unsigned it is of no use to anybody.
  const zones::Rrset ds = zones::find_rrset(reply.base(), *cut.node, dns::RrType::kDs);
  if (ds && ds.sig_count != 0) {
    reply.put_required(owner, is_question, ds);
  } else {
    prove_no_ds(reply);
  }
}

}  // namespace

Outcome solve_answer(Reply& reply) {
  reply.builder.begin(dns::Section::kAnswer);
  start_chain(reply);
  for (;;) {
    const Outcome outcome = answer_name(reply);
    if (outcome != Outcome::kAlias) return outcome;
  }
}

void solve_authority(Reply& reply, Outcome outcome) {
  if (reply.truncated) return;
  reply.builder.begin(dns::Section::kAuthority);
  switch (outcome) {
    case Outcome::kOpen:
    case Outcome::kTaken:
    case Outcome::kAlias:
    case Outcome::kAnswered: break;
    case Outcome::kReferral:
      // AA speaks of the first owner of the answer section (RFC 1035 4.1.1).
      if (reply.query.name_is_question) reply.authoritative = false;
      put_referral(reply);
      break;
    case Outcome::kNoName:
      reply.rcode = dns::Rcode::kNxDomain;
      put_negative_soa(reply);
      prove_no_name(reply);
      break;
    case Outcome::kNoData:
      put_negative_soa(reply);
      prove_no_data(reply);
      break;
  }
  if (!reply.truncated) put_proofs(reply);
}

}  // namespace bowline::answer
