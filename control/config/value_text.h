// From the text of a scalar to a typed value, by the kind that the option's row names.
//
// Pure; any process, any thread. References and users are not resolved here: see checks.h.
#pragma once

#include <string_view>

#include "control/config/option.h"
#include "control/config/value.h"
#include "dns/result.h"

namespace bowline::control::config {

// The error completes the sentence "section.item: ...": what was found and what is allowed.
dns::Result<Value> parse_value(const Kind& kind, std::string_view text);

}  // namespace bowline::control::config
