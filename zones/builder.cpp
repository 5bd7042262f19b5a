#include "zones/builder.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "dns/message.h"
#include "zones/hash_writer.h"
#include "zones/node_encoder.h"
#include "zones/node_name.h"
#include "zones/reader.h"
#include "zones/tree_key.h"
#include "zones/tree_writer.h"
#include "zones/zone_block.h"

namespace bowline::zones {

namespace {

// Groups are prefetched this far ahead: sorted, they lie anywhere in the log.
constexpr std::size_t kPrefetchedGroups = 8;

// Beside its nodes a zone has about one block for so many of them, of the order or the index.
constexpr std::size_t kNodesOfOtherBlock = 32;

// Whether the record belongs into the NSEC3 tree, if its owner is of the right form.
bool is_nsec3(dns::RrType type, dns::Bytes rdata) {
  return type == dns::RrType::kNsec3 ||
         (type == dns::RrType::kRrsig &&
          dns::load_u16(rdata.data()) == dns::code_of(dns::RrType::kNsec3));
}

// The names above the one being built, and what each says about the names below it.
class Ancestors {
 public:
  struct Level {
    Ref node;
    std::uint8_t cut_depth;  // of the node
    bool dname;
  };

  explicit Ancestors(unsigned apex_depth) : apex_depth_(apex_depth) {}

  unsigned depth() const { return count_ - 1; }
  const Level& last() const { return level_[count_ - 1]; }
  // Keeps the apex and the `labels` names below it.
  void truncate(unsigned labels) { count_ = labels + 1; }
  void push(Level level) { level_[count_++] = level; }
  bool empty() const { return count_ == 0; }

  // The cut_depth of a name right below the last level.
  std::uint8_t cut_depth_below(bool is_cut) const {
    if (empty()) return 0;
    if (last().cut_depth != 0) return last().cut_depth;
    if (last().dname) return cut_depth_at(apex_depth_ + depth());
    return is_cut ? static_cast<std::uint8_t>(apex_depth_ + depth() + 1) : std::uint8_t{0};
  }

 private:
  const unsigned apex_depth_;
  unsigned count_ = 0;
  std::array<Level, dns::kMaxDepth + 1> level_;
};

// Offsets of the labels of a relative owner, leftmost first.
struct Labels {
  unsigned count = 0;
  std::array<std::uint8_t, dns::kMaxDepth> offset;

  explicit Labels(dns::Bytes owner) {
    for (std::size_t at = 0; at < owner.size(); at += owner[at] + 1U) {
      offset[count++] = static_cast<std::uint8_t>(at);
    }
  }
};

bool same_label(const std::uint8_t* a, const std::uint8_t* b) {
  if (*a != *b) return false;
  for (unsigned i = 1; i <= *a; ++i) {
    if (dns::fold(a[i]) != dns::fold(b[i])) return false;
  }
  return true;
}

unsigned common_labels(dns::Bytes a, const Labels& of_a, dns::Bytes b, const Labels& of_b) {
  unsigned common = 0;
  while (common < of_a.count && common < of_b.count &&
         same_label(&a[of_a.offset[of_a.count - 1 - common]],
                    &b[of_b.offset[of_b.count - 1 - common]])) {
    ++common;
  }
  return common;
}

}  // namespace

ZoneBuilder::ZoneBuilder(Arena& arena, const dns::HashKey& secret, dns::NameView apex,
                         std::uint16_t rr_class)
    : arena_(arena), secret_(secret), apex_(apex), rr_class_(rr_class) {}

bool ZoneBuilder::add(dns::NameView owner, dns::RrType type, std::uint32_t ttl, dns::Bytes rdata) {
  if (!owner.is_at_or_below(apex_)) return false;
  const dns::Bytes own(owner.data(), owner.size() - apex_.size());
  std::array<std::uint8_t, kNsec3HashSize> hash;
  if (is_nsec3(type, rdata) && nsec3_owner_hash(own, hash)) {
    nsec3_.add(hash, type, rr_class_, ttl, rdata);
  } else {
    names_.add(own, type, rr_class_, ttl, rdata);
  }
  return true;
}

namespace {

bool same_owner(dns::Bytes a, dns::Bytes b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(),
                    [](std::uint8_t x, std::uint8_t y) { return dns::fold(x) == dns::fold(y); });
}

// Fills the encoder with the records of one owner, who may have several groups, from the i-th on.
// Returns where the next owner's begin.
template <typename Same>
std::size_t take_groups(const RecordLog::Groups& groups, std::size_t i, NodeEncoder& encoder,
                        Same same) {
  encoder.clear();
  const dns::Bytes owner = groups[i].owner();
  const RecordLog::Group& first = groups[i];
  for (; i < groups.size() && groups[i].starts_like(first) && same(groups[i].owner(), owner);
       ++i) {
    if (i + kPrefetchedGroups < groups.size()) groups[i + kPrefetchedGroups].prefetch();
    const std::uint8_t* at = groups[i].records();
    for (std::uint32_t left = groups[i].record_count(); left > 0; --left) at += encoder.add(at);
  }
  return i;
}

}  // namespace

