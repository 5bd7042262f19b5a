#include "answer/lookup.h"

#include <algorithm>
#include <cassert>

namespace bowline::answer {

namespace {

constexpr std::size_t kLine = 64;
// Of a node this much is fetched at the most: its name, entries, and a signed RRset or two.
constexpr std::size_t kFetchedNode = 6 * kLine;

// Functions that do nothing but fetch are inlined by force: a prefetch is no effect to g++, so it
// takes them for pure and leaves out calls, for nobody wants a result.

// Fetches the lines of a block that stand at `from` to `to`.
[[gnu::always_inline]] inline void fetch(const void* block, std::size_t from, std::size_t to) {
  const auto* const octets = static_cast<const std::byte*>(block);
  for (std::size_t at = from; at < to; at += kLine) __builtin_prefetch(octets + at);
}

// ---- Zones ------------------------------------------------------------------------------------

const zones::Bucket& directory_bucket(const Search& search, zones::View view, unsigned depth) {
  return *zones::bucket_of(view.base, view.root->directory, view.root->bucket,
                           search.key.hash[depth]);
}

[[gnu::always_inline]] inline void fetch_directory(const Search& search, zones::View view) {
  unsigned left = kFetchedApexes;
  zones::for_apex_depths(*view.root, search.key.depth, [&](unsigned depth) {
    __builtin_prefetch(&directory_bucket(search, view, depth));
    return --left != 0;
  });
}

// Fetches the zone that has the deepest apex by the tags in the directory, and notes it as a guess:
// zone and depth, for confirm_zone(). No guess where it takes more than these tags.
void guess_zone(Search& search, zones::View view) {
  search.zone = nullptr;
  unsigned left = kFetchedApexes;
  bool sure = !search.at_parent;
  zones::for_apex_depths(*view.root, search.key.depth, [&](unsigned depth) {
    const zones::Bucket& bucket = directory_bucket(search, view, depth);
    const unsigned slots = zones::matching_slots(bucket, zones::tag_of(search.key.hash[depth]));
    if (slots == 0) {
      sure = sure && bucket.spilled == 0;
      return --left != 0;
    }
    const auto* const zone = view.base.at<zones::Zone>(bucket.ref[__builtin_ctz(slots)]);
    fetch(zone, 0, sizeof *zone + kLine);  // with the name of the apex
    if (sure) search.zone = zone;
    search.closest.depth = depth;
    return false;
  });
}

// RFC 4035 3.1.4.1: DS is data of the parent side, which answers if it is served too.
const zones::Zone* choose_zone(const Search& search, zones::View view) {
  const zones::Zone* const zone = zones::find_zone(view, search.key, search.key.depth);
  if (!search.at_parent || zone == nullptr || zone->apex_depth != search.key.depth ||
      zone->apex_depth == 0) {
    return zone;
  }
  const zones::Zone* const parent = zones::find_zone(view, search.key, zone->apex_depth - 1U);
  return parent != nullptr ? parent : zone;
}

void confirm_zone(Search& search, zones::View view) {
  if (search.zone != nullptr && zones::is_apex(*search.zone, search.key, search.closest.depth)) {
    return;
  }
  search.zone = choose_zone(search, view);
}

// ---- Nodes ------------------------------------------------------------------------------------

const zones::Bucket* names_bucket(const Search& search, zones::Base base, unsigned depth) {
  const zones::Zone& zone = *search.zone;
  return zones::bucket_of(base, zone.names, zone.bucket, search.key.hash[depth]);
}

[[gnu::always_inline]] inline void fetch_node(const zones::Node* node) {
  fetch(node, 0, 2 * kLine);
}

// Fetches the bucket of the name, or the node of the apex, which needs none.
// REQUIRES: the search has a zone.
void fetch_bucket(Search& search, zones::Base base) {
  const zones::Zone& zone = *search.zone;
  if (search.key.depth == zone.apex_depth) {
    search.bucket = nullptr;
    return fetch_node(base.at<zones::Node>(zone.apex_node));
  }
  search.bucket = names_bucket(search, base, search.key.depth);
  __builtin_prefetch(search.bucket);
}

// Fetches the node that has the tag of the name, and notes it as a guess; none: null.
[[gnu::always_inline]] inline void guess_node(Search& search, zones::Base base) {
  if (search.bucket == nullptr) {
    search.closest.node = base.at<zones::Node>(search.zone->apex_node);
    return;
  }
  search.closest.node = nullptr;
  const zones::Bucket& bucket = *search.bucket;
  const std::uint16_t tag = zones::tag_of(search.key.hash[search.key.depth]);
  const unsigned slots = zones::matching_slots(bucket, tag);
  if (slots == 0) return;
  search.closest.node = base.at<zones::Node>(bucket.ref[__builtin_ctz(slots)]);
  fetch_node(search.closest.node);
}

// Whether the guess is the name's node.
[[gnu::always_inline]] inline bool confirm_node(Search& search) {
  const zones::Node* const node = search.closest.node;
  if (node == nullptr) return false;
  if (!zones::has_owner(*search.zone, *node, search.key, search.key.depth)) return false;
  search.closest.depth = search.key.depth;
  fetch(node, 2 * kLine, std::min<std::size_t>(node->size, kFetchedNode));
  return true;
}

// Calls visit(depth) for the suffixes above the name that a search for the closest encloser asks
// for first, until it returns false. The apex itself is reached without a hash.
template <typename Visit>
[[gnu::always_inline]] inline void for_parents(const Search& search, Visit&& visit) {
  unsigned depth = search.key.depth;
  for (unsigned left = kFetchedParents; depth > search.zone->apex_depth + 1U && left > 0; --left) {
    if (!visit(--depth)) return;
  }
}

// Searches whose names do not exist, or are not where their tag is first.
void find_enclosers(Searches missing, zones::Base base) {
  for (const Search* const search : missing) {
    fetch_node(base.at<zones::Node>(search->zone->apex_node));
    for_parents(*search, [&](unsigned depth) {
      __builtin_prefetch(names_bucket(*search, base, depth));
      return true;
    });
  }
  for (const Search* const search : missing) {
    for_parents(*search, [&](unsigned depth) {
      const zones::Bucket& bucket = *names_bucket(*search, base, depth);
      const std::uint16_t tag = zones::tag_of(search->key.hash[depth]);
      const unsigned slots = zones::matching_slots(bucket, tag);
      if (slots == 0) return true;
      fetch_node(base.at<zones::Node>(bucket.ref[__builtin_ctz(slots)]));
      return false;
    });
  }
  for (Search* const search : missing) {
    search->closest = zones::find_closest(base, *search->zone, search->key);
  }
}

// What is set of a key.
void copy_key(const dns::NameKey& from, dns::NameKey& to) {
  to.size = from.size;
  to.depth = from.depth;
  std::copy_n(from.offset.begin(), from.depth + 1, to.offset.begin());
  std::copy_n(from.lower.begin(), from.size, to.lower.begin());
  std::copy_n(from.hash.begin(), from.depth + 1, to.hash.begin());
}

// ---- Places -----------------------------------------------------------------------------------

// Each field by itself: a Place that is made elsewhere is copied by loads that span several stores,
// and those wait.
void set(Place& place, Standing standing, const zones::Node* node, unsigned depth) {
  place.standing = standing;
  place.node = node;
  place.depth = depth;
}

// The name has, at or above it, a delegation or a DNAME that hides what is below.
void place_below_cut(const Query& query, zones::Base base, Place& place) {
  const zones::Closest& closest = query.closest;
  const unsigned depth = zones::cut_labels(*closest.node);
  const zones::Node* const cut =
      depth == closest.depth ? closest.node
                             : zones::find_node(base, *query.zone, query.key, depth);
  assert(cut != nullptr);
  if ((cut->flags & zones::kNodeCut) == 0) return set(place, Standing::kBelowDname, cut, depth);
  const bool is_ds = depth == query.key.depth && query.facts.qtype == dns::RrType::kDs;
  set(place, is_ds ? Standing::kExact : Standing::kReferral, cut, depth);
}

// The wildcard below the closest encloser, which has one.
const zones::Node* find_wildcard(const Query& query, const Sources& sources, Scratch& scratch) {
  if (const Search* const foreseen = scratch.foresight.find(query.closest.node)) {
    return foreseen->closest.node;
  }
  dns::NameKey& key = scratch.wildcard_key;
  make_wildcard_key(query, query.closest.depth, sources, key);
  return zones::find_node(sources.view.base, *query.zone, key, key.depth);
}

// The name does not exist and nothing above it hides it.
void place_missing(const Query& query, const Sources& sources, Scratch& scratch, Place& place) {
  const zones::Closest& closest = query.closest;
  // RFC 6672 3.2: a DNAME is looked for before the wildcard.
  if ((closest.node->flags & zones::kNodeDname) != 0) {
    return set(place, Standing::kBelowDname, closest.node, closest.depth);
  }
  if ((closest.node->flags & zones::kNodeHasWildcard) == 0) {
    return set(place, Standing::kMissing, closest.node, closest.depth);
  }
  const zones::Node* const node = find_wildcard(query, sources, scratch);
  assert(node != nullptr);
  // RFC 4592 4.2 leaves NS at a wildcard open; peers delegate the name that was asked for.
  if ((node->flags & zones::kNodeCut) != 0 && query.facts.qtype != dns::RrType::kDs) {
    return set(place, Standing::kReferral, node, query.key.depth);
  }
  set(place, Standing::kWildcard, node, closest.depth);
}

}  // namespace

void find_zones_of(Searches searches, zones::View view) {
  for (const Search* const search : searches) fetch_directory(*search, view);
  for (Search* const search : searches) guess_zone(*search, view);
  for (Search* const search : searches) {
    confirm_zone(*search, view);
    if (search->zone != nullptr) fetch_bucket(*search, view.base);
  }
}

void find_zones(Wave wave, const Sources& sources) {
  [[gnu::uninitialized]] std::array<dns::KeyJob, kBurst> jobs;  // of both the first wave.size()
  [[gnu::uninitialized]] std::array<Search*, kBurst> searches;  // are set
  for (std::size_t i = 0; i < wave.size(); ++i) {
    jobs[i] = {wave[i]->name, &wave[i]->key};
    wave[i]->at_parent = wave[i]->facts.qtype == dns::RrType::kDs;
    searches[i] = wave[i];
  }
  dns::make_name_keys(*sources.secret, {jobs.data(), wave.size()});
  find_zones_of({searches.data(), wave.size()}, sources.view);
}

void find_nodes_of(Searches searches, zones::Base base) {
  for (Search* const search : searches) {
    if (search->zone != nullptr) guess_node(*search, base);
  }
  [[gnu::uninitialized]] std::array<Search*, kMaxSearches> missing;  // the first `count` are set
  std::size_t count = 0;
  for (Search* const search : searches) {
    if (search->zone != nullptr && !confirm_node(*search)) missing[count++] = search;
  }
  if (count != 0) find_enclosers({missing.data(), count}, base);
}

std::uint8_t find_nodes(Wave wave, zones::Base base) {
  [[gnu::uninitialized]] std::array<Search*, kBurst> searches;  // the first wave.size() are set
  std::uint8_t flags = 0;
  for (std::size_t i = 0; i < wave.size(); ++i) {
    searches[i] = wave[i];
    if (wave[i]->zone != nullptr) flags |= wave[i]->zone->flags;
  }
  find_nodes_of({searches.data(), wave.size()}, base);
  return flags;
}

void find_exact(Searches searches, zones::Base base) {
  for (Search* const search : searches) fetch_bucket(*search, base);
  for (Search* const search : searches) guess_node(*search, base);
  for (Search* const search : searches) {
    if (confirm_node(*search)) continue;
    const dns::NameKey& key = search->key;
    search->closest = {zones::find_node(base, *search->zone, key, key.depth), key.depth};
  }
}

bool is_hidden(const Search& search, zones::Base base) {
  const zones::Node* const node = search.closest.node;
  if (node == nullptr || node->cut_depth == 0) return false;
  const unsigned depth = zones::cut_labels(*node);
  const zones::Node* const cut =
      depth == search.key.depth ? node : zones::find_node(base, *search.zone, search.key, depth);
  return cut == nullptr || (cut->flags & zones::kNodeCut) == 0;
}

bool move_to(Query& query, dns::NameView name, const Sources& sources, const Scratch& scratch) {
  query.name = name;
  query.name_is_question = false;
  const Search* const foreseen = scratch.foresight.find(name.data());
  if (foreseen != nullptr && foreseen->at_parent == query.at_parent &&
      foreseen->zone != nullptr && (foreseen->zone->flags & zones::kZoneAbsent) == 0) {
    query.zone = foreseen->zone;
    query.closest = foreseen->closest;
    copy_key(foreseen->key, query.key);
    return true;
  }
  dns::make_name_key(*sources.secret, name, query.key);
  query.zone = choose_zone(query, sources.view);
  // A chain ends before a zone without content as if we did not serve that: what has been found so
  // far is an answer.
  while (query.zone != nullptr && (query.zone->flags & zones::kZoneAbsent) != 0) [[unlikely]] {
    const unsigned depth = query.zone->apex_depth;
    query.zone =
        depth == 0 ? nullptr : zones::find_zone(sources.view, query.key, depth - 1);
  }
  if (query.zone == nullptr) return false;
  query.closest = zones::find_closest(sources.view.base, *query.zone, query.key);
  return true;
}

void find_hosts(const zones::Zone& zone, std::span<const dns::NameView> names,
                const Sources& sources, Scratch& scratch, std::span<const zones::Node*> nodes) {
  const zones::Base base = sources.view.base;
  [[gnu::uninitialized]] std::array<Search*, kGlueBatch> searches;     // of both the first
  [[gnu::uninitialized]] std::array<std::size_t, kGlueBatch> numbers;  // `count` are set
  std::size_t count = 0;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (const Search* const foreseen = scratch.foresight.find(names[i].data())) {
      nodes[i] = foreseen->closest.node;
      continue;
    }
    Search& search = scratch.host_searches[count];
    search.zone = &zone;
    dns::make_name_key(*sources.secret, names[i], search.key);
    searches[count] = &search;
    numbers[count++] = i;
  }
  find_exact({searches.data(), count}, base);
  for (std::size_t i = 0; i < count; ++i) {
    nodes[numbers[i]] = is_hidden(*searches[i], base) ? nullptr : searches[i]->closest.node;
  }
}

void find_place(const Query& query, const Sources& sources, Scratch& scratch, Place& place) {
  const zones::Closest& closest = query.closest;
  if (closest.node->cut_depth != 0) {
    place_below_cut(query, sources.view.base, place);
  } else if (closest.depth != query.key.depth) {
    place_missing(query, sources, scratch, place);
  } else {
    set(place, Standing::kExact, closest.node, closest.depth);
  }
}

void make_wildcard_key(const Search& search, unsigned depth, const Sources& sources,
                       dns::NameKey& key) {
  constexpr std::uint8_t kAsterisk[] = {'*'};
  // It is no longer than the name, which has one label or more below `depth`.
  const std::optional<dns::Name> name = dns::Name::prepend(kAsterisk, search.key.suffix(depth));
  assert(name.has_value());
  dns::make_name_key(*sources.secret, *name, key);
}

}  // namespace bowline::answer
