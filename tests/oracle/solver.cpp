#include "solver.h"

#include <algorithm>

namespace bowline::oracle {

// ---- Zones and names ----------------------------------------------------------------------------

// RFC 1034 4.3.2 step 2: the zone which is the nearest ancestor to QNAME.
const Zone* Solver::nearest_zone(const Name& name) const {
  const Zone* nearest = nullptr;
  for (const Zone& zone : zones_) {
    if (!is_at_or_below(name, zone.apex)) continue;
    if (nearest == nullptr || zone.apex.size() > nearest->apex.size()) nearest = &zone;
  }
  return nearest;
}

// RFC 4035 3.1.4.1: DS is the parent's, if that side is served too.
const Zone* Solver::choose_zone(const Name& name) const {
  const Zone* const zone = nearest_zone(name);
  if (zone == nullptr || request_.qtype != RrType::kDs || zone->apex != name || name.empty()) {
    return zone;
  }
  const Zone* const parent = nearest_zone(suffix(name, name.size() - 1));
  return parent != nullptr ? parent : zone;
}

// RFC 1034 4.3.2 step 3: matching down, label by label, in the zone.
Solver::Place Solver::find_place(const Zone& zone, const Name& name, RrType type) {
  for (std::size_t count = zone.apex.size();; ++count) {
    const Name at = suffix(name, count);
    const Node* const node = zone.node(at);
    const bool is_name = count == name.size();
    // 3b: NS below the apex takes us out of the authoritative data. RFC 4035 3.1.4.1: but not DS.
    const bool is_cut = count > zone.apex.size() && find(*node, RrType::kNs) != nullptr;
    if (is_cut && !(is_name && type == RrType::kDs)) return {Standing::kReferral, at, {}, node};
    // 3a.
    if (is_name) return {Standing::kExact, at, {}, node};
    // RFC 6672 3.2 (3.c), and 2.4: there is nothing below a DNAME, whatever the zone file has.
    if (find(*node, RrType::kDname) != nullptr) return {Standing::kBelowDname, at, {}, node};
    if (zone.node(suffix(name, count + 1)) != nullptr) continue;
    // 3c, RFC 4592 3.3.1: the source of synthesis is "*" right below the closest encloser.
    const Node* const source = zone.node(below(at, "*"));
    if (source == nullptr) return {Standing::kMissing, {}, at, nullptr};
    // RFC 4592 4.2 leaves NS there open; servers delegate the name that was asked for.
    if (find(*source, RrType::kNs) != nullptr && type != RrType::kDs) {
      return {Standing::kReferral, name, at, source};
    }
    return {Standing::kWildcard, name, at, source};
  }
}

// ---- Sections -----------------------------------------------------------------------------------

void Solver::put(Answer& answer, Section section, const Name& owner, RrType type,
                 const Rrset& rrset, bool is_required) const {
  Piece piece{section, owner, type, {}, is_required};
  for (const Octets& rdata : rrset.rdata) piece.records.push_back({owner, type, rrset.ttl, rdata});
  // RFC 4035 3.1.1: each with its signatures, if the client wants them.
  if (request_.dnssec_ok) {
    for (const Signature& signature : rrset.signatures) {
      piece.records.push_back({owner, RrType::kRrsig, signature.ttl, signature.rdata});
    }
  }
  // RFC 2181 5: an RRset stands in a message once. Parent and child may each have one of that owner
  // and type, with other content.
  for (const Piece& had : answer.pieces) {
    if (had.owner == owner && had.type == type && had.records == piece.records) return;
  }
  answer.pieces.push_back(std::move(piece));
}

// The signatures of one RRset as data that was asked for.
void Solver::put_signatures(Answer& answer, const Name& owner, RrType type,
                            const Rrset& rrset) const {
  Piece piece{Section::kAnswer, owner, type, {}, true};
  for (const Signature& signature : rrset.signatures) {
    piece.records.push_back({owner, RrType::kRrsig, signature.ttl, signature.rdata});
  }
  answer.pieces.push_back(std::move(piece));
}

// RFC 2308 3, 5: the SOA, whose TTL is the lesser of its own and MINIMUM, which is its last field.
void Solver::put_soa(Answer& answer) const {
  Rrset soa = *find(*zone_->node(zone_->apex), RrType::kSoa);
  std::uint32_t minimum = 0;
  for (const char c : soa.rdata[0].substr(soa.rdata[0].size() - 4)) {
    minimum = minimum << 8 | static_cast<unsigned char>(c);
  }
  soa.ttl = std::min(soa.ttl, minimum);
  for (Signature& signature : soa.signatures) signature.ttl = soa.ttl;
  put(answer, Section::kAuthority, zone_->apex, RrType::kSoa, soa, true);
}

void Solver::deny(const Place& place, bool is_name_missing, Answer& answer) const {
  answer.rcode = is_name_missing ? 3 : 0;
  put_soa(answer);
  if (is_name_missing) prove_no_name(place, answer);
  else prove_no_data(place, answer);
}

// RFC 1034 4.3.2 step 3b and RFC 4035 3.1.4.
void Solver::refer(const Place& place, Answer& answer) {
  // RFC 1035 4.1.1: AA speaks of the name of the question.
  if (seen_.size() == 1) answer.authoritative = false;
  Rrset ns = *find(*place.node, RrType::kNs);
  put(answer, Section::kAuthority, place.owner, RrType::kNs, ns, true);
  if (request_.dnssec_ok) {
    // RFC 4035 3.1.4 speaks of signed DS; without signatures it is of no use to anybody.
    const Rrset* const ds = find(*place.node, RrType::kDs);
    if (ds != nullptr && !ds->signatures.empty()) {
      put(answer, Section::kAuthority, place.owner, RrType::kDs, *ds, true);
    } else {
      prove_no_ds(place, answer);
    }
  }
  put_glue(place, answer);
}

// ---- Additional section -------------------------------------------------------------------------

void Solver::put_addresses(const Name& target, bool is_required, Answer& answer) const {
  const Node* const node = zone_->node(target);
  if (node == nullptr || is_below_dname(*zone_, target)) return;
  for (const RrType type : {RrType::kA, RrType::kAaaa}) {
    const Rrset* const rrset = find(*node, type);
    if (rrset == nullptr) continue;
    put(answer, Section::kAdditional, target, type, *rrset, is_required);
  }
}

namespace {

Name target_of(const Octets& rdata, std::size_t at) {
  Name name;
  read_name(rdata, at, name);
  return lower(std::move(name));
}

}  // namespace

// RFC 9471 3.1: addresses of servers inside the delegated zone must be there, or TC; 3.2: those of
// other servers of ours should.
void Solver::put_glue(const Place& cut, Answer& answer) const {
  const Rrset& ns = *find(*cut.node, RrType::kNs);
  for (const bool is_inside : {true, false}) {
    if (!is_inside && ns.rdata.size() > kMaxTargets) return;
    for (const Octets& rdata : ns.rdata) {
      const Name target = target_of(rdata, 0);
      if (!is_at_or_below(target, zone_->apex)) continue;
      if (is_at_or_below(target, cut.owner) != is_inside) continue;
      put_addresses(target, is_inside, answer);
    }
  }
}

// RFC 1034 4.3.2 step 6, for NS and MX (RFC 1035 3.3.9, 3.3.11), SRV (RFC 2782), SVCB and HTTPS
// (RFC 9460 4.1).
void Solver::put_targets(const Name& owner, RrType type, const Rrset& rrset,
                         Answer& answer) const {
  std::size_t at = 0;
  switch (type) {
    case RrType::kNs: break;
    case RrType::kMx:
    case RrType::kSvcb:
    case RrType::kHttps: at = 2; break;
    case RrType::kSrv: at = 6; break;
    default: return;
  }
  if (rrset.rdata.size() > kMaxTargets) return;
  const bool is_binding = type == RrType::kSvcb || type == RrType::kHttps;
  for (const Octets& rdata : rrset.rdata) {
    Name target = target_of(rdata, at);
    if (is_binding && target.empty()) target = owner;  // RFC 9460 2.5
    if (!is_at_or_below(target, zone_->apex)) continue;
    put_addresses(target, false, answer);
    const Node* const node = zone_->node(target);
    if (!is_binding || node == nullptr || is_below_dname(*zone_, target)) continue;
    if (const Rrset* const next = find(*node, type)) {
      put(answer, Section::kAdditional, target, type, *next, false);
    }
  }
}

// ---- The answer ---------------------------------------------------------------------------------

// Moves to the target of an alias. False: the chain ends there.
bool Solver::follow(const Name& target) {
  name_ = target;
  key_ = lower(target);
  zone_ = choose_zone(key_);
  // What could not be loaded is as if it were not ours, for what was found so far is an answer; the
  // zone above knows where to go on.
  while (zone_ != nullptr && !zone_->is_loaded()) {
    zone_ = zone_->apex.empty() ? nullptr
                                : nearest_zone(suffix(zone_->apex, zone_->apex.size() - 1));
  }
  if (zone_ == nullptr) return false;
  if (seen_.size() > kMaxAliases) return false;
  return seen_.insert(key_).second;  // RFC 1034 3.6.2: loops must not be followed for ever
}

// RFC 6672 3.2, 3.1: the DNAME, and a CNAME made from it, with its TTL and no signature.
bool Solver::follow_dname(const Place& place, Answer& answer) {
  const Rrset& dname = *find(*place.node, RrType::kDname);
  put(answer, Section::kAnswer, place.owner, RrType::kDname, dname, true);
  Name target;
  std::size_t at = 0;
  read_name(dname.rdata[0], at, target);
  target = below(target, Name(name_.begin() + static_cast<std::ptrdiff_t>(place.owner.size()),
                              name_.end()));
  if (wire_size(target) > kMaxName) {
    answer.rcode = 6;  // YXDOMAIN, RFC 6672 2.2
    return false;
  }
  Rrset cname;
  cname.ttl = dname.ttl;
  cname.rdata.push_back(to_wire(target));
  put(answer, Section::kAnswer, key_, RrType::kCname, cname, true);
  if (request_.qtype == RrType::kCname) return false;  // it is what was asked for
  return follow(target);
}

// What stands at the name of the type, or, of its signatures, as data.
void Solver::put_asked(Answer& answer, RrType type, const Rrset& rrset) const {
  if (request_.qtype == RrType::kAny) put(answer, Section::kAnswer, key_, type, rrset, true);
  else put_signatures(answer, key_, type, rrset);
}

// ANY and RRSIG. Over a stream: all there is. Else one RRset is enough (RFC 8482 4.1, 7), and each
// is as good as the other, so there is a choice of answers.
std::vector<Answer> Solver::answer_several(const Place& place, const Answer& so_far) const {
  const bool is_any = request_.qtype == RrType::kAny;
  std::map<RrType, const Rrset*> asked;
  for (const auto& [type, rrset] : *place.node) {
    if (is_any ? !rrset.rdata.empty() : !rrset.signatures.empty()) asked[type] = &rrset;
  }
  std::vector<Answer> answers;
  if (asked.empty()) {
    deny(place, false, answers.emplace_back(so_far));
  } else if (stream_) {
    Answer& all = answers.emplace_back(so_far);
    for (const auto& [type, rrset] : asked) put_asked(all, type, *rrset);
    for (const auto& [type, rrset] : asked) {
      if (is_any) put_targets(key_, type, *rrset, all);
    }
  } else {
    for (const auto& [type, rrset] : asked) {
      Answer& one = answers.emplace_back(so_far);
      put_asked(one, type, *rrset);
      if (is_any) put_targets(key_, type, *rrset, one);
    }
  }
  return answers;
}

// The data of an existing name, or of the wildcard that it is made from. True: go on at an alias.
bool Solver::answer_from(const Place& place, Answer& answer) {
  const RrType type = request_.qtype;
  if (type == RrType::kAny || type == RrType::kRrsig) {
    several_ = answer_several(place, answer);
    return false;
  }
  if (const Rrset* const rrset = find(*place.node, type)) {
    put(answer, Section::kAnswer, key_, type, *rrset, true);
    put_targets(key_, type, *rrset, answer);
    return false;
  }
  // RFC 1034 4.3.2 step 3a; RFC 4035 2.5: NSEC stands beside a CNAME.
  const Rrset* const cname = find(*place.node, RrType::kCname);
  if (cname == nullptr || type == RrType::kNsec) {
    deny(place, false, answer);
    return false;
  }
  put(answer, Section::kAnswer, key_, RrType::kCname, *cname, true);
  Name target;
  std::size_t at = 0;
  read_name(cname->rdata[0], at, target);
  return follow(target);
}

// Answers the name that was come to. True: go on at an alias.
bool Solver::answer_name(Answer& answer) {
  const Place place = find_place(*zone_, key_, request_.qtype);
  switch (place.standing) {
    case Standing::kReferral: refer(place, answer); return false;
    case Standing::kBelowDname: return follow_dname(place, answer);
    case Standing::kMissing: deny(place, true, answer); return false;
    case Standing::kWildcard: prove_expansion(place, answer); return answer_from(place, answer);
    case Standing::kExact: return answer_from(place, answer);
  }
  return false;
}

std::vector<Answer> Solver::solve() {
  Answer answer;
  name_ = request_.qname;
  key_ = lower(name_);
  zone_ = choose_zone(key_);
  if (zone_ == nullptr) {
    answer.rcode = 5;  // REFUSED: nothing of ours
    return {answer};
  }
  if (!zone_->is_loaded()) {
    answer.rcode = 2;  // SERVFAIL (RFC 1034 4.3.2 has nothing to answer from)
    return {answer};
  }
  first_zone_ = zone_;
  answer.authoritative = true;
  seen_.insert(key_);
  while (answer_name(answer)) {
  }
  if (several_.empty()) several_.push_back(std::move(answer));
  return several_;
}

}  // namespace bowline::oracle
