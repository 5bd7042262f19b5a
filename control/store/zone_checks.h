// Semantic checks of a whole zone (the manual's option semantic-checks), on the tables just built.
// That there is a SOA is checked by zones::ZoneBuilder.
//
// Any thread of control; one zone at a time in each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "zones/reader.h"

namespace bowline::control::store {

inline constexpr std::size_t kMaxFindings = 20;  // of each kind: what a person reads in one go

// A broken rule, and the record that breaks it.
struct Finding {
  dns::Name owner;
  dns::RrType type{};               // kAnyRecord: any of the owner
  std::vector<std::uint8_t> rdata;  // empty: any of that type
  std::string text;                 // what is wrong, and the RFC
};
inline constexpr dns::RrType kAnyRecord{};

struct Findings {
  std::vector<Finding> mandatory;  // the zone is not loaded, with `soft` it is
  std::vector<Finding> extra;      // warnings; only with `want_extra`
};

Findings check_zone_contents(zones::Base base, const zones::Zone& zone, bool want_extra,
                             const dns::HashKey& secret);

}  // namespace bowline::control::store
