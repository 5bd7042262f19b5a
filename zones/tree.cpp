#include "zones/tree.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>

namespace bowline::zones {

namespace {

constexpr std::size_t kLine = 64;
constexpr std::size_t kFetchedNode = 4 * kLine;  // an NSEC3 and its signature of P-256

// Where `key` stands to the octets that all keys of the block share: <0 before, 0 inside, >0 after.
int compare_to_prefix(Base base, const TreeBlock& block, const TreeKey& key) {
  const std::size_t near = std::min<std::size_t>(block.skip, kPrefixOctets);
  const dns::Bytes octets = key.bytes();
  const std::size_t most = std::min(near, octets.size());
  const int order = std::memcmp(octets.data(), block.prefix, most);
  if (order != 0) return order;
  if (octets.size() < near) return -1;
  if (block.skip <= kPrefixOctets) return 0;
  const TreeKey lowest = TreeKey::of_node(*lowest_node(base, block));
  if (key.common(lowest) >= block.skip) return 0;
  return key.compare(lowest);
}

// The first of the entries whose key is not below `chunk`, or their end. Without branches: which
// half is next cannot be foreseen. (A conditional expression becomes a branch.)
const TreeEntry* first_not_below(const TreeEntry* entries, unsigned count, std::uint32_t chunk) {
  while (count > 1) {
    const unsigned half = count / 2;
    entries += half & -static_cast<unsigned>(entries[half - 1].key < chunk);
    count -= half;
  }
  return entries + (count == 1 && entries->key < chunk ? 1 : 0);
}

const Node* entry_node(Base base, const TreeBlock& block, unsigned index) {
  const Ref ref = block.entries()[index].ref;
  return block.level == 0 ? base.at<Node>(ref) : lowest_node(base, *base.at<TreeBlock>(ref));
}

// Brings a block nearer that is about to be searched.
void fetch_block(Base base, Ref ref) {
  const auto* const block = base.at<std::byte>(ref);
  constexpr std::size_t kSize = sizeof(TreeBlock) + kTreeFanout * sizeof(TreeEntry);
  for (std::size_t at = 0; at < kSize; at += kLine) __builtin_prefetch(block + at);
}

// The same for a node with an RRset and its signature that are about to be copied.
void fetch_node(const Node& node) {
  const auto* const octets = reinterpret_cast<const std::byte*>(&node);
  for (std::size_t at = 0; at < kFetchedNode; at += kLine) __builtin_prefetch(octets + at);
}

// <0, 0, >0: where the node stands to `key`.
int compare_to_key(const Node& node, const TreeKey& key) {
  if ((node.flags & kNodeNsec3) != 0 && key.size() == kNsec3HashSize) {
    return std::memcmp(owner(node).data(), key.bytes().data(), kNsec3HashSize);
  }
  return TreeKey::of_node(node).compare(key);
}

// The entries of a block that only their nodes can tell from a key, for they have the same four
// octets: from `first` to before `last`. Those before them are before it.
struct Ties {
  unsigned first;
  unsigned last;
};

Ties find_ties(Base base, const TreeBlock& block, const TreeKey& key) {
  const int side = compare_to_prefix(base, block, key);
  if (side < 0) return {0, 0};
  if (side > 0) return {block.count, block.count};
  const std::uint32_t chunk = key.chunk(block.skip);
  const TreeEntry* const begin = block.entries();
  const TreeEntry* const end = begin + block.count;
  const TreeEntry* const first = first_not_below(begin, block.count, chunk);
  const TreeEntry* last = first;
  while (last != end && last->key == chunk) ++last;
  return {static_cast<unsigned>(first - begin), static_cast<unsigned>(last - begin)};
}

// The number of entries at or before the key.
unsigned decide(Base base, const TreeBlock& block, const TreeKey& key, Ties ties) {
  while (ties.first != ties.last) {
    const unsigned middle = ties.first + (ties.last - ties.first) / 2;
    if (compare_to_key(*entry_node(base, block, middle), key) <= 0) {
      ties.first = middle + 1;
    } else {
      ties.last = middle;
    }
  }
  return ties.first;
}

// A search under way. Where a leaf leaves one entry to its node, which is the rule for what exists,
// the node is taken for the right one and looked at when all are on their way.
struct Descent {
  Ref at;      // the next block; 0: done
  Ref before;  // the node that it is if a tied one is not
  bool is_tied;
};

// Searches one block.
void step(Base base, TreeSearch& search, Descent& descent) {
  const TreeBlock& block = *base.at<TreeBlock>(descent.at);
  const Ties ties = find_ties(base, block, *search.key);
  const TreeEntry* const entries = block.entries();
  if (block.level == 0 && ties.last - ties.first == 1) {
    descent = {0, ties.first == 0 ? 0 : entries[ties.first - 1].ref, true};
    search.node = base.at<Node>(entries[ties.first].ref);
    return fetch_node(*search.node);
  }
  const unsigned count = decide(base, block, *search.key, ties);
  if (block.level != 0) {
    descent.at = entries[count == 0 ? 0 : count - 1].ref;
    return fetch_block(base, descent.at);
  }
  descent.at = 0;
  if (count == 0) return;
  search.node = base.at<Node>(entries[count - 1].ref);
  fetch_node(*search.node);
}

void descend(Base base, TreePath& path, Ref ref, bool to_last) {
  for (;;) {
    const TreeBlock& block = *base.at<TreeBlock>(ref);
    const unsigned index = to_last ? block.count - 1U : 0;
    path.step[path.levels++] = {ref, index};
    if (block.level == 0) return;
    ref = block.entries()[index].ref;
  }
}

}  // namespace

const Node* lowest_node(Base base, const TreeBlock& block) {
  const TreeBlock* at = &block;
  while (at->level != 0) at = base.at<TreeBlock>(at->entries()[0].ref);
  return base.at<Node>(at->entries()[0].ref);
}

unsigned entries_up_to(Base base, const TreeBlock& block, const TreeKey& key) {
  return decide(base, block, key, find_ties(base, block, key));
}

const Node* tree_node(Base base, const TreePath& path) {
  const TreePath::Step& leaf = path.step[path.levels - 1];
  return base.at<Node>(base.at<TreeBlock>(leaf.block)->entries()[leaf.index].ref);
}

const Node* tree_floor(Base base, Ref tree, const TreeKey& key, TreePath& path) {
  path.levels = 0;
  if (tree == 0) return nullptr;
  for (Ref ref = tree;;) {
    const TreeBlock& block = *base.at<TreeBlock>(ref);
    const unsigned before = entries_up_to(base, block, key);
    path.step[path.levels++] = {ref, before == 0 ? 0 : before - 1};
    if (block.level == 0) return before == 0 ? nullptr : tree_node(base, path);
    ref = block.entries()[before == 0 ? 0 : before - 1].ref;
  }
}

void tree_floor_all(Base base, std::span<TreeSearch> searches) {
  assert(searches.size() <= kMaxTreeSearches);
  [[gnu::uninitialized]] std::array<Descent, kMaxTreeSearches> descents;
  for (std::size_t i = 0; i < searches.size(); ++i) {
    searches[i].node = nullptr;
    descents[i] = {searches[i].tree, 0, false};
    if (searches[i].tree != 0) fetch_block(base, searches[i].tree);
  }
  for (bool under_way = true; under_way;) {
    under_way = false;
    for (std::size_t i = 0; i < searches.size(); ++i) {
      if (descents[i].at != 0) step(base, searches[i], descents[i]);
      under_way |= descents[i].at != 0;
    }
  }
  for (std::size_t i = 0; i < searches.size(); ++i) {
    TreeSearch& search = searches[i];
    if (!descents[i].is_tied || compare_to_key(*search.node, *search.key) <= 0) continue;
    search.node = descents[i].before == 0 ? nullptr : base.at<Node>(descents[i].before);
  }
}

const Node* tree_first(Base base, Ref tree, TreePath& path) {
  path.levels = 0;
  if (tree == 0) return nullptr;
  descend(base, path, tree, false);
  return tree_node(base, path);
}

const Node* tree_last(Base base, Ref tree, TreePath& path) {
  path.levels = 0;
  if (tree == 0) return nullptr;
  descend(base, path, tree, true);
  return tree_node(base, path);
}

const Node* tree_next(Base base, TreePath& path) {
  for (unsigned level = path.levels; level-- > 0;) {
    TreePath::Step& step = path.step[level];
    const TreeBlock& block = *base.at<TreeBlock>(step.block);
    if (step.index + 1U == block.count) continue;
    ++step.index;
    path.levels = level + 1;
    if (block.level != 0) descend(base, path, block.entries()[step.index].ref, false);
    return tree_node(base, path);
  }
  return nullptr;
}

const Node* tree_previous(Base base, TreePath& path) {
  for (unsigned level = path.levels; level-- > 0;) {
    TreePath::Step& step = path.step[level];
    if (step.index == 0) continue;
    --step.index;
    path.levels = level + 1;
    const TreeBlock& block = *base.at<TreeBlock>(step.block);
    if (block.level != 0) descend(base, path, block.entries()[step.index].ref, true);
    return tree_node(base, path);
  }
  return nullptr;
}

}  // namespace bowline::zones