void ZoneBuilder::build_names(Edit& edit, Zone& zone) {
  const unsigned apex_depth = apex_.view().depth();
  const RecordLog::Groups& groups = names_.groups();
  LargeVector<Ref> nodes;
  LargeVector<KeyStart> starts;
  LargeVector<std::uint64_t> hashes;
  nodes.reserve(groups.size());
  starts.reserve(groups.size());
  hashes.reserve(groups.size());
  edit.expect_lasting(groups.size() + groups.size() / kNodesOfOtherBlock);
  NodeEncoder encoder;
  Ancestors above(apex_depth);
  dns::Bytes previous;
  Labels previous_labels{previous};

  const auto put = [&](dns::Bytes owner, bool is_cut, bool is_dname) {
    const std::uint8_t cut_depth = above.cut_depth_below(is_cut);
    const Ref node = encoder.encode(edit, {owner, 0, cut_depth}, true);
    if (owner.size() >= 2 && owner[0] == 1 && owner[1] == '*') {
      edit.at<Node>(above.last().node)->flags |= kNodeHasWildcard;
    }
    nodes.push_back(node);
    starts.push_back(KeyStart::of_owner(owner));
    hashes.push_back(node_hash(*edit.at<Node>(node), apex_, secret_));
    above.push({node, cut_depth, is_dname});
  };

  for (std::size_t i = 0; i < groups.size();) {
    const dns::Bytes owner = groups[i].owner();
    const Labels labels(owner);
    if (!above.empty()) {
      const unsigned common = common_labels(owner, labels, previous, previous_labels);
      above.truncate(common);
      encoder.clear();
      for (unsigned d = common + 1; d < labels.count; ++d) {
        put(owner.subspan(labels.offset[labels.count - d]), false, false);
      }
    }
    i = take_groups(groups, i, encoder, same_owner);
    zone.record_count += static_cast<std::uint32_t>(encoder.normalize());
    bool is_cut = false, is_dname = false;
    for (const StoredRecord& record : encoder.records()) {
      is_cut |= record.type == dns::RrType::kNs && !record.signature && !owner.empty();
      is_dname |= record.type == dns::RrType::kDname && !record.signature;
    }
    put(owner, is_cut, is_dname);
    previous = owner;
    previous_labels = labels;
  }

  const Base base = edit.base();
  HashWriter index(edit, zone.names, zone.bucket, [&](Ref node) {
    return node_hash(*base.at<Node>(node), apex_, secret_);
  });
  index.build(hashes, nodes);
  TreeWriter(edit, zone.order).build(nodes, starts);
  zone.apex_node = nodes.front();
}

void ZoneBuilder::build_nsec3(Edit& edit, Zone& zone) {
  const RecordLog::Groups& groups = nsec3_.groups();
  LargeVector<Ref> nodes;
  LargeVector<KeyStart> starts;
  nodes.reserve(groups.size());
  starts.reserve(groups.size());
  NodeEncoder encoder;
  for (std::size_t i = 0; i < groups.size();) {
    const dns::Bytes hash = groups[i].owner();
    i = take_groups(groups, i, encoder, [](dns::Bytes a, dns::Bytes b) {
      return std::memcmp(a.data(), b.data(), kNsec3HashSize) == 0;
    });
    zone.record_count += static_cast<std::uint32_t>(encoder.normalize());
    nodes.push_back(encoder.encode(edit, {hash, kNodeNsec3, 0}, true));
    starts.push_back(TreeKey::of_hash(hash).start());
  }
  TreeWriter(edit, zone.nsec3).build(nodes, starts);
  zone.nsec3_count = static_cast<std::uint32_t>(nodes.size());
}

dns::Result<ZoneDraft> ZoneBuilder::build() {
  const std::string name = apex_.to_text();
  Edit edit(arena_);
  try {
    names_.sort();
    nsec3_.sort();
    Zone zone{};
    zone.rr_class = rr_class_;
    zone.version = 1;
    const bool has_apex = !names_.groups().empty() && names_.groups().front().owner().empty();
    if (has_apex) build_names(edit, zone);
    if (!has_apex ||
        !find_rrset(edit.base(), *edit.at<Node>(zone.apex_node), dns::RrType::kSoa)) {
      return dns::Error{"zone " + name + " has no SOA record at its apex"};
    }
    names_.clear();
    build_nsec3(edit, zone);
    nsec3_.clear();
    const Ref ref = finish_zone(edit, zone, apex_, plan_);
    return ZoneDraft(arena_.heap(), apex_, ref, edit.commit(), true);
  } catch (const OutOfMemory&) {
    return dns::Error{"zone " + name + " does not fit: the zone tables are full or the machine has "
                      "no memory left; free memory or serve fewer zones"};
  }
}

}  // namespace bowline::zones
