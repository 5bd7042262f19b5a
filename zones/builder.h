// ZoneBuilder: a whole zone from its records, in any order; quick when owners come in groups.
//
// Control; one thread a builder. Records are collected in plain memory first (record_log.h), then
// sorted once and written into the tables in one pass.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "dns/name_key.h"
#include "dns/result.h"
#include "dns/rr_type.h"
#include "zones/draft.h"
#include "zones/record_log.h"

namespace bowline::zones {

class ZoneBuilder {
 public:
  ZoneBuilder(Arena& arena, const dns::HashKey& secret, dns::NameView apex,
              std::uint16_t rr_class = 1);

  // Adds one record with checked uncompressed rdata. False: the owner is not at or below the apex.
  bool add(dns::NameView owner, dns::RrType type, std::uint32_t ttl, dns::Bytes rdata);

  // The query plan of the zone; none without this. REQUIRES: plan.size() <= kMaxPlanSteps.
  void set_plan(std::span<const PlanStep> plan) { plan_.assign(plan.begin(), plan.end()); }

  // Writes the zone. Duplicate records count once. Fails without a SOA at the apex, or when the
  // tables are full. The builder is empty afterwards.
  dns::Result<ZoneDraft> build();

 private:
  void build_names(Edit& edit, Zone& zone);
  void build_nsec3(Edit& edit, Zone& zone);

  Arena& arena_;
  const dns::HashKey secret_;
  const dns::Name apex_;
  const std::uint16_t rr_class_;
  RecordLog names_{false};
  RecordLog nsec3_{true};
  std::vector<PlanStep> plan_;
};

}  // namespace bowline::zones
