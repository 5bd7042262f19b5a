// Rules between items: what must, or must not, be set together, and what the system must know.
//
// Private to this folder.
#pragma once

#include "control/config/problems.h"
#include "control/config/store.h"

namespace bowline::control::config {

// REQUIRES: index_store().
void check_rules(const Store& store, Problems& problems);

}  // namespace bowline::control::config
