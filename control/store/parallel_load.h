// Loading many zones with several threads, and telling how far it is.
//
// Called by the store's thread; returns when all are done.
#pragma once

#include <cstddef>
#include <vector>

#include "control/config/config.h"
#include "control/store/load_progress.h"
#include "control/store/tables.h"
#include "control/store/zone_loader.h"

namespace bowline::control::store {

// Loads the zones at `indices` of the configuration; the results are in the same order.
std::vector<LoadedZone> parallel_load(const config::Config& config,
                                      const std::vector<std::size_t>& indices, unsigned threads,
                                      Tables& tables, LoadProgress& progress);

}  // namespace bowline::control::store
