// The proofs of the oracle: RFC 4035 3.1.3 with NSEC, RFC 5155 7.2 with NSEC3.
#include "solver.h"

namespace bowline::oracle {

namespace {

// The most that RFC 5155 10.3 allows.
constexpr unsigned kMaxIterations = 2500;

}  // namespace

bool Solver::has_nsec3() const {
  return zone_->nsec3_parameters && zone_->nsec3_parameters->iterations <= kMaxIterations;
}

bool Solver::has_nsec() const {
  return !zone_->nsec3_parameters &&
         find(*zone_->node(zone_->apex), RrType::kNsec) != nullptr;
}

// ---- NSEC ---------------------------------------------------------------------------------------

// The NSEC of the name, or the last one before it, which covers it (RFC 4034 4.1.1, 6.1).
void Solver::put_nsec(const Name& name, Answer& answer) const {
  auto at = zone_->nodes.upper_bound(name);
  while (at != zone_->nodes.begin()) {
    --at;
    const Rrset* const nsec = find(at->second, RrType::kNsec);
    if (nsec == nullptr) continue;
    put(answer, Section::kAuthority, at->first, RrType::kNsec, *nsec, true);
    return;
  }
}

// ---- NSEC3 --------------------------------------------------------------------------------------

void Solver::put_nsec3(const Octets& hash, const Rrset& rrset, Answer& answer) const {
  put(answer, Section::kAuthority, below(zone_->apex, base32hex(hash)), RrType::kNsec3, rrset,
      true);
}

bool Solver::put_matching(const Name& name, Answer& answer) const {
  const Nsec3Parameters& parameters = *zone_->nsec3_parameters;
  const Octets hash = nsec3_hash(name, parameters.salt, parameters.iterations);
  const auto at = zone_->nsec3.find(hash);
  if (at == zone_->nsec3.end()) return false;
  put_nsec3(at->first, at->second, answer);
  return true;
}

// RFC 5155 1.3: the last hash before that of the name; the last of all covers what is before the
// first.
void Solver::put_covering(const Name& name, Answer& answer) const {
  const Nsec3Parameters& parameters = *zone_->nsec3_parameters;
  const Octets hash = nsec3_hash(name, parameters.salt, parameters.iterations);
  if (zone_->nsec3.empty() || zone_->nsec3.contains(hash)) return;
  auto at = zone_->nsec3.lower_bound(hash);
  if (at == zone_->nsec3.begin()) at = zone_->nsec3.end();
  --at;
  put_nsec3(at->first, at->second, answer);
}

// RFC 5155 7.2.1, for the name now looked up: the closest encloser matched, and the next closer
// name covered. Under opt-out the encloser may have no NSEC3: then the closest provable one.
Name Solver::put_closest_encloser(Name encloser, Answer& answer) const {
  while (!put_matching(encloser, answer) && encloser.size() > zone_->apex.size()) {
    encloser.pop_back();
  }
  put_covering(suffix(key_, encloser.size() + 1), answer);
  return encloser;
}

// ---- What is proved -----------------------------------------------------------------------------

// RFC 4035 3.1.3.3, RFC 5155 7.2.6: there is no closer match than the wildcard.
void Solver::prove_expansion(const Place& place, Answer& answer) const {
  if (!request_.dnssec_ok) return;
  if (has_nsec()) put_nsec(key_, answer);
  if (has_nsec3()) put_covering(suffix(key_, place.encloser.size() + 1), answer);
}

// RFC 4035 3.1.3.1 and 3.1.3.4, RFC 5155 7.2.3 to 7.2.5.
void Solver::prove_no_data(const Place& place, Answer& answer) const {
  if (!request_.dnssec_ok) return;
  const bool is_wildcard = place.standing == Standing::kWildcard;
  const Name wildcard = below(place.encloser, "*");
  if (has_nsec()) put_nsec(is_wildcard ? wildcard : key_, answer);
  if (!has_nsec3()) return;
  if (is_wildcard) {
    if (put_closest_encloser(place.encloser, answer) == place.encloser) {
      put_matching(wildcard, answer);
    }
  } else if (!put_matching(key_, answer) && key_.size() > zone_->apex.size()) {
    put_closest_encloser(suffix(key_, key_.size() - 1), answer);
  }
}

// RFC 4035 3.1.3.2, RFC 5155 7.2.2: neither the name nor a wildcard for it.
void Solver::prove_no_name(const Place& place, Answer& answer) const {
  if (!request_.dnssec_ok) return;
  if (has_nsec()) {
    put_nsec(key_, answer);
    put_nsec(below(place.encloser, "*"), answer);
  }
  if (has_nsec3()) put_covering(below(put_closest_encloser(place.encloser, answer), "*"), answer);
}

// RFC 4035 3.1.4, RFC 5155 7.2.7: the delegation has no DS.
void Solver::prove_no_ds(const Place& place, Answer& answer) const {
  if (has_nsec()) put_nsec(place.owner, answer);
  if (!has_nsec3() || put_matching(place.owner, answer)) return;
  put_closest_encloser(suffix(place.owner, place.owner.size() - 1), answer);
}

}  // namespace bowline::oracle
