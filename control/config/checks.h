// Checks that need the whole configuration: identifiers, references, items that go together.
//
// Private to this folder; FileReader has checked each value on its own.
#pragma once

#include "control/config/problems.h"
#include "control/config/store.h"

namespace bowline::control::config {

// Builds the indices of the store and reports duplicate identifiers.
void index_store(Store& store, Problems& problems);

// REQUIRES: index_store().
void check_store(const Store& store, Problems& problems);

}  // namespace bowline::control::config
