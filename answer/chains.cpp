#include "answer/chains.h"

#include <algorithm>

#include "answer/lookup.h"

namespace bowline::answer {

namespace {

// The first name in rdata. Tables hold checked rdata only.
dns::NameView name_in(dns::Bytes rdata) {
  return dns::NameView::parse(rdata).value_or(dns::NameView());
}

// Moves to `target` unless the chain ends here: it leaves what we serve, is too long, or comes back
// to a name that has been answered. The 64-bit hashes are keyed with a secret, so nobody can make
// two names look like one.
Outcome continue_at(Reply& reply, dns::NameView target) {
  if (!move_to(reply.query, target, reply.sources, reply.scratch)) return Outcome::kAnswered;
  auto& chain = reply.scratch.chain;
  const std::uint64_t hash = reply.query.key.hash[reply.query.key.depth];
  const auto end = chain.begin() + reply.chain_size;
  if (end == chain.end() || std::find(chain.begin(), end, hash) != end) return Outcome::kAnswered;
  chain[reply.chain_size++] = hash;
  return Outcome::kAlias;
}

}  // namespace

void start_chain(Reply& reply) {
  reply.scratch.chain[0] = reply.query.key.hash[reply.query.key.depth];
  reply.chain_size = 1;
}

bool has_passed(const Reply& reply, const zones::Node* node) {
  const auto begin = reply.scratch.dnames.begin();
  const auto end = begin + reply.chain_size - 1;
  return std::find(begin, end, node) != end;
}

Outcome follow_cname(Reply& reply, const zones::Rrset& cname) {
  const Query& query = reply.query;
  if (!reply.put_required(query.name, query.name_is_question, cname)) return Outcome::kAnswered;
  reply.scratch.dnames[reply.chain_size - 1U] = nullptr;
  dns::NameView target;
  zones::for_each_record(cname.records,
                         [&](dns::Bytes rdata, std::uint32_t) { target = name_in(rdata); });
  return continue_at(reply, target);
}

Outcome follow_dname(Reply& reply) {
  const Query& query = reply.query;
  const unsigned depth = reply.place.depth;
  const zones::Rrset dname =
      zones::find_rrset(reply.base(), *reply.place.node, dns::RrType::kDname);
  // A DNAME that leads below itself redirects again and again, but an RRset stands in a section
  // once (RFC 2181 5).
  if (!has_passed(reply, reply.place.node) &&
      !reply.put_required(query.name.suffix(depth), false, dname)) {
    return Outcome::kAnswered;
  }
  reply.scratch.dnames[reply.chain_size - 1U] = reply.place.node;
  dns::NameView substitute;
  zones::for_each_record(dname.records,
                         [&](dns::Bytes rdata, std::uint32_t) { substitute = name_in(rdata); });
  const std::optional<dns::Name> target =
      dns::Name::replace_suffix(query.name, depth, substitute);
  if (!target) {
    reply.rcode = dns::Rcode::kYxDomain;  // RFC 6672 2.2
    return Outcome::kAnswered;
  }
  // RFC 6672 3.1: the CNAME has the TTL of the DNAME and no signature.
  if (!reply.builder.add(query.name, dns::RrType::kCname,
                         static_cast<std::uint16_t>(dns::RrClass::kIn), dname.ttl(),
                         target->view().bytes())) {
    reply.truncated = true;
    return Outcome::kAnswered;
  }
  if (query.facts.qtype == dns::RrType::kCname) return Outcome::kAnswered;  // this was the answer
  reply.scratch.alias = *target;
  return continue_at(reply, reply.scratch.alias);
}

}  // namespace bowline::answer
