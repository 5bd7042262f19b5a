// DNSSEC for generated zones: RRSIGs of random octets, and true chains of NSEC or NSEC3.
//
// Tests only; pure functions.
#pragma once

#include "choices.h"
#include "zone.h"

namespace bowline::oracle {

enum class Scheme { kUnsigned, kNsec, kNsec3, kOptOut };
Scheme random_scheme(Choices& choices);

// Adds DNSKEY, RRSIG and the chain of `scheme` to the records of an unsigned zone.
void sign(Choices& choices, Scheme scheme, const Name& apex, std::vector<Record>& records);

}  // namespace bowline::oracle
