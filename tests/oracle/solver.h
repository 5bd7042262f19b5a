// The part of the oracle that finds data: RFC 1034 4.3.2 with what RFC 4035, 4592, 6604 and 6672
// made of it.
//
// Tests only; one thread an object.
#pragma once

#include <functional>
#include <set>

#include "answer.h"

namespace bowline::oracle {

// Aliases that are followed after the question (RFC 1034 3.6.2 wants a limit and names none).
inline constexpr unsigned kMaxAliases = 11;
// More targets than this get no addresses, unless the addresses are glue that has to be there.
inline constexpr std::size_t kMaxTargets = 13;

class Solver {
 public:
  Solver(const Zones& zones, const Request& request, bool stream)
      : zones_(zones), request_(request), stream_(stream) {}

  // The answers to a question of class IN for data.
  std::vector<Answer> solve();
  // Of the question's name, not of what an alias leads to; null: none that could be loaded.
  const Zone* zone_of_question() const { return first_zone_; }

 private:
  enum class Standing { kExact, kMissing, kWildcard, kReferral, kBelowDname };
  // Where RFC 1034 4.3.2 step 3 ends in one zone.
  struct Place {
    Standing standing;
    Name owner;        // kExact: the name; kReferral: the owner of NS; kBelowDname: of DNAME
    Name encloser;     // kMissing, kWildcard: the closest encloser
    const Node* node;  // kExact, kWildcard, kReferral, kBelowDname
  };

  const Zone* nearest_zone(const Name& name) const;
  const Zone* choose_zone(const Name& name) const;
  static Place find_place(const Zone& zone, const Name& name, RrType type);

  bool answer_name(Answer& answer);
  bool answer_from(const Place& place, Answer& answer);
  bool follow(const Name& target);
  bool follow_dname(const Place& place, Answer& answer);
  void put_asked(Answer& answer, RrType type, const Rrset& rrset) const;
  std::vector<Answer> answer_several(const Place& place, const Answer& so_far) const;
  void refer(const Place& place, Answer& answer);
  void deny(const Place& place, bool is_name_missing, Answer& answer) const;

  void put(Answer& answer, Section section, const Name& owner, RrType type, const Rrset& rrset,
           bool is_required) const;
  void put_signatures(Answer& answer, const Name& owner, RrType type, const Rrset& rrset) const;
  void put_soa(Answer& answer) const;
  void put_glue(const Place& cut, Answer& answer) const;
  void put_targets(const Name& owner, RrType type, const Rrset& rrset, Answer& answer) const;
  void put_addresses(const Name& target, bool is_required, Answer& answer) const;

  // denial.cpp
  void prove_expansion(const Place& place, Answer& answer) const;
  void prove_no_data(const Place& place, Answer& answer) const;
  void prove_no_name(const Place& place, Answer& answer) const;
  void prove_no_ds(const Place& place, Answer& answer) const;
  bool has_nsec() const;
  bool has_nsec3() const;
  void put_nsec(const Name& name, Answer& answer) const;
  void put_nsec3(const Octets& hash, const Rrset& rrset, Answer& answer) const;
  bool put_matching(const Name& name, Answer& answer) const;
  void put_covering(const Name& name, Answer& answer) const;
  Name put_closest_encloser(Name encloser, Answer& answer) const;

  const Zones& zones_;
  const Request& request_;
  const bool stream_;
  const Zone* zone_ = nullptr;  // of the name now looked up
  const Zone* first_zone_ = nullptr;
  Name name_;                   // that name, in the case it is answered in
  Name key_;                    // the same in lower case
  std::set<Name> seen_;         // the names of the chain
  std::vector<Answer> several_;  // what to choose from, once there is a choice
};

}  // namespace bowline::oracle
