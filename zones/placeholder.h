// Placeholder: a version of a zone that is ours, but of which there is no content to answer from.
//
// Control; any thread. It keeps queries below the apex from being answered by the zone above it, or
// as if nobody here knew the name: they get SERVFAIL (flag kZoneAbsent) until the zone is loaded.
#pragma once

#include <cstdint>

#include "dns/name_key.h"
#include "dns/result.h"
#include "zones/draft.h"
#include "zones/heap.h"

namespace bowline::zones {

// The draft of such a zone: an apex without records and nothing else. Fails if the tables are full.
dns::Result<ZoneDraft> make_placeholder(Arena& arena, const dns::HashKey& secret,
                                        dns::NameView apex, std::uint16_t rr_class = 1);

}  // namespace bowline::zones
