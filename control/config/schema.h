// The option table as JSON Schema (2020-12) of a whole configuration, and a configuration as the
// JSON that it describes.
//
//   { "server": { "listen": ["192.0.2.1@53"] }, "zone": [ { "domain": "example.", ... } ], ... }
//
// A section with entries is an array of objects, any other one an object. An item with several
// values is an array, else one value: a number, true or false, or text as in the file. The schema
// tells types, bounds and words; what needs the whole configuration (references that exist,
// duplicates, rules between items) only a load checks. `x-since`, `x-restart`, `x-effective`,
// `x-reference` and `x-default` beside an item say what JSON Schema has no word for.
//
// Pure; any process, any thread. Called for `bowlinec conf-export +schema`, REST and by the build.
#pragma once

#include <string>

#include "control/config/config.h"

namespace bowline::control::config {

// Indented, with a final line end.
std::string json_schema();

// What `config` sets, without defaults; valid by json_schema(). Indented, with a final line end;
// octets that are no UTF-8 become U+FFFD.
std::string to_json(const Config& config);

}  // namespace bowline::control::config
