#include "zones/walker.h"

#include <array>
#include <cstring>
#include <vector>

#include "dns/rdata.h"
#include "zones/hash_index.h"
#include "zones/node_encoder.h"
#include "zones/node_name.h"
#include "zones/tree.h"
#include "zones/tree_key.h"

namespace bowline::zones {

namespace {

using Fault = std::optional<std::string>;

// The rules of one RRset's octets.
Fault check_block(dns::Bytes block, unsigned count, dns::RrType type, dns::RrType filed_under) {
  const std::uint8_t* at = block.data();
  const std::uint8_t* const end = at + block.size();
  dns::Bytes previous;
  for (unsigned i = 0; i < count; ++i) {
    if (end - at < static_cast<std::ptrdiff_t>(kRecordHead)) return "a record is cut";
    if (dns::load_u16(at) != 0xc00c) return "a record does not start with C00C";
    if (dns::load_u16(at + 2) != dns::code_of(type)) return "a record has another type";
    const std::size_t size = dns::load_u16(at + 10);
    if (static_cast<std::size_t>(end - at) < kRecordHead + size) return "rdata is cut";
    const dns::Bytes rdata(at + kRecordHead, size);
    if (!dns::check_rdata(type, rdata)) return "rdata is malformed";
    if (type == dns::RrType::kRrsig && stored_record(at).type != filed_under) {
      return "an RRSIG is filed under another type";
    }
    if (i > 0 && dns::compare_canonical_rdata(type, previous, rdata) >= 0) {
      return "records are not in canonical order";
    }
    previous = rdata;
    at += kRecordHead + size;
  }
  if (at != end) return "octets behind the last record";
  return {};
}

Fault check_rrsets(Base base, const Node& node) {
  for (unsigned i = 0; i < node.rrset_count; ++i) {
    const Rrset rrset = rrset_at(base, node, i);
    if (rrset.count + rrset.sig_count == 0) return "an RRset is empty";
    if (i > 0 && rrset_at(base, node, i - 1).type >= rrset.type) return "types are out of order";
    if (Fault fault = check_block(rrset.records, rrset.count, rrset.type, rrset.type)) return fault;
    if (Fault fault = check_block(rrset.signatures, rrset.sig_count, dns::RrType::kRrsig,
                                  rrset.type)) {
      return fault;
    }
  }
  return {};
}

// One name on the way from the apex to the current one.
struct Above {
  const Node* node;
  bool has_wildcard = false;
  bool has_child = false;
};

class ZoneCheck {
 public:
  ZoneCheck(Base base, const Zone& zone, const dns::HashKey& secret)
      : base_(base), zone_(zone), secret_(secret) {}

  Fault run() {
    if ((zone_.flags & kZoneAbsent) != 0) return check_placeholder();
    if (find_rrset(base_, *base_.at<Node>(zone_.apex_node), dns::RrType::kSoa).count != 1) {
      return "the apex does not have one SOA";
    }
    if (Fault fault = check_names()) return fault;
    if (count_ != zone_.names.count) return "index and order hold different numbers of names";
    if (Fault fault = check_nsec3()) return fault;
    if (records_ != zone_.record_count) return "the number of records is wrong";
    return {};
  }

 private:
  // It has an apex without records and nothing else (placeholder.h).
  Fault check_placeholder() {
    const Node& apex_node = *base_.at<Node>(zone_.apex_node);
    if (zone_.names.count != 1 || zone_.nsec3 != 0 || zone_.record_count != 0) {
      return "a placeholder holds more than its apex";
    }
    if (zone_.negative_soa != 0 || apex_node.flags != kNodeEmpty || apex_node.owner_size != 0) {
      return "the apex of a placeholder is not empty";
    }
    const Ref found = find_in_index(base_, zone_.names, zone_.bucket,
                                    node_hash(apex_node, apex(zone_), secret_),
                                    [&](Ref candidate) { return candidate == zone_.apex_node; });
    Cursor cursor(base_, zone_.order);
    if (found == 0 || cursor.next() != &apex_node || cursor.next() != nullptr) {
      return "the index or the order of a placeholder is wrong";
    }
    return {};
  }

  Fault check_names() {
    Cursor cursor(base_, zone_.order);
    TreeKey previous;
    while (const Node* node = cursor.next()) {
      const TreeKey key = TreeKey::of_node(*node);
      if (count_ > 0 && previous.compare(key) >= 0) return at(*node, "names are out of order");
      previous = key;
      ++count_;
      if (Fault fault = check_node(*node)) return at(*node, *fault);
    }
    return close(0);
  }

  Fault check_node(const Node& node) {
    const Ref found =
        find_in_index(base_, zone_.names, zone_.bucket, node_hash(node, apex(zone_), secret_),
                      [&](Ref candidate) { return base_.at<Node>(candidate) == &node; });
    if (found == 0) return "the index does not have it";
    if (Fault fault = check_rrsets(base_, node)) return fault;
    for (unsigned i = 0; i < node.rrset_count; ++i) {
      const Rrset rrset = rrset_at(base_, node, i);
      records_ += rrset.count + rrset.sig_count;
    }
    return check_place(node);
  }

