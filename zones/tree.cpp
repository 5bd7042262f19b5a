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
  const int side = compare_to_prefix(base, block, key);
  if (side != 0) return side < 0 ? 0 : block.count;
  const std::uint32_t chunk = key.chunk(block.skip);
  const TreeEntry* const begin = block.entries();
  const TreeEntry* const end = begin + block.count;
  const TreeEntry* first = first_not_below(begin, block.count, chunk);
  const TreeEntry* last = first;
  while (last != end && last->key == chunk) ++last;
  // Only entries with the same four octets need their nodes.
  while (first != last) {
    const TreeEntry* middle = first + (last - first) / 2;
    const Node* node = entry_node(base, block, static_cast<unsigned>(middle - begin));
    if (TreeKey::of_node(*node).compare(key) <= 0) {
      first = middle + 1;
    } else {
      last = middle;
    }
  }
  return static_cast<unsigned>(first - begin);
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
  [[gnu::uninitialized]] std::array<Ref, kMaxTreeSearches> at;
  for (std::size_t i = 0; i < searches.size(); ++i) {
    searches[i].node = nullptr;
    at[i] = searches[i].tree;
    if (at[i] != 0) fetch_block(base, at[i]);
  }
  for (bool under_way = true; under_way;) {
    under_way = false;
    for (std::size_t i = 0; i < searches.size(); ++i) {
      if (at[i] == 0) continue;
      const TreeBlock& block = *base.at<TreeBlock>(at[i]);
      const unsigned before = entries_up_to(base, block, *searches[i].key);
      const Ref next = block.entries()[before == 0 ? 0 : before - 1].ref;
      if (block.level != 0) {
        at[i] = next;
        fetch_block(base, next);
        under_way = true;
        continue;
      }
      at[i] = 0;
      if (before == 0) continue;
      searches[i].node = base.at<Node>(next);
      fetch_node(*searches[i].node);
    }
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
