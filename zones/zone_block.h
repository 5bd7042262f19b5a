// What builder and writer share: completing the Zone block from its apex, and taking zones apart.
#pragma once

#include <functional>
#include <span>

#include "zones/edit.h"
#include "zones/format.h"

namespace bowline::zones {

// Makes the Zone block of `draft`, whose trees and index are complete. What follows from the apex
// (negative SOA, serial, denial flags, NSEC3 parameters) is filled in. REQUIRES: a SOA at the apex,
// unless draft.flags has kZoneAbsent; plan.size() <= kMaxPlanSteps.
Ref finish_zone(Edit& edit, const Zone& draft, dns::NameView apex, std::span<const PlanStep> plan);

// Calls visit(Ref, size) for every block of a zone, the Zone itself last.
void for_each_zone_block(Base base, Ref zone, const std::function<void(Ref, std::size_t)>& visit);

}  // namespace bowline::zones
