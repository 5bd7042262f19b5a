// Checks of records that speak of keys: DS, NSEC3PARAM, CDS and CDNSKEY (semantic-checks: on). They
// need no signature and no clock.
//
// Any thread of control.
#pragma once

#include <vector>

#include "control/store/zone_checks.h"

namespace bowline::control::store {

// Adds to `findings`, which holds at most kMaxFindings, what is wrong with these records of `node`.
void check_key_records(zones::Base base, const zones::Zone& zone, const zones::Node& node,
                       std::vector<Finding>& findings);

}  // namespace bowline::control::store
