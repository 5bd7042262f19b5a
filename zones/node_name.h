// The absolute name of a node as the hash index needs it, and the owners of NSEC3 records.
#pragma once

#include <span>

#include "dns/name_key.h"
#include "zones/format.h"
#include "zones/reader.h"

namespace bowline::zones {

// The hash under which the index files the node. REQUIRES: not a node of the NSEC3 tree.
std::uint64_t node_hash(const Node& node, dns::NameView apex, const dns::HashKey& secret);

// Whether `owner`, relative to the apex, is one label of 32 base32hex digits (RFC 5155 3); then
// `hash` is what they say.
bool nsec3_owner_hash(dns::Bytes owner, std::span<std::uint8_t, kNsec3HashSize> hash);

}  // namespace bowline::zones
