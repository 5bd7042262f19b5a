// Changing an ordered index (format.h) by copy-on-write inside an Edit.
#pragma once

#include <functional>
#include <span>

#include "zones/edit.h"
#include "zones/format.h"
#include "zones/tree_key.h"

namespace bowline::zones {

class TreeWriter {
 public:
  // `root` is the caller's; it is changed in place. 0 is an empty tree.
  TreeWriter(Edit& edit, Ref& root) : edit_(edit), root_(root) {}

  // Builds a tree of nodes that are in ascending order; `starts` are those of their keys, so that
  // hardly a node has to be looked at. REQUIRES: the tree is empty.
  void build(std::span<const Ref> nodes, std::span<const KeyStart> starts);

  // REQUIRES: no node with this key is in the tree.
  void insert(const TreeKey& key, Ref node);
  // REQUIRES: a node with this key is in the tree.
  void replace(const TreeKey& key, Ref node);
  void erase(const TreeKey& key);

 private:
  struct Halves {
    Ref left;
    Ref right;  // 0: the block did not have to be split
  };
  struct Draft;

  Ref make_block(std::uint8_t level, std::span<const Ref> refs, bool lasting,
                 std::span<const KeyStart> starts = {});
  Halves rewrite(Ref old, Draft& draft);
  Halves insert_below(Ref block, const TreeKey& key, Ref node);
  Ref replace_below(Ref block, const TreeKey& key, Ref node);
  Ref erase_below(Ref block, const TreeKey& key);
  void merge_small_child(Draft& draft, unsigned child);
  void discard(Ref block);

  Edit& edit_;
  Ref& root_;
};

// Calls visit(Ref, size) for each block of a tree (not for its nodes).
void for_each_tree_block(Base base, Ref root, const std::function<void(Ref, std::size_t)>& visit);

}  // namespace bowline::zones