  // Checks what the names above say about this one. Each parent must exist.
  Fault check_place(const Node& node) {
    const dns::Bytes own = owner(node);
    unsigned depth = 0;
    for (std::size_t i = 0; i < own.size(); i += own[i] + 1U) ++depth;
    if (own.empty() != (count_ == 1)) return "the apex is not the first name";
    if (depth > above_.size()) return "a name above it is missing";
    if (Fault fault = close(depth)) return fault;
    std::uint8_t cut_depth = 0;
    const bool cut = find_rrset(base_, node, dns::RrType::kNs) && depth > 0;
    if (depth > 0) {
      Above& parent = above_.back();
      const dns::Bytes parent_owner = owner(*parent.node);
      const dns::Bytes rest = own.subspan(own[0] + 1U);
      if (parent_owner.size() != rest.size() ||
          std::memcmp(parent_owner.data(), rest.data(), rest.size()) != 0) {
        return "the name above it is missing";
      }
      parent.has_child = true;
      parent.has_wildcard |= own[0] == 1 && own[1] == '*';
      if (parent.node->cut_depth != 0) {
        cut_depth = parent.node->cut_depth;
      } else if ((parent.node->flags & kNodeDname) != 0) {
        cut_depth = cut_depth_at(zone_.apex_depth + depth - 1);
      } else if (cut) {
        cut_depth = static_cast<std::uint8_t>(zone_.apex_depth + depth);
      }
    }
    if (node.cut_depth != cut_depth) return "its delegation is wrong";
    if (((node.flags & kNodeCut) != 0) != cut) return "its cut flag is wrong";
    const bool empty = node.rrset_count == 0;
    if (((node.flags & kNodeEmpty) != 0) != empty) return "its empty flag is wrong";
    const bool dname = static_cast<bool>(find_rrset(base_, node, dns::RrType::kDname));
    if (((node.flags & kNodeDname) != 0) != dname) return "its DNAME flag is wrong";
    above_.push_back({&node});
    return {};
  }

  // Leaves the names at `depth` and deeper, whose children have all been seen.
  Fault close(unsigned depth) {
    while (above_.size() > depth) {
      const Above& last = above_.back();
      if (((last.node->flags & kNodeHasWildcard) != 0) != last.has_wildcard) {
        return at(*last.node, "its wildcard flag is wrong");
      }
      if (last.node->rrset_count == 0 && !last.has_child) {
        return at(*last.node, "it is empty and nothing is below it");
      }
      above_.pop_back();
    }
    return {};
  }

  Fault check_nsec3() {
    Cursor cursor(base_, zone_.nsec3);
    TreeKey previous;
    std::uint32_t count = 0;
    while (const Node* node = cursor.next()) {
      const TreeKey key = TreeKey::of_node(*node);
      if ((node->flags & kNodeNsec3) == 0) return "an NSEC3 node is not marked";
      if (count++ > 0 && previous.compare(key) >= 0) return "NSEC3 hashes are out of order";
      previous = key;
      if (Fault fault = check_rrsets(base_, *node)) return "NSEC3: " + *fault;
      for (unsigned i = 0; i < node->rrset_count; ++i) {
        const Rrset rrset = rrset_at(base_, *node, i);
        records_ += rrset.count + rrset.sig_count;
      }
    }
    if (count != zone_.nsec3_count) return "the number of NSEC3 owners is wrong";
    return {};
  }

  std::string at(const Node& node, const std::string& what) const {
    return owner_name(zone_, node).to_text() + ": " + what;
  }

  Base base_;
  const Zone& zone_;
  const dns::HashKey& secret_;
  std::vector<Above> above_;
  std::uint32_t count_ = 0;
  std::uint32_t records_ = 0;
};

}  // namespace

Fault check_zone(Base base, const Zone& zone, const dns::HashKey& secret) {
  Fault fault = ZoneCheck(base, zone, secret).run();
  if (fault) fault = "zone " + apex(zone).to_text() + ": " + *fault;
  return fault;
}

Fault check_version(View view, const dns::HashKey& secret, bool with_zones) {
  const HashRoot& directory = view.root->directory;
  std::uint32_t count = 0;
  const std::uint64_t pages = directory.page_buckets == 0 ? 0 : std::uint64_t{1} << directory.depth;
  const Bucket* previous = nullptr;
  for (std::uint64_t i = 0; i < pages; ++i) {
    const std::uint64_t hash = directory.depth == 0 ? 0 : i << (64 - directory.depth);
    const Bucket* const page = page_of(view.base, directory, view.root->bucket, hash);
    if (page == previous) continue;
    previous = page;
    for (unsigned b = 0; b < directory.page_buckets; ++b) {
      for (unsigned slot = 0; slot < page[b].used; ++slot) {
        const Zone& zone = *view.base.at<Zone>(page[b].ref[slot]);
        const unsigned depth = zone.apex_depth;
        if ((view.root->apex_depths[depth / 64] >> depth % 64 & 1) == 0) {
          return "zone " + apex(zone).to_text() + ": its depth is not marked in the root";
        }
        ++count;
        if (!with_zones) continue;
        if (Fault fault = check_zone(view.base, zone, secret)) return fault;
      }
    }
  }
  if (count != directory.count) return "the zone directory's count is wrong";
  return {};
}

}  // namespace bowline::zones
