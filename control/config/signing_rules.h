// Rules between the items of a signing policy, and between those of a zone that say how its
// contents come about: what cannot work together is refused before it takes effect.
//
// Private to this folder; any thread.
#pragma once

#include "control/config/problems.h"
#include "control/config/store.h"

namespace bowline::control::config {

void check_policy_rules(const Store& store, Entry policy, Problems& problems);

// The zone's settings with those of its template.
void check_zone_rules(const Store& store, Entry zone, Problems& problems);
// Whether any zone or template sets what these rules are about; else all zones keep them.
bool uses_zone_rules(const Store& store);

}  // namespace bowline::control::config
