// Lookup: from names to nodes, a burst at a time, so that the latency of memory is paid once a
// burst.
#pragma once

#include <span>

#include "answer/query.h"
#include "answer/reply.h"

namespace bowline::answer {

// The queries of a burst that have not been decided yet.
using Wave = std::span<Query* const>;

// Sets the key and the zone of each query; no zone: null.
void find_zones(Wave wave, const Sources& sources);
// Sets `closest` of each query that has a zone. Gives back all flags that these zones have.
// REQUIRES: find_zones() has been called for them.
std::uint8_t find_nodes(Wave wave, zones::Base base);

// ---- Other names ------------------------------------------------------------------------------

using Searches = std::span<Search* const>;
inline constexpr std::size_t kMaxSearches = 2 * kBurst;

// The same for names whose keys have been made. REQUIRES: at most kMaxSearches.
void find_zones_of(Searches searches, zones::View view);
void find_nodes_of(Searches searches, zones::Base base);
// Sets closest.node to the node of the name itself, or to null.
// REQUIRES: key and zone are set; the name is in the zone.
void find_exact(Searches searches, zones::Base base);
// Whether a DNAME above hides the node that was found, so that what it holds is no data
// (RFC 6672 2.4). REQUIRES: find_exact() has been called.
bool is_hidden(const Search& search, zones::Base base);

// Looks up hosts of the zone: nodes[i] becomes the node of names[i], null where there is none or it
// is hidden. REQUIRES: the names are in the zone; at most kGlueBatch; as many nodes.
void find_hosts(const zones::Zone& zone, std::span<const dns::NameView> names,
                const Sources& sources, Scratch& scratch, std::span<const zones::Node*> nodes);

// Moves `query` to `name`: finds its zone and node. False: none of our zones has it.
// REQUIRES: `name` lives as long as the query.
bool move_to(Query& query, dns::NameView name, const Sources& sources, const Scratch& scratch);

// Says in `place` what `closest` means for the question.
void find_place(const Query& query, const Sources& sources, Scratch& scratch, Place& place);

// Makes `key` that of "*" below the suffix of `depth` labels of the name.
// REQUIRES: depth < search.key.depth.
void make_wildcard_key(const Search& search, unsigned depth, const Sources& sources,
                       dns::NameKey& key);

}  // namespace bowline::answer
