// Walker: checks every rule of the format over a whole version; after a load and in tests.
//
// Control; any thread that may read the version. A wrong version is a bug of ours: it is reported,
// never published.
#pragma once

#include <optional>
#include <string>

#include "dns/name_key.h"
#include "zones/reader.h"

namespace bowline::zones {

// Returns what is wrong with the zone, or nothing: names in order and in the index, nodes well
// formed, records valid and in canonical order, cuts, wildcard marks and empty non-terminals as
// the names say.
std::optional<std::string> check_zone(Base base, const Zone& zone, const dns::HashKey& secret);

// The same for the directory and, if `with_zones`, for every zone in it.
std::optional<std::string> check_version(View view, const dns::HashKey& secret, bool with_zones);

}  // namespace bowline::zones
