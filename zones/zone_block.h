// What builder and writer share: completing the Zone block from its apex, and taking zones apart.
#pragma once

#include <functional>

#include "zones/edit.h"
#include "zones/format.h"

namespace bowline::zones {

// The octets that the block of a zone takes; whole cache lines, for its bucket is read as such.
std::size_t zone_block_size(std::size_t apex_size, std::size_t salt_size);

// Makes the Zone block of `draft`, whose trees and index are complete. What follows from the apex
// (negative SOA, serial, denial flags, NSEC3 parameters) is filled in. REQUIRES: a SOA at the apex.
Ref finish_zone(Edit& edit, const Zone& draft, dns::NameView apex);

// Calls visit(Ref, size) for every block of a zone, the Zone itself last.
void for_each_zone_block(Base base, Ref zone, const std::function<void(Ref, std::size_t)>& visit);

}  // namespace bowline::zones
