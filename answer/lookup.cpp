#include "answer/lookup.h"

#include <algorithm>
#include <cassert>

namespace bowline::answer {

namespace {

// Calls visit(depth) for the deepest depths, at most kPrefetchedDepths, that an apex above the name
// of `depth` labels can have.
template <typename Visit>
void for_apex_depths(const zones::Root& root, unsigned depth, Visit&& visit) {
  unsigned left = kPrefetchedDepths;
  for (unsigned word = depth / 64 + 1; word-- > 0 && left > 0;) {
    std::uint64_t depths = root.apex_depths[word];
    if (word == depth / 64) depths &= ~std::uint64_t{0} >> (63 - depth % 64);
    for (; depths != 0 && left > 0; --left) {
      const auto bit = 63U - static_cast<unsigned>(__builtin_clzll(depths));
      visit(word * 64 + bit);
      depths &= ~(std::uint64_t{1} << bit);
    }
  }
}

// Calls visit(hash) for the name and the suffixes above it that a look-up will ask for first. The
// apex itself is reached without a hash.
template <typename Visit>
void for_suffixes(const Query& query, Visit&& visit) {
  const unsigned depth = query.key.depth;
  const unsigned lowest = query.zone->apex_depth + 1U;
  visit(query.key.hash[depth]);
  for (unsigned d = depth, left = kPrefetchedDepths - 1; d > lowest && left > 0; --left) {
    visit(query.key.hash[--d]);
  }
}

// RFC 4035 3.1.4.1: DS is data of the parent side, which answers if it is served too.
const zones::Zone* choose_zone(const Query& query, zones::View view) {
  const zones::Zone* const zone = zones::find_zone(view, query.key, query.key.depth);
  if (query.facts.qtype != dns::RrType::kDs || zone == nullptr ||
      zone->apex_depth != query.key.depth || zone->apex_depth == 0) {
    return zone;
  }
  const zones::Zone* const parent = zones::find_zone(view, query.key, zone->apex_depth - 1U);
  return parent != nullptr ? parent : zone;
}

// The name has, at or above it, a delegation or a DNAME that hides what is below.
Place place_below_cut(const Query& query, zones::Base base) {
  const zones::Closest& closest = query.closest;
  const unsigned depth = zones::cut_labels(*closest.node);
  const zones::Node* const cut =
      depth == closest.depth ? closest.node
                             : zones::find_node(base, *query.zone, query.key, depth);
  assert(cut != nullptr);
  if ((cut->flags & zones::kNodeCut) == 0) return {Standing::kBelowDname, cut, depth};
  if (depth == query.key.depth && query.facts.qtype == dns::RrType::kDs) {
    return {Standing::kExact, cut, depth};
  }
  return {Standing::kReferral, cut, depth};
}

// The name does not exist and nothing above it hides it.
Place place_missing(const Query& query, const Sources& sources, Scratch& scratch) {
  const zones::Closest& closest = query.closest;
  // RFC 6672 3.2: a DNAME is looked for before the wildcard.
  if ((closest.node->flags & zones::kNodeDname) != 0) {
    return {Standing::kBelowDname, closest.node, closest.depth};
  }
  if ((closest.node->flags & zones::kNodeHasWildcard) == 0) {
    return {Standing::kMissing, closest.node, closest.depth};
  }
  make_wildcard_key(query, closest.depth, sources, scratch);
  const dns::NameKey& key = scratch.wildcard_key;
  const zones::Node* const node =
      zones::find_node(sources.view.base, *query.zone, key, key.depth);
  assert(node != nullptr);
  // RFC 4592 4.2 leaves NS at a wildcard open; peers delegate the name that was asked for.
  if ((node->flags & zones::kNodeCut) != 0 && query.facts.qtype != dns::RrType::kDs) {
    return {Standing::kReferral, node, query.key.depth};
  }
  return {Standing::kWildcard, node, closest.depth};
}

}  // namespace

void find_zones(Wave wave, const Sources& sources) {
  const zones::View view = sources.view;
  const zones::Root& root = *view.root;
  for (Query* const query : wave) {
    dns::make_name_key(*sources.secret, query->name, query->key);
    for_apex_depths(root, query->key.depth, [&](unsigned depth) {
      zones::prefetch_bucket(view.base, root.directory, root.bucket, query->key.hash[depth]);
    });
  }
  for (Query* const query : wave) {
    for_apex_depths(root, query->key.depth, [&](unsigned depth) {
      zones::prefetch_entry(view.base, root.directory, root.bucket, query->key.hash[depth]);
    });
  }
  for (Query* const query : wave) query->zone = choose_zone(*query, view);
}

std::uint8_t find_nodes(Wave wave, zones::Base base) {
  for (const Query* const query : wave) {
    if (query->zone == nullptr) continue;
    for_suffixes(*query, [&](std::uint64_t hash) {
      zones::prefetch_bucket(base, query->zone->names, query->zone->bucket, hash);
    });
  }
  for (const Query* const query : wave) {
    if (query->zone == nullptr) continue;
    for_suffixes(*query, [&](std::uint64_t hash) {
      zones::prefetch_entry(base, query->zone->names, query->zone->bucket, hash);
    });
  }
  std::uint8_t flags = 0;
  for (Query* const query : wave) {
    if (query->zone == nullptr) continue;
    query->closest = zones::find_closest(base, *query->zone, query->key);
    flags |= query->zone->flags;
  }
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

void find_place(const Query& query, const Sources& sources, Scratch& scratch, Place& place) {
  const zones::Closest& closest = query.closest;
  if (closest.node->cut_depth != 0) {
    place = place_below_cut(query, sources.view.base);
  } else if (closest.depth != query.key.depth) {
    place = place_missing(query, sources, scratch);
  } else {
    place.standing = Standing::kExact;
    place.node = closest.node;
    place.depth = closest.depth;
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
