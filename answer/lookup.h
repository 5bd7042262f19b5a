// Lookup: from names to nodes, a burst at a time, so that the latency of memory is paid once a
// burst.
#pragma once

#include <span>

#include "answer/query.h"
#include "answer/reply.h"

namespace bowline::answer {

// The queries of a burst that have not been decided yet.
using Wave = std::span<Query* const>;
using Searches = std::span<Search* const>;

// Sets the key and the zone of each query; no zone: null.
void find_zones(Wave wave, const Sources& sources);
// Sets `closest` of each query that has a zone. Gives back all flags that these zones have.
// REQUIRES: find_zones() has been called for them.
std::uint8_t find_nodes(Wave wave, zones::Base base);

// The same for one name: moves `query` to `name`. False: none of our zones has it.
// REQUIRES: `name` lives as long as the query.
bool move_to(Query& query, dns::NameView name, const Sources& sources);

// Says in `place` what `closest` means for the question.
void find_place(const Query& query, const Sources& sources, Scratch& scratch, Place& place);

// Makes scratch.wildcard_key the key of "*" below the suffix of `depth` labels of the name.
// REQUIRES: depth < query.key.depth.
void make_wildcard_key(const Query& query, unsigned depth, const Sources& sources,
                       Scratch& scratch);

// Makes the keys of the first `count` of scratch.targets and fetches what find_node() will read.
void look_up_targets(const zones::Zone& zone, std::size_t count, const Sources& sources,
                     Scratch& scratch);

// Looks up the first `count` names of scratch.targets in the zone, all at once, and calls
// visit(name, key, node) for each that exists, in order, until it returns false. Gives back whether
// all were visited. REQUIRES: they are in the zone; count <= kGlueBatch.
template <typename Visit>
bool find_targets(const zones::Zone& zone, std::size_t count, const Sources& sources,
                  Scratch& scratch, Visit&& visit) {
  look_up_targets(zone, count, sources, scratch);
  for (std::size_t i = 0; i < count; ++i) {
    const dns::NameKey& key = scratch.target_keys[i];
    const zones::Node* const node = zones::find_node(sources.view.base, zone, key, key.depth);
    if (node != nullptr && !visit(scratch.targets[i], key, *node)) return false;
  }
  return true;
}

}  // namespace bowline::answer
