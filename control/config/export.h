// A configuration as text that load_config_text() reads back as the same configuration.
//
// Pure; any process, any thread. Sections in the order of the option table, entries in that of
// their identifiers, items in that of the table; so equal configurations give equal text.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "control/config/config.h"

namespace bowline::control::config {

std::string export_text(const Config& config);
// Hands the text to `write` in pieces of some KiB, for what is larger than memory should hold.
void export_text(const Config& config, const std::function<void(std::string_view)>& write);

}  // namespace bowline::control::config
