// Questions of a zone file, with what their answers have to hold.
//
//   existing    each RRset that the zone is authoritative for: RCODE 0, AA, its records
//   delegation  a name below each cut: RCODE 0, no AA, the NS records of the cut in authority
//   nxdomain    made-up names below the apex: NXDOMAIN, AA, the SOA in authority
//
// RRSIG, NSEC and NSEC3 are not asked for. Reading takes memory for all RRsets; one thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dns/name.h"
#include "dns/result.h"
#include "perf/pktgen/plan.h"
#include "perf/pktgen/question_set.h"

namespace bowline::perf::pktgen {

enum class Kind : std::uint8_t { kExisting, kDelegation, kNxdomain };
inline constexpr std::size_t kKinds = 3;

struct ZoneSource {
  QuestionSet questions;
  std::vector<std::uint64_t> digests;  // by question: of the RRset named above; see digest.h
  std::array<Pool, kKinds> pools;      // by Kind, in this order; weights are the caller's
  dns::Name apex;

  // REQUIRES: question < questions.size().
  Kind kind_of(std::uint32_t question) const;
};

// Reads a zone, whose apex is the owner of its SOA. `origin`: for names without a final dot; empty:
// the name of the file without .zone. Error: file, line and cause.
dns::Result<ZoneSource> read_zone_source(const std::string& path, const std::string& origin);
dns::Result<ZoneSource> read_zone_source_text(std::string_view text, const std::string& name,
                                              const dns::Name& origin);

}  // namespace bowline::perf::pktgen
