// Addresses of the configuration as text: with ports, as blocks and ranges, and paths of sockets.
//
// Pure; any process, any thread.
#pragma once

#include <string_view>

#include "control/config/option.h"
#include "control/config/value.h"
#include "dns/result.h"

namespace bowline::control::config {

// REQUIRES: type is one of kAddress, kSocket, kDevice, kRange, kRangeOrPath. The error says what is
// allowed.
dns::Result<Value> parse_address_value(Type type, std::string_view text);

}  // namespace bowline::control::config
