#include "answer/foresight.h"

#include "answer/lookup.h"
#include "answer/sections.h"

namespace bowline::answer {

namespace {

constexpr std::uint16_t kCname = dns::code_of(dns::RrType::kCname);
constexpr unsigned kNoDepth = dns::kMaxDepth + 1;  // no name has so many labels

}  // namespace

// The slot that has the cause, or the free one where it belongs. More than half of them are free.
std::size_t Foresight::slot_of(const void* cause) const {
  constexpr std::uint64_t kSpread = 0x9e3779b97f4a7c15;  // 2^64 / golden ratio
  static_assert(kSlots == 256 && kEntries <= kMaxSearches);
  std::size_t slot = reinterpret_cast<std::uintptr_t>(cause) * kSpread >> 56;
  while (slots_[slot] != 0 && entries_[slots_[slot] - 1U].cause != cause) {
    slot = (slot + 1) % kSlots;
  }
  return slot;
}

// Null: it is there already, or there is no room.
Foresight::Entry* Foresight::add(Kind kind, const void* cause) {
  if (count_ == kEntries) return nullptr;
  std::uint8_t& slot = slots_[slot_of(cause)];
  if (slot != 0) return nullptr;
  Entry& entry = entries_[count_++];
  slot = static_cast<std::uint8_t>(count_);
  entry.kind = kind;
  entry.cause = cause;
  entry.at_parent = false;
  return &entry;
}

void Foresight::want_hosts(const Search& search, const zones::Rrset& rrset) {
  const std::size_t offset = *target_offset(rrset.type);
  if (rrset.count > kMaxAdditionalNames) return;
  const dns::NameView apex = zones::apex(*search.zone);
  const bool is_cut = (search.closest.node->flags & zones::kNodeCut) != 0;
  zones::for_each_record(rrset.records, [&](dns::Bytes rdata, std::uint32_t) {
    const auto host = dns::NameView::parse(rdata.subspan(offset));
    if (!host || host->is_root() || !host->is_at_or_below(apex)) return;
    Entry* const entry = add(Kind::kHost, host->data());
    if (entry == nullptr) return;
    entry->zone = search.zone;
    entry->name = *host;
    entry->cut_depth = is_cut ? search.closest.depth : kNoDepth;
    entry->cut_hash = search.key.hash[search.closest.depth];
  });
}

// Whether the host lies below the very delegation whose server it is.
bool Foresight::is_glue(const Entry& entry) {
  const zones::Node* const node = entry.closest.node;
  return node != nullptr && node->cut_depth != 0 && zones::cut_labels(*node) == entry.cut_depth &&
         entry.key.hash[entry.cut_depth] == entry.cut_hash;
}

void Foresight::want_wildcard(const Search& search, dns::RrType type, const Sources& sources) {
  Entry* const entry = add(Kind::kWildcard, search.closest.node);
  if (entry == nullptr) return;
  entry->zone = search.zone;
  entry->at_parent = search.at_parent;
  entry->type = type;
  make_wildcard_key(search, search.closest.depth, sources, entry->key);
}

// The node has the answer, or leads on to it.
void Foresight::want_node(const Search& search, dns::RrType type, zones::Base base) {
  const zones::Node& node = *search.closest.node;
  if (target_offset(type)) {
    if (const zones::Rrset rrset = zones::find_rrset(base, node, type)) {
      return want_hosts(search, rrset);
    }
  }
  // Beside a CNAME there are types of higher numbers alone.
  if (node.rrset_count == 0 || zones::entries(node)->type != kCname) return;
  if (is_answered_at_alias(type)) return;
  const zones::Rrset cname = zones::find_rrset(base, node, dns::RrType::kCname);
  zones::for_each_record(cname.records, [&](dns::Bytes rdata, std::uint32_t) {
    const auto target = dns::NameView::parse(rdata);
    Entry* const entry = target ? add(Kind::kAlias, target->data()) : nullptr;
    if (entry == nullptr) return;
    entry->at_parent = search.at_parent;
    entry->type = type;
    entry->name = *target;
  });
}

// Notes what the answer will need from where the search has ended.
void Foresight::look_ahead(const Search& search, dns::RrType type, const Sources& sources) {
  const zones::Node& node = *search.closest.node;
  const bool exact = search.closest.depth == search.key.depth;
  if (node.cut_depth != 0) {
    const bool is_here = zones::cut_labels(node) == search.closest.depth;
    if (!is_here || (node.flags & zones::kNodeCut) == 0 || (exact && search.at_parent)) return;
    const zones::Rrset ns = zones::find_rrset(sources.view.base, node, dns::RrType::kNs);
    if (ns) want_hosts(search, ns);
  } else if (exact) {
    want_node(search, type, sources.view.base);
  } else if ((node.flags & (zones::kNodeDname | zones::kNodeHasWildcard)) ==
             zones::kNodeHasWildcard) {
    want_wildcard(search, type, sources);
  }
}

// Looks up the entries from `begin` on, all at once.
void Foresight::look_up(std::size_t begin, const Sources& sources) {
  [[gnu::uninitialized]] std::array<dns::KeyJob, kEntries> jobs;  // of these three arrays the
  [[gnu::uninitialized]] std::array<Search*, kEntries> aliases;   // first ones are set
  [[gnu::uninitialized]] std::array<Search*, kEntries> others;
  std::size_t job_count = 0, alias_count = 0, other_count = 0;
  for (std::size_t i = begin; i < count_; ++i) {
    Entry& entry = entries_[i];
    if (entry.kind != Kind::kWildcard) jobs[job_count++] = {entry.name, &entry.key};
    (entry.kind == Kind::kAlias ? aliases[alias_count++] : others[other_count++]) = &entry;
  }
  dns::make_name_keys(*sources.secret, {jobs.data(), job_count});
  find_exact({others.data(), other_count}, sources.view.base);
  find_zones_of({aliases.data(), alias_count}, sources.view);
  find_nodes_of({aliases.data(), alias_count}, sources.view.base);
  for (std::size_t i = begin; i < count_; ++i) {
    Entry& entry = entries_[i];
    if (entry.kind != Kind::kHost || is_glue(entry)) continue;
    if (is_hidden(entry, sources.view.base)) entry.closest.node = nullptr;
  }
}

namespace {

// Most answers stand in the node that was found.
bool leads_on(const Search& search, dns::RrType type) {
  const zones::Node& node = *search.closest.node;
  if (node.cut_depth != 0 || search.closest.depth != search.key.depth) return true;
  return target_offset(type) || (node.rrset_count != 0 && zones::entries(node)->type == kCname);
}

}  // namespace

void Foresight::foresee(Wave wave, const Sources& sources) {
  if (count_ != 0) slots_ = {};
  count_ = found_ = 0;
  for (const Query* const query : wave) {
    if (query->zone == nullptr) continue;
    const dns::RrType type = query->facts.qtype;
    if (leads_on(*query, type)) look_ahead(*query, type, sources);
  }
  for (unsigned round = 0; round < kRounds && found_ < count_; ++round) {
    const std::size_t begin = found_, end = count_;
    look_up(begin, sources);
    found_ = end;
    for (std::size_t i = begin; i < end; ++i) {
      const Entry& entry = entries_[i];
      if (entry.kind == Kind::kHost || entry.zone == nullptr) continue;
      if (entry.closest.node != nullptr) look_ahead(entry, entry.type, sources);
    }
  }
}

}  // namespace bowline::answer
