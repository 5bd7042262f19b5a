// ZoneWriter: changes to the records of one zone, by copy-on-write.
//
// Control; one writer a zone at a time. Records are added and removed one by one or by RRset;
// nothing is seen by anybody until the draft of finish() is published, all at once. What an update
// costs is what it changes: a node, a page of the index, a path of the ordered index.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "dns/name_key.h"
#include "dns/result.h"
#include "dns/rr_type.h"
#include "zones/draft.h"
#include "zones/hash_writer.h"
#include "zones/node_encoder.h"
#include "zones/tree_writer.h"

namespace bowline::zones {

class ZoneWriter {
 public:
  // Starts from the published version `zone`, which must stay published until finish()'s draft is.
  ZoneWriter(Arena& arena, const dns::HashKey& secret, const Zone& zone);

  // Adds a record with checked uncompressed rdata. A duplicate changes nothing; a SOA replaces the
  // SOA; an RRset has one TTL, the lowest given. Error: the owner is outside the zone.
  dns::Result<void> add(dns::NameView owner, dns::RrType type, std::uint32_t ttl, dns::Bytes rdata);
  // Removes one record, or the RRset with its RRSIGs. Returns whether anything was there.
  dns::Result<bool> remove(dns::NameView owner, dns::RrType type, dns::Bytes rdata);
  dns::Result<bool> remove_rrset(dns::NameView owner, dns::RrType type);
  // Puts these records in place of the RRset; its RRSIGs go, for they no longer hold.
  dns::Result<void> replace_rrset(dns::NameView owner, dns::RrType type, std::uint32_t ttl,
                                  std::span<const dns::Bytes> rdata);

  // Puts this query plan in place of the zone's. REQUIRES: plan.size() <= kMaxPlanSteps.
  void set_plan(std::span<const PlanStep> plan) { plan_.assign(plan.begin(), plan.end()); }

  // Completes the new version. Fails if the apex has no SOA, or the tables are full; then nothing
  // has happened. The writer is spent either way.
  dns::Result<ZoneDraft> finish();

 private:
  using Change = std::function<bool(std::vector<StoredRecord>&)>;

  dns::Result<bool> change(dns::NameView owner, dns::RrType type, dns::Bytes rdata,
                           const Change& change);
  bool change_node(dns::Bytes owner, const Change& change);
  bool change_nsec3(dns::Bytes hash, const Change& change);
  StoredRecord store(dns::RrType type, std::uint32_t ttl, dns::Bytes rdata);

  HashWriter names();
  Ref find(dns::Bytes owner) const;
  std::uint64_t hash_of(dns::Bytes owner) const;
  std::uint8_t cut_depth_of(dns::Bytes owner, bool is_cut) const;
  bool has_names_below(dns::Bytes owner) const;
  void put_node(dns::Bytes owner, Ref old, std::uint8_t flags);
  void erase_node(dns::Bytes owner, Ref old);
  void add_missing_parents(dns::Bytes owner);
  void remove_empty_parents(dns::Bytes owner);
  void set_wildcard_flag(dns::Bytes parent, bool has_wildcard);
  void renew_cut_depths(dns::Bytes owner);
  void replace_node(dns::Bytes owner, Ref old, Ref node);
  void discard_node(Ref node);

  dns::HashKey secret_;
  dns::Name apex_;
  Edit edit_;
  Zone zone_;
  Ref old_zone_;
  std::vector<PlanStep> plan_;
  NodeEncoder encoder_;
  std::vector<std::vector<std::uint8_t>> stored_;  // the octets of added records, until finish()
};

}  // namespace bowline::zones
