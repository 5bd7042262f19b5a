// Effective values of items: what the file sets, else the template, else the default; and paths.
//
// Private to this folder.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "control/config/store.h"
#include "control/config/value.h"

namespace bowline::control::config {

// The values of an item in an entry (or none: nothing is set) of a section.
std::vector<Value> effective_values(const Store& store, const Section& section, Entry entry,
                                    const Option& option);

// Of this process; "/" if it cannot be told.
std::string current_directory();

// `path` if it is absolute, else below `base`.
std::string absolute_path(const std::string& base, const std::string& path);

}  // namespace bowline::control::config
