// Walks over the settings of a configuration as they are written.
//
// Pure; any process, any thread.
#pragma once

#include <functional>
#include <string_view>

#include "control/config/compare.h"
#include "control/config/config.h"
#include "control/config/path.h"

namespace bowline::control::config {

// Gets each setting; false ends the walk. The views live during the call.
using Visitor = std::function<bool(const Section& section, std::string_view id,
                                   const Option& option, const Setting& setting)>;

// Calls `visitor` for each item that is set within `path`, in the order of sections, identifiers,
// items of the table. Each entry begins with its identifying item, whose one value is the
// identifier. An entry or section that does not exist has nothing to visit.
void visit(const Config& config, const ItemPath& path, const Visitor& visitor);

// Whether the section is there (without an id) or the entry is.
bool exists(const Config& config, const Section& section, std::string_view id);

}  // namespace bowline::control::config
