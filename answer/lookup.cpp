#include "answer/lookup.h"

#include <algorithm>
#include <cassert>

namespace bowline::answer {

namespace {

constexpr std::size_t kLine = 64;
// Of a node this much is fetched at the most: its name, entries, and a signed RRset or two.
constexpr std::size_t kFetchedNode = 6 * kLine;

// Fetches the lines of a block that stand at `from` to `to`.
void fetch(const void* block, std::size_t from, std::size_t to) {
  const auto* const octets = static_cast<const std::byte*>(block);
  for (std::size_t at = from; at < to; at += kLine) __builtin_prefetch(octets + at);
}

// ---- Zones ------------------------------------------------------------------------------------

const zones::Bucket& directory_bucket(const Search& search, zones::View view, unsigned depth) {
  return *zones::bucket_of(view.base, view.root->directory, view.root->bucket,
                           search.key.hash[depth]);
}

void fetch_directory(const Search& search, zones::View view) {
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

void fetch_node(const zones::Node* node) { fetch(node, 0, 2 * kLine); }

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
void guess_node(Search& search, zones::Base base) {
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
bool confirm_node(Search& search) {
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
void for_parents(const Search& search, Visit&& visit) {
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
  make_wildcard_key(query, closest.depth, sources, scratch);
  const dns::NameKey& key = scratch.wildcard_key;
  const zones::Node* const node =
      zones::find_node(sources.view.base, *query.zone, key, key.depth);
  assert(node != nullptr);
  // RFC 4592 4.2 leaves NS at a wildcard open; peers delegate the name that was asked for.
  if ((node->flags & zones::kNodeCut) != 0 && query.facts.qtype != dns::RrType::kDs) {
    return set(place, Standing::kReferral, node, query.key.depth);
  }
  set(place, Standing::kWildcard, node, closest.depth);
}

}  // namespace

void find_zones(Wave wave, const Sources& sources) {
  const zones::View view = sources.view;
  [[gnu::uninitialized]] std::array<dns::KeyJob, kBurst> jobs;  // the first wave.size() are set
  for (std::size_t i = 0; i < wave.size(); ++i) {
    jobs[i] = {wave[i]->name, &wave[i]->key};
    wave[i]->at_parent = wave[i]->facts.qtype == dns::RrType::kDs;
  }
  dns::make_name_keys(*sources.secret, {jobs.data(), wave.size()});
  for (const Query* const query : wave) fetch_directory(*query, view);
  for (Query* const query : wave) guess_zone(*query, view);
  for (Query* const query : wave) {
    confirm_zone(*query, view);
    if (query->zone != nullptr) fetch_bucket(*query, view.base);
  }
}

std::uint8_t find_nodes(Wave wave, zones::Base base) {
  std::uint8_t flags = 0;
  for (Query* const query : wave) {
    if (query->zone == nullptr) continue;
    guess_node(*query, base);
    flags |= query->zone->flags;
  }
  [[gnu::uninitialized]] std::array<Search*, kBurst> missing;  // the first `count` are set
  std::size_t count = 0;
  for (Query* const query : wave) {
    if (query->zone != nullptr && !confirm_node(*query)) missing[count++] = query;
  }
  if (count != 0) find_enclosers({missing.data(), count}, base);
  return flags;
}

bool move_to(Query& query, dns::NameView name, const Sources& sources) {
  query.name = name;
  query.name_is_question = false;
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

void look_up_targets(const zones::Zone& zone, std::size_t count, const Sources& sources,
                     Scratch& scratch) {
  const zones::Base base = sources.view.base;
  [[gnu::uninitialized]] std::array<const zones::Bucket*, kGlueBatch> buckets;
  for (std::size_t i = 0; i < count; ++i) {
    dns::NameKey& key = scratch.target_keys[i];
    dns::make_name_key(*sources.secret, scratch.targets[i], key);
    buckets[i] = zones::bucket_of(base, zone.names, zone.bucket, key.hash[key.depth]);
    __builtin_prefetch(buckets[i]);
  }
  for (std::size_t i = 0; i < count; ++i) {
    const dns::NameKey& key = scratch.target_keys[i];
    const unsigned slots = zones::matching_slots(*buckets[i], zones::tag_of(key.hash[key.depth]));
    if (slots != 0) fetch_node(base.at<zones::Node>(buckets[i]->ref[__builtin_ctz(slots)]));
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

void make_wildcard_key(const Query& query, unsigned depth, const Sources& sources,
                       Scratch& scratch) {
  constexpr std::uint8_t kAsterisk[] = {'*'};
  // It is no longer than the name, which has one label or more below `depth`.
  const std::optional<dns::Name> name = dns::Name::prepend(kAsterisk, query.key.suffix(depth));
  assert(name.has_value());
  dns::make_name_key(*sources.secret, *name, scratch.wildcard_key);
}

}  // namespace bowline::answer
