#include "zones/builder.h"

#include <algorithm>
#include <array>
#include <cstdlib>
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

// The records as they came, one after the other. Grows by realloc(), which moves pages, not octets.
class ZoneBuilder::Log {
 public:
  ~Log() { std::free(octets_); }

  std::size_t size() const { return size_; }
  std::uint8_t* at(std::size_t offset) { return octets_ + offset; }
  std::uint8_t* append(std::size_t size) {
    if (size_ + size > capacity_) {
      const std::size_t wanted = std::max(capacity_ * 3 / 2, size_ + size + 4096);
      void* const moved = std::realloc(octets_, wanted);
      if (moved == nullptr) throw OutOfMemory();
      octets_ = static_cast<std::uint8_t*>(moved);
      capacity_ = wanted;
    }
    size_ += size;
    return octets_ + size_ - size;
  }

 private:
  std::uint8_t* octets_ = nullptr;
  std::size_t size_ = 0, capacity_ = 0;
};

// Consecutive records of one owner. In the log: owner size, owner, records.
struct ZoneBuilder::Group {
  std::uint64_t offset;
  std::uint64_t order[2];  // the first sixteen octets of the owner's TreeKey
  std::uint32_t records;
};

namespace {

// Groups are prefetched this far ahead: sorted, they lie anywhere in the log.
constexpr std::size_t kPrefetchedGroups = 8;

std::uint64_t eight_octets(const TreeKey& key, std::size_t from) {
  return std::uint64_t{key.chunk(from)} << 32 | key.chunk(from + 4);
}

dns::Bytes group_owner(const std::uint8_t* at) { return {at + 1, at[0]}; }

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
    : arena_(arena),
      secret_(secret),
      apex_(apex),
      rr_class_(rr_class),
      log_(std::make_unique<Log>()) {}

ZoneBuilder::~ZoneBuilder() = default;

bool ZoneBuilder::add(dns::NameView owner, dns::RrType type, std::uint32_t ttl, dns::Bytes rdata) {
  if (!owner.is_at_or_below(apex_)) return false;
  dns::Bytes own(owner.data(), owner.size() - apex_.size());
  std::array<std::uint8_t, kNsec3HashSize> hash;
  std::vector<Group>* groups = &groups_;
  if (is_nsec3(type, rdata) && nsec3_owner_hash(own, hash)) {
    own = hash;
    groups = &nsec3_;
  }
  // Only the group at the end of the log can grow.
  Group* last = groups->empty() ? nullptr : &groups->back();
  const std::vector<Group>& other = groups == &groups_ ? nsec3_ : groups_;
  if (last != nullptr && (other.empty() || other.back().offset < last->offset)) {
    const dns::Bytes had = group_owner(log_->at(last->offset));
    if (had.size() != own.size() || std::memcmp(had.data(), own.data(), own.size()) != 0) {
      last = nullptr;
    }
  } else {
    last = nullptr;
  }
  if (last == nullptr) {
    const TreeKey key = groups == &nsec3_ ? TreeKey::of_hash(own) : TreeKey::of_owner(own);
    groups->push_back({log_->size(), {eight_octets(key, 0), eight_octets(key, 8)}, 0});
    last = &groups->back();
    std::uint8_t* const out = log_->append(1 + own.size());
    out[0] = static_cast<std::uint8_t>(own.size());
    if (!own.empty()) std::memcpy(out + 1, own.data(), own.size());
  }
  ++last->records;
  std::uint8_t* const out = log_->append(kRecordHead + rdata.size());
  dns::store_u16(out, 0xc00c);
  dns::store_u16(out + 2, dns::code_of(type));
  dns::store_u16(out + 4, rr_class_);
  dns::store_u32(out + 6, ttl);
  dns::store_u16(out + 10, static_cast<std::uint16_t>(rdata.size()));
  if (!rdata.empty()) std::memcpy(out + kRecordHead, rdata.data(), rdata.size());
  return true;
}

void ZoneBuilder::sort_groups() {
  const auto sort = [this](std::vector<Group>& groups, bool hashed) {
    const auto before = [&](const Group& a, const Group& b) {
      if (a.order[0] != b.order[0]) return a.order[0] < b.order[0];
      if (a.order[1] != b.order[1]) return a.order[1] < b.order[1];
      const dns::Bytes first = group_owner(log_->at(a.offset));
      const dns::Bytes second = group_owner(log_->at(b.offset));
      const int order =
          hashed ? TreeKey::of_hash(first).compare(TreeKey::of_hash(second))
                 : TreeKey::of_owner(first).compare(TreeKey::of_owner(second));
      return order != 0 ? order < 0 : a.offset < b.offset;
    };
    if (!std::is_sorted(groups.begin(), groups.end(), before)) {
      std::sort(groups.begin(), groups.end(), before);
    }
  };
  sort(groups_, false);
  sort(nsec3_, true);
}

namespace {

bool same_owner(dns::Bytes a, dns::Bytes b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(),
                    [](std::uint8_t x, std::uint8_t y) { return dns::fold(x) == dns::fold(y); });
}

}  // namespace

