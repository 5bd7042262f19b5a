// Rdata in octets, for the generators.
//
// Tests only; pure functions.
#pragma once

#include <initializer_list>
#include <set>

#include "choices.h"
#include "zone.h"

namespace bowline::oracle {

Octets u8(std::size_t value);
Octets u16(std::size_t value);
Octets u32(std::size_t value);
Octets random_octets(Choices& choices, std::size_t size);

// Rdata of `type` with `target` where the type has a name; RRSIG, NSEC and the like are made by the
// signer. REQUIRES: the type is one that random_type() gives, or NS, CNAME, DNAME, DS.
Octets make_rdata(Choices& choices, RrType type, const Name& target);
// A type of data that may stand beside others.
RrType random_type(Choices& choices);

// RFC 4034 4.1.2.
Octets type_bitmap(const std::set<RrType>& types);

}  // namespace bowline::oracle
