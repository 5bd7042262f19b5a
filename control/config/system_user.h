// Users and groups of the system, by name.
//
// Private to this folder; reads the system's databases. Any thread.
#pragma once

#include <string_view>

#include "control/config/config.h"
#include "dns/result.h"

namespace bowline::control::config {

// REQUIRES: text is USER or USER:GROUP. Without a group, it is the user's own.
dns::Result<User> find_system_user(std::string_view text);

}  // namespace bowline::control::config
