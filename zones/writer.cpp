#include "zones/writer.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>

#include "dns/rdata.h"
#include "zones/hash_index.h"
#include "zones/node_name.h"
#include "zones/reader.h"
#include "zones/tree.h"
#include "zones/zone_block.h"

namespace bowline::zones {

namespace {

dns::Error full() {
  return {"the zone tables are full or the machine has no memory left; free memory or serve fewer "
          "zones"};
}

// The owner without its leftmost label. REQUIRES: not the apex.
dns::Bytes parent_of(dns::Bytes owner) { return owner.subspan(owner[0] + 1U); }

bool is_wildcard(dns::Bytes owner) { return owner.size() >= 2 && owner[0] == 1 && owner[1] == '*'; }

bool is_below(dns::Bytes owner, dns::Bytes ancestor) {
  const TreeKey below = TreeKey::of_owner(owner), above = TreeKey::of_owner(ancestor);
  return below.size() > above.size() && below.common(above) == above.size();
}

bool equal_record(const StoredRecord& record, dns::RrType type, dns::Bytes rdata) {
  const bool signature = type == dns::RrType::kRrsig;
  if (record.signature != signature || (!signature && record.type != type)) return false;
  return dns::compare_canonical_rdata(type, record.rdata(), rdata) == 0;
}

}  // namespace

ZoneWriter::ZoneWriter(Arena& arena, const dns::HashKey& secret, const Zone& zone)
    : secret_(secret),
      apex_(apex(zone)),
      edit_(arena),
      zone_(zone),
      old_zone_(static_cast<Ref>((reinterpret_cast<const std::byte*>(&zone) -
                                  arena.heap().base().address) /
                                 static_cast<std::ptrdiff_t>(link::kGranule))),
      plan_(zones::plan(zone).begin(), zones::plan(zone).end()) {}

StoredRecord ZoneWriter::store(dns::RrType type, std::uint32_t ttl, dns::Bytes rdata) {
  std::vector<std::uint8_t>& octets = stored_.emplace_back(kRecordHead + rdata.size());
  dns::store_u16(octets.data(), 0xc00c);
  dns::store_u16(octets.data() + 2, dns::code_of(type));
  dns::store_u16(octets.data() + 4, zone_.rr_class);
  dns::store_u32(octets.data() + 6, ttl);
  dns::store_u16(octets.data() + 10, static_cast<std::uint16_t>(rdata.size()));
  if (!rdata.empty()) std::memcpy(octets.data() + kRecordHead, rdata.data(), rdata.size());
  return stored_record(octets.data());
}

dns::Result<void> ZoneWriter::add(dns::NameView owner, dns::RrType type, std::uint32_t ttl,
                                  dns::Bytes rdata) {
  const auto result = change(owner, type, rdata, [&](std::vector<StoredRecord>& records) {
    for (const StoredRecord& record : records) {
      if (equal_record(record, type, rdata) && record.ttl() <= ttl) return false;
    }
    if (type == dns::RrType::kSoa) {
      std::erase_if(records, [](const StoredRecord& r) {
        return r.type == dns::RrType::kSoa && !r.signature;
      });
    }
    records.push_back(store(type, ttl, rdata));
    return true;
  });
  if (!result) return dns::Error{result.error()};
  return {};
}

dns::Result<bool> ZoneWriter::remove(dns::NameView owner, dns::RrType type, dns::Bytes rdata) {
  return change(owner, type, rdata, [&](std::vector<StoredRecord>& records) {
    return std::erase_if(records, [&](const StoredRecord& record) {
             return equal_record(record, type, rdata);
           }) != 0;
  });
}

dns::Result<bool> ZoneWriter::remove_rrset(dns::NameView owner, dns::RrType type) {
  return change(owner, type, {}, [&](std::vector<StoredRecord>& records) {
    return std::erase_if(records, [&](const StoredRecord& record) {
             return type == dns::RrType::kRrsig ? record.signature : record.type == type;
           }) != 0;
  });
}

dns::Result<void> ZoneWriter::replace_rrset(dns::NameView owner, dns::RrType type,
                                            std::uint32_t ttl, std::span<const dns::Bytes> rdata) {
  const dns::Bytes first = rdata.empty() ? dns::Bytes{} : rdata.front();
  const auto result = change(owner, type, first, [&](std::vector<StoredRecord>& records) {
    std::erase_if(records, [&](const StoredRecord& record) { return record.type == type; });
    for (const dns::Bytes each : rdata) records.push_back(store(type, ttl, each));
    return true;
  });
  if (!result) return dns::Error{result.error()};
  return {};
}

dns::Result<bool> ZoneWriter::change(dns::NameView owner, dns::RrType type, dns::Bytes rdata,
                                     const Change& change) {
  if (!owner.is_at_or_below(apex_)) {
    return dns::Error{owner.to_text() + " is not in the zone " + apex_.to_text()};
  }
  const dns::Bytes own(owner.data(), owner.size() - apex_.size());
  std::array<std::uint8_t, kNsec3HashSize> hash;
  const bool nsec3 = type == dns::RrType::kNsec3 ||
                     (type == dns::RrType::kRrsig && rdata.size() >= 2 &&
                      dns::load_u16(rdata.data()) == dns::code_of(dns::RrType::kNsec3));
  try {
    if (nsec3 && nsec3_owner_hash(own, hash)) return change_nsec3(hash, change);
    return change_node(own, change);
  } catch (const OutOfMemory&) {
    return full();
  }
}

HashWriter ZoneWriter::names() {
  return HashWriter(edit_, zone_.names, zone_.bucket, [this](Ref node) {
    return node_hash(*edit_.at<Node>(node), apex_, secret_);
  });
}

std::uint64_t ZoneWriter::hash_of(dns::Bytes owner) const {
  std::array<std::uint8_t, dns::kMaxNameSize> name;
  if (!owner.empty()) std::memcpy(name.data(), owner.data(), owner.size());
  std::memcpy(name.data() + owner.size(), apex_.data(), apex_.size());
  return dns::hash_name(secret_, {name.data(), owner.size() + apex_.size()});
}

Ref ZoneWriter::find(dns::Bytes owner) const {
  const Base base = edit_.base();
  return find_in_index(base, zone_.names, zone_.bucket, hash_of(owner), [&](Ref candidate) {
    const dns::Bytes own = zones::owner(*base.at<Node>(candidate));
    return std::equal(own.begin(), own.end(), owner.begin(), owner.end(),
                      [](std::uint8_t a, std::uint8_t b) { return a == dns::fold(b); });
  });
}

// What the names above say about a name: see Node::cut_depth.
std::uint8_t ZoneWriter::cut_depth_of(dns::Bytes owner, bool is_cut) const {
  if (owner.empty()) return 0;
  const dns::Bytes above = parent_of(owner);
  const Node& parent = *edit_.at<Node>(find(above));
  if (parent.cut_depth != 0) return parent.cut_depth;
  unsigned depth = apex_.view().depth();
  for (dns::Bytes rest = above; !rest.empty(); rest = parent_of(rest)) ++depth;
  if ((parent.flags & kNodeDname) != 0) return cut_depth_at(depth);
  return static_cast<std::uint8_t>(is_cut ? depth + 1 : 0);
}

bool ZoneWriter::has_names_below(dns::Bytes owner) const {
  TreePath path;
  tree_floor(edit_.base(), zone_.order, TreeKey::of_owner(owner), path);
  const Node* const next = tree_next(edit_.base(), path);
  return next != nullptr && is_below(zones::owner(*next), owner);
}

void ZoneWriter::discard_node(Ref node) {
  for_each_node_block(edit_.base(), node,
                      [this](Ref block, std::size_t size) { edit_.discard(block, size); });
}

// Puts `node` where `old` was, in both indexes.
void ZoneWriter::replace_node(dns::Bytes owner, Ref old, Ref node) {
  names().replace(hash_of(owner), old, node);
  TreeWriter(edit_, zone_.order).replace(TreeKey::of_owner(owner), node);
  if (owner.empty()) zone_.apex_node = node;
  discard_node(old);
}

// Writes encoder_'s records as the node of `owner`, new or in place of `old`.
void ZoneWriter::put_node(dns::Bytes owner, Ref old, std::uint8_t flags) {
  const auto& records = encoder_.records();
  const bool is_cut =
      !owner.empty() && std::any_of(records.begin(), records.end(), [](const StoredRecord& r) {
        return r.type == dns::RrType::kNs && !r.signature;
      });
  std::array<std::uint8_t, dns::kMaxNameSize> buffer;
  const dns::Bytes shown = old == 0 ? owner : owner_in_case(*edit_.at<Node>(old), buffer);
  const Ref node =
      encoder_.encode(edit_, {shown, flags, cut_depth_of(owner, is_cut)}, false);
  if (old != 0) return replace_node(owner, old, node);
  names().insert(hash_of(owner), node);
  TreeWriter(edit_, zone_.order).insert(TreeKey::of_owner(owner), node);
  if (is_wildcard(owner)) set_wildcard_flag(parent_of(owner), true);
}

void ZoneWriter::erase_node(dns::Bytes owner, Ref old) {
  names().erase(hash_of(owner), old);
  TreeWriter(edit_, zone_.order).erase(TreeKey::of_owner(owner));
  discard_node(old);
  if (is_wildcard(owner)) set_wildcard_flag(parent_of(owner), false);
}

void ZoneWriter::set_wildcard_flag(dns::Bytes parent, bool has_wildcard) {
  const Ref old = find(parent);
  const Node& node = *edit_.at<Node>(old);
  const auto flags = static_cast<std::uint8_t>(has_wildcard ? node.flags | kNodeHasWildcard
                                                            : node.flags & ~kNodeHasWildcard);
  if (flags == node.flags) return;
  NodeEncoder kept;
  kept.add_all(edit_.base(), node);
  std::array<std::uint8_t, dns::kMaxNameSize> buffer;
  const auto flag = static_cast<std::uint8_t>(flags & kNodeHasWildcard);
  const Ref copy =
      kept.encode(edit_, {owner_in_case(node, buffer), flag, node.cut_depth}, false);
  replace_node(parent, old, copy);
}

// RFC 4592 2.2.2: the names between a new name and the deepest existing one come to exist, empty.
void ZoneWriter::add_missing_parents(dns::Bytes owner) {
  std::array<dns::Bytes, dns::kMaxDepth> missing;
  unsigned count = 0;
  for (dns::Bytes above = parent_of(owner); find(above) == 0; above = parent_of(above)) {
    missing[count++] = above;
  }
  NodeEncoder records = std::move(encoder_);
  encoder_.clear();
  while (count-- > 0) put_node(missing[count], 0, 0);
  encoder_ = std::move(records);
}

void ZoneWriter::remove_empty_parents(dns::Bytes owner) {
  while (!owner.empty()) {
    owner = parent_of(owner);
    const Ref ref = find(owner);
    if ((edit_.at<Node>(ref)->flags & kNodeEmpty) == 0 || has_names_below(owner)) return;
    erase_node(owner, ref);
  }
}

// After a delegation or DNAME has come or gone: corrects what is below it.
void ZoneWriter::renew_cut_depths(dns::Bytes owner) {
  const Base base = edit_.base();
  std::vector<std::vector<std::uint8_t>> below;
  TreePath path;
  tree_floor(base, zone_.order, TreeKey::of_owner(owner), path);
  for (const Node* node = tree_next(base, path);
       node != nullptr && is_below(zones::owner(*node), owner); node = tree_next(base, path)) {
    const dns::Bytes own = zones::owner(*node);
    below.emplace_back(own.begin(), own.end());
  }
  for (const std::vector<std::uint8_t>& each : below) {  // in order: parents first
    const Ref old = find(each);
    const Node& node = *edit_.at<Node>(old);
    const std::uint8_t depth = cut_depth_of(each, (node.flags & kNodeCut) != 0);
    if (depth == node.cut_depth) continue;
    NodeEncoder kept;
    kept.add_all(base, node);
    std::array<std::uint8_t, dns::kMaxNameSize> buffer;
    const auto flag = static_cast<std::uint8_t>(node.flags & kNodeHasWildcard);
    replace_node(each, old, kept.encode(edit_, {owner_in_case(node, buffer), flag, depth}, false));
  }
}

bool ZoneWriter::change_node(dns::Bytes owner, const Change& change) {
  const Ref old = find(owner);
  encoder_.clear();
  if (old != 0) encoder_.add_all(edit_.base(), *edit_.at<Node>(old));
  const std::size_t before = encoder_.records().size();
  if (!change(encoder_.records())) return false;
  const std::size_t after = encoder_.normalize();
  zone_.record_count += static_cast<std::uint32_t>(after - before);
  constexpr std::uint8_t kOccludes = kNodeCut | kNodeDname;
  const std::uint8_t flags_before = old == 0 ? std::uint8_t{0} : edit_.at<Node>(old)->flags;
  if (after == 0 && !owner.empty() && !has_names_below(owner)) {
    if (old == 0) return false;
    erase_node(owner, old);
    remove_empty_parents(owner);
    return true;
  }
  if (old == 0) {
    if (after == 0) return false;
    add_missing_parents(owner);
  }
  put_node(owner, old, flags_before & kNodeHasWildcard);
  const std::uint8_t flags_after = edit_.at<Node>(find(owner))->flags;
  if (((flags_before ^ flags_after) & kOccludes) != 0) renew_cut_depths(owner);
  return true;
}

bool ZoneWriter::change_nsec3(dns::Bytes hash, const Change& change) {
  const Base base = edit_.base();
  const TreeKey key = TreeKey::of_hash(hash);
  TreePath path;
  Ref old = 0;
  if (tree_floor(base, zone_.nsec3, key, path) != nullptr) {
    const TreePath::Step& leaf = path.step[path.levels - 1];
    const Ref floor = base.at<TreeBlock>(leaf.block)->entries()[leaf.index].ref;
    if (TreeKey::of_node(*base.at<Node>(floor)).compare(key) == 0) old = floor;
  }
  encoder_.clear();
  if (old != 0) encoder_.add_all(base, *base.at<Node>(old));
  const std::size_t before = encoder_.records().size();
  if (!change(encoder_.records())) return false;
  const std::size_t after = encoder_.normalize();
  zone_.record_count += static_cast<std::uint32_t>(after - before);
  TreeWriter tree(edit_, zone_.nsec3);
  if (after == 0) {
    if (old == 0) return false;
    tree.erase(key);
    --zone_.nsec3_count;
  } else {
    const Ref node = encoder_.encode(edit_, {hash, kNodeNsec3, 0}, false);
    if (old != 0) {
      tree.replace(key, node);
    } else {
      tree.insert(key, node);
      ++zone_.nsec3_count;
    }
  }
  if (old != 0) discard_node(old);
  return true;
}

dns::Result<ZoneDraft> ZoneWriter::finish() {
  try {
    if (!find_rrset(edit_.base(), *edit_.at<Node>(zone_.apex_node), dns::RrType::kSoa)) {
      return dns::Error{"the change leaves the zone " + apex_.to_text() + " without a SOA record"};
    }
    const std::uint32_t old_size = zone_.size;
    ++zone_.version;
    const Ref zone = finish_zone(edit_, zone_, apex_, plan_);
    edit_.discard(old_zone_, old_size);
    return ZoneDraft(edit_.heap(), apex_, zone, edit_.commit(), false);
  } catch (const OutOfMemory&) {
    return full();
  }
}

}  // namespace bowline::zones
