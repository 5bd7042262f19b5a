// Whole files as text.
//
// Private to this folder.
#pragma once

#include <string>

#include "dns/result.h"

namespace bowline::control::config {

// The error says why, without the path.
dns::Result<std::string> read_whole_file(const std::string& path);

}  // namespace bowline::control::config
