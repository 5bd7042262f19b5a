// The additional section: glue of a referral, and addresses of hosts that the answer names.
#include <array>

#include "answer/lookup.h"
#include "answer/sections.h"

namespace bowline::answer {

namespace {

bool is_binding(dns::RrType type) {
  return type == dns::RrType::kSvcb || type == dns::RrType::kHttps;
}

// RFC 9460 2.5: the target "." of SVCB and HTTPS is the owner.
dns::NameView target_of(dns::Bytes rdata, const AdditionalSource& source) {
  const std::size_t offset = *target_offset(source.rrset.type);
  const dns::NameView target =
      dns::NameView::parse(rdata.subspan(offset)).value_or(dns::NameView());
  return target.is_root() && is_binding(source.rrset.type) ? source.owner : target;
}

// Which of the targets are meant.
enum class Pick : std::uint8_t {
  kAll,
  kBelowCut,    // servers inside the delegation: their glue is mandatory (RFC 9471 3.1)
  kBesidesCut,  // other servers of our zone: sibling glue and our own data, wanted but optional
};

struct Job {
  const AdditionalSource& source;
  Pick pick;
  dns::NameView cut;  // owner of the delegation; not used with kAll

  bool wants(dns::NameView target) const {
    if (pick == Pick::kAll) return true;
    return target.is_at_or_below(cut) == (pick == Pick::kBelowCut);
  }
};

// Several RRsets of an answer may name one host, and ANY over a stream gives all of a node at once:
// each node's addresses stand in the message once.
bool is_new_host(Reply& reply, const Job& job, const zones::Node* node) {
  if (job.pick != Pick::kAll || reply.query.facts.qtype != dns::RrType::kAny) return true;
  // A wildcard's own name is another one than that it was expanded to.
  const bool is_answered = reply.place.standing == Standing::kExact && node == reply.place.node;
  if (reply.query.stream && is_answered) return false;
  auto& hosts = reply.scratch.hosts;
  for (unsigned i = 0; i < reply.host_count; ++i) {
    if (hosts[i] == node) return false;
  }
  hosts[reply.host_count++] = node;
  return true;
}

// False: mandatory glue does not fit.
bool put_addresses(Reply& reply, const Job& job, dns::NameView target, const zones::Node& node) {
  if (!is_new_host(reply, job, &node)) return true;
  for (const dns::RrType type : {dns::RrType::kA, dns::RrType::kAaaa}) {
    const zones::Rrset rrset = zones::find_rrset(reply.base(), node, type);
    if (!rrset) continue;
    if (job.pick == Pick::kBelowCut) {
      if (!reply.put_required(target, false, rrset)) return false;
    } else {
      reply.put(target, false, rrset);
    }
  }
  return true;
}

// Puts what is wanted of one target. False: mandatory glue does not fit.
bool put_target(Reply& reply, const Job& job, dns::NameView target, const zones::Node& node) {
  if (!put_addresses(reply, job, target, node)) return false;
  // RFC 9460 4.1: what an alias leads to saves the client a question.
  const dns::RrType type = job.source.rrset.type;
  if (is_binding(type) && !target.equals(job.source.owner)) {
    if (const zones::Rrset rrset = zones::find_rrset(reply.base(), node, type)) {
      reply.put(target, false, rrset);
    }
  }
  return true;
}

bool is_new_target(const Scratch& scratch, std::size_t count, dns::NameView target) {
  for (std::size_t i = 0; i < count; ++i) {
    if (scratch.targets[i].equals(target)) return false;
  }
  return true;
}

// Looks up the batch in scratch.targets and puts what it finds.
bool put_batch(Reply& reply, const Job& job, std::size_t count) {
  const std::span<const dns::NameView> targets(reply.scratch.targets.data(), count);
  [[gnu::uninitialized]] std::array<const zones::Node*, kGlueBatch> nodes;  // of the targets
  find_hosts(*job.source.zone, targets, reply.sources, reply.scratch, {nodes.data(), count});
  for (std::size_t i = 0; i < count; ++i) {
    if (nodes[i] != nullptr && !put_target(reply, job, targets[i], *nodes[i])) return false;
  }
  return true;
}

// Puts the addresses of all targets that the job wants, in the order of the records. Gives back
// whether there are others in the zone.
bool put_targets(Reply& reply, const Job& job) {
  const dns::NameView apex = zones::apex(*job.source.zone);
  std::size_t count = 0;
  unsigned names = 0;
  bool fits = true, has_others = false;
  zones::for_each_record(job.source.rrset.records, [&](dns::Bytes rdata, std::uint32_t) {
    const dns::NameView target = target_of(rdata, job.source);
    if (!fits || !target.is_at_or_below(apex)) return;
    if (!job.wants(target)) {
      has_others = true;
      return;
    }
    if (!is_new_target(reply.scratch, count, target)) return;
    if (++names > kMaxGlueNames) {
      reply.truncated = true;
      fits = false;
      return;
    }
    reply.scratch.targets[count++] = target;
    if (count == kGlueBatch) {
      fits = put_batch(reply, job, count);
      count = 0;
    }
  });
  if (fits) put_batch(reply, job, count);
  return has_others;
}

void solve_glue(Reply& reply) {
  const Place& cut = reply.place;
  const AdditionalSource source{&reply.zone(),
                                zones::find_rrset(reply.base(), *cut.node, dns::RrType::kNs),
                                reply.query.name.suffix(cut.depth)};
  const bool has_others = put_targets(reply, {source, Pick::kBelowCut, source.owner});
  if (has_others && !reply.truncated && source.rrset.count <= kMaxAdditionalNames) {
    put_targets(reply, {source, Pick::kBesidesCut, source.owner});
  }
}

}  // namespace

void note_source(Reply& reply, dns::NameView owner, const zones::Rrset& rrset) {
  if (!target_offset(rrset.type) || rrset.count > kMaxAdditionalNames) return;
  if (reply.source_count == kMaxAdditionalSources) return;
  reply.scratch.sources[reply.source_count++] = {&reply.zone(), rrset, owner};
}

void solve_additional(Reply& reply, Outcome outcome) {
  if (reply.truncated) return;
  if (outcome != Outcome::kReferral && reply.source_count == 0) return;
  reply.builder.begin(dns::Section::kAdditional);
  if (outcome == Outcome::kReferral) solve_glue(reply);
  for (unsigned i = 0; i < reply.source_count; ++i) {
    put_targets(reply, {reply.scratch.sources[i], Pick::kAll, dns::NameView()});
  }
}

}  // namespace bowline::answer
