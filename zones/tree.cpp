#include "zones/tree.h"

#include <algorithm>
#include <cstring>

namespace bowline::zones {

namespace {

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

const Node* entry_node(Base base, const TreeBlock& block, unsigned index) {
  const Ref ref = block.entries()[index].ref;
  return block.level == 0 ? base.at<Node>(ref) : lowest_node(base, *base.at<TreeBlock>(ref));
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
  const TreeEntry* first = std::lower_bound(
      begin, end, chunk, [](const TreeEntry& entry, std::uint32_t c) { return entry.key < c; });
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
