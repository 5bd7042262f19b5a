// Rules between items: what excludes what, what demands what.
//
// Private to this folder.
#pragma once

#include "control/config/problems.h"
#include "control/config/store.h"

namespace bowline::control::config {

// Those that one entry of a section with entries can break by itself.
void check_entry_rules(const Store& store, const Section& section, Entry entry,
                       Problems& problems);
// Those of the sections without entries, each and together.
void check_single_rules(const Store& store, Problems& problems);

// Rules of what a zone and its template set together: one zone, or all.
void check_zone(const Store& store, Entry zone, Problems& problems);
void check_zones(const Store& store, Problems& problems);
// Whether any zone or template sets what these are about; else there is nothing to check.
bool has_zone_rules(const Store& store);

}  // namespace bowline::control::config
