// Reading the ordered index (format.h). Any thread that holds an epoch; no allocation.
#pragma once

#include <span>

#include "zones/format.h"
#include "zones/reader.h"
#include "zones/tree_key.h"

namespace bowline::zones {

// The way from a tree's root to one of its nodes.
struct TreePath {
  struct Step {
    Ref block;
    unsigned index;
  };
  unsigned levels = 0;  // 0: no node
  Step step[kMaxTreeLevels];
};

// The last node at or before `key`, or null; `path` leads to it. Without one, `path` leads to the
// first node of the tree (levels 0 if the tree is empty).
const Node* tree_floor(Base base, Ref tree, const TreeKey& key, TreePath& path);

// One of several searches that go on together.
struct TreeSearch {
  const TreeKey* key;
  Ref tree;
  const Node* node;  // the result: as that of tree_floor()
};
inline constexpr std::size_t kMaxTreeSearches = 32;
// Makes all of them, a level of each after the other, so that the blocks of one are fetched while
// those of the others are searched; the nodes found are on their way at the end.
// REQUIRES: searches.size() <= kMaxTreeSearches.
void tree_floor_all(Base base, std::span<TreeSearch> searches);

const Node* tree_first(Base base, Ref tree, TreePath& path);
const Node* tree_last(Base base, Ref tree, TreePath& path);

// The node at the end of the path. REQUIRES: path.levels > 0.
const Node* tree_node(Base base, const TreePath& path);

// Move to the neighbour; null (and the path unchanged) at the end of the tree.
const Node* tree_next(Base base, TreePath& path);
const Node* tree_previous(Base base, TreePath& path);

// All nodes of a tree in order: Cursor c(base, zone.order); while (const Node* n = c.next()) ...
class Cursor {
 public:
  Cursor(Base base, Ref tree) : base_(base), tree_(tree) {}
  const Node* next() {
    if (path_.levels != 0) return tree_next(base_, path_);
    return tree_first(base_, tree_, path_);
  }

 private:
  Base base_;
  Ref tree_;
  TreePath path_;
};

// The lowest node below a block.
const Node* lowest_node(Base base, const TreeBlock& block);

// The number of entries of the block that are at or before `key`.
unsigned entries_up_to(Base base, const TreeBlock& block, const TreeKey& key);

}  // namespace bowline::zones
