// Digest: an RRset as one number that does not depend on the order of its records, so that what is
// expected of millions of answers takes eight octets each.
//
// Numbers are the same within a process only. Pure functions.
#pragma once

#include <cstdint>

#include "dns/name.h"
#include "dns/rr_type.h"
#include "dns/wire.h"

namespace bowline::perf::pktgen {

// A number for owner (in any case) and type.
std::uint64_t digest_key(dns::NameView owner, dns::RrType type);
// One for the record: names in old types in any case. The digest of an RRset is the sum over its
// records, each different one once. REQUIRES: dns::check_rdata(type, rdata).
std::uint64_t digest_record(std::uint64_t key, dns::RrType type, dns::Bytes rdata);

}  // namespace bowline::perf::pktgen
