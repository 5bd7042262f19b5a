#include "zones/node_encoder.h"

#include <algorithm>
#include <cstring>
#include <tuple>

#include "dns/rdata.h"
#include "zones/reader.h"

namespace bowline::zones {

namespace {

std::size_t padded(std::size_t size) { return (size + 1) & ~std::size_t{1}; }

bool sorts_before(const StoredRecord& a, const StoredRecord& b) {
  const auto rank = [](const StoredRecord& r) { return std::pair(r.type, r.signature); };
  if (rank(a) != rank(b)) return rank(a) < rank(b);
  const dns::RrType type = a.signature ? dns::RrType::kRrsig : a.type;
  return dns::compare_canonical_rdata(type, a.rdata(), b.rdata()) < 0;
}

// REQUIRES: b does not sort before a.
bool same_record(const StoredRecord& a, const StoredRecord& b) { return !sorts_before(a, b); }

void add_block(dns::Bytes block, std::vector<StoredRecord>& records) {
  for (const std::uint8_t *at = block.data(), *end = at + block.size(); at < end;) {
    records.push_back(stored_record(at));
    at += records.back().size;
  }
}

}  // namespace

StoredRecord stored_record(const std::uint8_t* at) {
  const auto type = static_cast<dns::RrType>(dns::load_u16(at + 2));
  const auto size = static_cast<std::uint32_t>(kRecordHead + dns::load_u16(at + 10));
  if (type != dns::RrType::kRrsig) return {at, size, type, false};
  return {at, size, static_cast<dns::RrType>(dns::load_u16(at + kRecordHead)), true};
}

// Filled in its place: what is copied right after it was written in parts is waited for.
std::size_t NodeEncoder::add(const std::uint8_t* at) {
  StoredRecord& record = records_.emplace_back();
  const std::uint16_t type = dns::load_u16(at + 2);
  record.at = at;
  record.size = static_cast<std::uint32_t>(kRecordHead + dns::load_u16(at + 10));
  record.signature = type == dns::code_of(dns::RrType::kRrsig);
  record.type =
      static_cast<dns::RrType>(record.signature ? dns::load_u16(at + kRecordHead) : type);
  return record.size;
}

void NodeEncoder::add_all(Base base, const Node& node) {
  for (unsigned i = 0; i < node.rrset_count; ++i) {
    const Rrset rrset = rrset_at(base, node, i);
    add_block(rrset.records, records_);
    add_block(rrset.signatures, records_);
  }
}

std::size_t NodeEncoder::normalize() {
  if (!std::is_sorted(records_.begin(), records_.end(), sorts_before)) {
    std::stable_sort(records_.begin(), records_.end(), sorts_before);
  }
  if (records_.size() > 1) {
    records_.erase(std::unique(records_.begin(), records_.end(), same_record), records_.end());
  }
  return records_.size();
}

bool NodeEncoder::Group::far() const {
  return size + sig_size > kMaxInlineBody || middle - begin > 255 || end - middle > 255;
}

std::size_t NodeEncoder::Group::inline_size() const {
  return far() ? sizeof(Ref) : size + sig_size;
}

void NodeEncoder::group_records() {
  groups_.clear();
  for (std::size_t i = 0; i < records_.size();) {
    Group& group = groups_.emplace_back();
    group.begin = group.middle = i;
    group.size = group.sig_size = 0;
    group.ttl = UINT32_MAX;
    for (; i < records_.size() && records_[i].type == records_[group.begin].type; ++i) {
      if (records_[i].signature) {
        group.sig_size += records_[i].size;
      } else {
        group.size += records_[i].size;
        group.ttl = std::min(group.ttl, records_[i].ttl());
        group.middle = i + 1;
      }
    }
    group.end = i;
  }
}

namespace {

// Writes the records one after the other, with `ttl` for those that are no signatures.
void write_records(const StoredRecord* begin, const StoredRecord* end, std::uint32_t ttl,
                   std::uint8_t* out) {
  for (const StoredRecord* record = begin; record != end; ++record) {
    std::memcpy(out, record->at, record->size);
    if (!record->signature) dns::store_u32(out + 6, ttl);
    out += record->size;
  }
}

std::uint8_t flags_of(const std::vector<StoredRecord>& records, bool at_apex) {
  std::uint8_t flags = records.empty() ? kNodeEmpty : 0;
  for (const StoredRecord& record : records) {
    if (record.signature) continue;
    if (record.type == dns::RrType::kNs && !at_apex) flags |= kNodeCut;
    if (record.type == dns::RrType::kDname) flags |= kNodeDname;
  }
  return flags;
}

// Without a branch for each octet.
bool has_upper(dns::Bytes octets) {
  bool upper = false;
  for (const std::uint8_t c : octets) upper |= static_cast<unsigned>(c) - 'A' < 26;
  return upper;
}

}  // namespace

Ref NodeEncoder::encode(Edit& edit, const Placement& placement, bool lasting) {
  const auto allocate = [&](std::size_t size) {
    return lasting ? edit.allocate_lasting(size) : edit.allocate(size);
  };
  group_records();
  const std::vector<Group>& all = groups_;
  const bool hashed = (placement.flags & kNodeNsec3) != 0;
  const dns::Bytes own = placement.owner;
  const bool has_case = !hashed && has_upper(own);
  Node head{};
  head.owner_size = static_cast<std::uint8_t>(own.size());
  head.case_size = static_cast<std::uint8_t>(has_case ? (own.size() + 7) / 8 : 0);
  head.flags = placement.flags;
  if (!hashed) head.flags |= flags_of(records_, own.empty());
  head.cut_depth = placement.cut_depth;
  head.rrset_count = static_cast<std::uint16_t>(all.size());
  head.entries_offset =
      static_cast<std::uint16_t>(padded(sizeof(Node) + own.size() + head.case_size));
  std::size_t size = head.entries_offset + all.size() * sizeof(RrsetEntry);
  for (const Group& group : all) {
    size += group.inline_size();
    if (group.far() && group.size + group.sig_size > kMaxFarBody) throw OutOfMemory();
  }
  head.size = static_cast<std::uint32_t>(size);

  const Ref ref = allocate(size);
  auto* const octets = edit.at<std::uint8_t>(ref);
  std::memset(octets, 0, head.entries_offset);
  std::memcpy(octets, &head, sizeof head);
  if (!own.empty()) std::memcpy(octets + sizeof(Node), own.data(), own.size());
  for (std::size_t i = 0; has_case && i < own.size(); ++i) {
    if (dns::fold(own[i]) != own[i]) {
      octets[sizeof(Node) + i] = dns::fold(own[i]);
      octets[sizeof(Node) + own.size() + i / 8] |= static_cast<std::uint8_t>(1U << (i % 8));
    }
  }
  auto* entry = reinterpret_cast<RrsetEntry*>(octets + head.entries_offset);
  std::uint8_t* body = reinterpret_cast<std::uint8_t*>(entry + all.size());
  for (const Group& group : all) {
    const StoredRecord* const first = records_.data();
    std::uint8_t* out = body;
    *entry = {dns::code_of(records_[group.begin].type), 0, 0, kFarBody, 0};
    if (group.far()) {
      const Ref far_ref = allocate(sizeof(FarBody) + group.size + group.sig_size);
      std::memcpy(body, &far_ref, sizeof far_ref);
      FarBody& far = *edit.at<FarBody>(far_ref);
      far = {static_cast<std::uint32_t>(group.middle - group.begin),
             static_cast<std::uint32_t>(group.end - group.middle),
             static_cast<std::uint32_t>(group.size), static_cast<std::uint32_t>(group.sig_size)};
      out = far.octets();
    } else {
      entry->count = static_cast<std::uint8_t>(group.middle - group.begin);
      entry->sig_count = static_cast<std::uint8_t>(group.end - group.middle);
      entry->size = static_cast<std::uint16_t>(group.size);
      entry->sig_size = static_cast<std::uint16_t>(group.sig_size);
    }
    write_records(first + group.begin, first + group.middle, group.ttl, out);
    write_records(first + group.middle, first + group.end, 0, out + group.size);
    body += group.inline_size();
    ++entry;
  }
  return ref;
}

void for_each_node_block(Base base, Ref ref, const std::function<void(Ref, std::size_t)>& visit) {
  const Node& node = *base.at<Node>(ref);
  const RrsetEntry* const entry = entries(node);
  const auto* body = reinterpret_cast<const std::uint8_t*>(entry + node.rrset_count);
  for (unsigned i = 0; i < node.rrset_count; ++i) {
    if ((entry[i].size & kFarBody) == 0) {
      body += std::size_t{entry[i].size} + entry[i].sig_size;
      continue;
    }
    Ref far;
    std::memcpy(&far, body, sizeof far);
    const FarBody& octets = *base.at<FarBody>(far);
    visit(far, sizeof(FarBody) + octets.size + octets.sig_size);
    body += sizeof far;
  }
  visit(ref, node.size);
}

}  // namespace bowline::zones
