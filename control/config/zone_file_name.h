// Names of zone files: the formatters of zone.file.
//
//   %s        the zone's name without its final dot (the root: nothing)
//   %c[N]     character N of the name with all its dots, counted from 0; %c[N-M]: N to M
//   %l[N]     label N, counted from the right, 0 is the top-level domain
//   %%        a percent sign
// What does not exist is left out. No name of a zone leaves the directory: a slash within a label
// becomes an underscore, a component "." or ".." that characters of a name make becomes \046 or
// \046\046, and a relative pattern stays a relative path.
//
// Pure; any process, any thread.
#pragma once

#include <string>
#include <string_view>

#include "dns/name.h"
#include "dns/result.h"

namespace bowline::control::config {

dns::Result<void> check_zone_file_name(std::string_view pattern);

// REQUIRES: check_zone_file_name(pattern).
std::string expand_zone_file_name(std::string_view pattern, dns::NameView zone);

}  // namespace bowline::control::config
