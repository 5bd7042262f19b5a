#include "zones/zone_block.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "zones/hash_writer.h"
#include "zones/node_encoder.h"
#include "zones/reader.h"
#include "zones/tree.h"
#include "zones/tree_writer.h"

namespace bowline::zones {

namespace {

constexpr std::size_t kLine = 64;
constexpr std::size_t kSoaNumbers = 20;  // serial, refresh, retry, expire, minimum

// RFC 2308 5: a negative answer lives for the lesser of the SOA's TTL and its MINIMUM field.
Ref make_negative_soa(Edit& edit, const Rrset& soa) {
  const std::size_t size = sizeof(FarBody) + soa.records.size() + soa.signatures.size();
  const Ref ref = edit.allocate(size);
  FarBody& body = *edit.at<FarBody>(ref);
  body = {soa.count, soa.sig_count, static_cast<std::uint32_t>(soa.records.size()),
          static_cast<std::uint32_t>(soa.signatures.size())};
  std::memcpy(body.octets(), soa.records.data(), soa.records.size());
  if (!soa.signatures.empty()) {
    std::memcpy(body.octets() + body.size, soa.signatures.data(), soa.signatures.size());
  }
  const std::uint32_t minimum = dns::load_u32(body.octets() + body.size - 4);
  const std::uint32_t ttl = std::min(soa.ttl(), minimum);
  dns::store_u32(body.octets() + 6, ttl);
  for (std::uint32_t at = body.size; at < body.size + body.sig_size;) {
    dns::store_u32(body.octets() + at + 6, ttl);
    at += static_cast<std::uint32_t>(kRecordHead) + dns::load_u16(body.octets() + at + 10);
  }
  return ref;
}

struct Nsec3Parameters {
  bool usable = false;
  std::uint16_t iterations = 0;
  dns::Bytes salt;
};

// RFC 5155 4.1, 12.1.3: of several, any one with a known algorithm and flags of zero serves.
Nsec3Parameters nsec3_parameters(Base base, const Node& apex) {
  constexpr std::uint8_t kSha1 = 1;
  Nsec3Parameters found;
  for_each_record(find_rrset(base, apex, dns::RrType::kNsec3Param).records,
                  [&](dns::Bytes rdata, std::uint32_t) {
                    if (found.usable || rdata[0] != kSha1 || rdata[1] != 0) return;
                    found = {true, dns::load_u16(rdata.data() + 2), rdata.subspan(5, rdata[4])};
                  });
  return found;
}

// Whole cache lines, for the bucket of a zone is read as such.
std::uint32_t block_size(const Zone& zone) {
  const std::size_t size = zone.plan_offset() + zone.plan_size * sizeof(PlanStep);
  return static_cast<std::uint32_t>((size + kLine - 1) / kLine * kLine);
}

}  // namespace

Ref finish_zone(Edit& edit, const Zone& from, dns::NameView apex, std::span<const PlanStep> plan) {
  assert(plan.size() <= kMaxPlanSteps);
  Zone draft = from;
  const Base base = edit.base();
  const Node& node = *base.at<Node>(draft.apex_node);
  const Rrset soa = find_rrset(base, node, dns::RrType::kSoa);
  const Nsec3Parameters nsec3 = nsec3_parameters(base, node);
  if (draft.negative_soa != 0) {
    const FarBody& old = *base.at<FarBody>(draft.negative_soa);
    edit.discard(draft.negative_soa, sizeof(FarBody) + old.size + old.sig_size);
  }
  if (soa) {
    draft.negative_soa = make_negative_soa(edit, soa);
    draft.serial = dns::load_u32(soa.records.data() + soa.records.size() - kSoaNumbers);
  }
  draft.flags &= kZoneAbsent;
  if (find_rrset(base, node, dns::RrType::kNsec)) draft.flags |= kZoneNsec;
  if (nsec3.usable && draft.nsec3 != 0) draft.flags |= kZoneNsec3;
  draft.nsec3_iterations = nsec3.iterations;
  draft.salt_size = static_cast<std::uint8_t>(nsec3.salt.size());
  draft.apex_size = static_cast<std::uint8_t>(apex.size());
  draft.apex_depth = static_cast<std::uint8_t>(apex.depth());
  draft.plan_size = static_cast<std::uint8_t>(plan.size());
  draft.size = block_size(draft);

  const Ref ref = edit.allocate(draft.size);
  auto* const octets = edit.at<std::uint8_t>(ref);
  std::memset(octets, 0, draft.size);
  std::memcpy(octets, &draft, sizeof draft);
  const dns::Name folded = dns::Name(apex).lower();
  std::memcpy(octets + sizeof draft, folded.data(), folded.size());
  if (!nsec3.salt.empty()) {
    std::memcpy(octets + sizeof draft + folded.size(), nsec3.salt.data(), nsec3.salt.size());
  }
  if (!plan.empty()) std::memcpy(octets + draft.plan_offset(), plan.data(), plan.size_bytes());
  return ref;
}

void for_each_zone_block(Base base, Ref ref, const std::function<void(Ref, std::size_t)>& visit) {
  const Zone& zone = *base.at<Zone>(ref);
  for (const Ref tree : {zone.order, zone.nsec3}) {
    if (tree == 0) continue;
    TreePath path;
    for (const Node* node = tree_first(base, tree, path); node != nullptr;
         node = tree_next(base, path)) {
      const TreePath::Step& leaf = path.step[path.levels - 1];
      for_each_node_block(base, base.at<TreeBlock>(leaf.block)->entries()[leaf.index].ref, visit);
    }
    for_each_tree_block(base, tree, visit);
  }
  for_each_index_block(base, zone.names, visit);
  if (zone.negative_soa != 0) {
    const FarBody& soa = *base.at<FarBody>(zone.negative_soa);
    visit(zone.negative_soa, sizeof(FarBody) + soa.size + soa.sig_size);
  }
  visit(ref, zone.size);
}

}  // namespace bowline::zones