void ZoneBuilder::build_names(Edit& edit, Zone& zone) {
  const unsigned apex_depth = apex_.view().depth();
  std::vector<Ref> nodes;
  std::vector<std::uint64_t> hashes;
  nodes.reserve(groups_.size());
  hashes.reserve(groups_.size());
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
    hashes.push_back(node_hash(*edit.at<Node>(node), apex_, secret_));
    above.push({node, cut_depth, is_dname});
  };

  for (std::size_t i = 0; i < groups_.size();) {
    if (i + kPrefetchedGroups < groups_.size()) {
      __builtin_prefetch(log_->at(groups_[i + kPrefetchedGroups].offset));
    }
    const dns::Bytes owner = group_owner(log_->at(groups_[i].offset));
    const Labels labels(owner);
    encoder.clear();
    if (!above.empty()) {
      const unsigned common = common_labels(owner, labels, previous, previous_labels);
      above.truncate(common);
      for (unsigned d = common + 1; d < labels.count; ++d) {
        put(owner.subspan(labels.offset[labels.count - d]), false, false);
      }
    }
    for (; i < groups_.size(); ++i) {
      const std::uint8_t* at = log_->at(groups_[i].offset);
      if (!same_owner(group_owner(at), owner)) break;
      at += 1 + owner.size();
      for (std::uint32_t n = 0; n < groups_[i].records; ++n) {
        encoder.add(stored_record(at));
        at += encoder.records().back().size;
      }
    }
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
  index.reserve(nodes.size());
  for (std::size_t i = 0; i < nodes.size(); ++i) index.insert(hashes[i], nodes[i]);
  TreeWriter(edit, zone.order).build(nodes);
  zone.apex_node = nodes.front();
}

void ZoneBuilder::build_nsec3(Edit& edit, Zone& zone) {
  std::vector<Ref> nodes;
  nodes.reserve(nsec3_.size());
  NodeEncoder encoder;
  for (std::size_t i = 0; i < nsec3_.size();) {
    const dns::Bytes hash = group_owner(log_->at(nsec3_[i].offset));
    encoder.clear();
    for (; i < nsec3_.size(); ++i) {
      const std::uint8_t* at = log_->at(nsec3_[i].offset);
      if (std::memcmp(at + 1, hash.data(), hash.size()) != 0) break;
      at += 1 + hash.size();
      for (std::uint32_t n = 0; n < nsec3_[i].records; ++n) {
        encoder.add(stored_record(at));
        at += encoder.records().back().size;
      }
    }
    zone.record_count += static_cast<std::uint32_t>(encoder.normalize());
    nodes.push_back(encoder.encode(edit, {hash, kNodeNsec3, 0}, true));
  }
  TreeWriter(edit, zone.nsec3).build(nodes);
  zone.nsec3_count = static_cast<std::uint32_t>(nodes.size());
}

dns::Result<ZoneDraft> ZoneBuilder::build() {
  const std::string name = apex_.to_text();
  Edit edit(arena_);
  try {
    sort_groups();
    Zone zone{};
    zone.rr_class = rr_class_;
    zone.version = 1;
    const bool has_apex = !groups_.empty() && *log_->at(groups_.front().offset) == 0;
    if (has_apex) build_names(edit, zone);
    if (!has_apex ||
        !find_rrset(edit.base(), *edit.at<Node>(zone.apex_node), dns::RrType::kSoa)) {
      return dns::Error{"zone " + name + " has no SOA record at its apex"};
    }
    build_nsec3(edit, zone);
    groups_ = {};
    nsec3_ = {};
    log_ = std::make_unique<Log>();
    const Ref ref = finish_zone(edit, zone, apex_, plan_);
    return ZoneDraft(arena_.heap(), apex_, ref, edit.commit(), true);
  } catch (const OutOfMemory&) {
    return dns::Error{"zone " + name + " does not fit: the zone tables are full or the machine has "
                      "no memory left; free memory or serve fewer zones"};
  }
}

}  // namespace bowline::zones
