// Checks that need the whole configuration: references, items that go together.
//
// Private to this folder; each value was checked on its own before.
#pragma once

#include "control/config/problems.h"
#include "control/config/store.h"

namespace bowline::control::config {

void check_store(const Store& store, Problems& problems);

// What can be wrong with `after` if `before` was right: entries that differ, references to entries
// that went, rules of what changed. Costs what the difference costs; where an entry went that
// others may refer to, those are searched.
void check_change(const Store& before, const Store& after, Problems& problems);

}  // namespace bowline::control::config
