// Semantic checks of a whole zone (the manual's option semantic-checks), on the tables just built.
//
// Any thread of control; one zone at a time in each.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "zones/reader.h"

namespace bowline::control::store {

inline constexpr std::size_t kMaxFindings = 20;  // of each kind: what a person reads in one go

struct Findings {
  std::vector<std::string> fatal;      // not even `soft` loads such a zone
  std::vector<std::string> mandatory;  // the zone is not loaded, with `soft` it is
  std::vector<std::string> extra;      // warnings; only with `want_extra`
};

Findings check_zone_contents(zones::Base base, const zones::Zone& zone, bool want_extra,
                             const dns::HashKey& secret);

}  // namespace bowline::control::store
