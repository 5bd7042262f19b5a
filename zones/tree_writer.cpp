#include "zones/tree_writer.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>

#include "zones/tree.h"

namespace bowline::zones {

namespace {

// A built leaf leaves room for a few insertions before its first split.
constexpr unsigned kBuiltFill = 54;
// A block with fewer entries than this is merged with a neighbour, if the result still leaves room.
constexpr unsigned kMergeBelow = kTreeFanout / 4;
constexpr unsigned kMergedMost = kTreeFanout * 3 / 4;

std::size_t block_size(std::size_t count) {
  return sizeof(TreeBlock) + count * sizeof(TreeEntry);
}

}  // namespace

// The entries of a block while it is changed; one more than a block may hold.
struct TreeWriter::Draft {
  std::uint8_t level = 0;
  unsigned count = 0;
  std::array<TreeEntry, kTreeFanout + 1> entries;
  std::array<bool, kTreeFanout + 1> stale_key{};  // the lowest node below has changed

  explicit Draft(const TreeBlock& block) : level(block.level), count(block.count) {
    std::copy_n(block.entries(), count, entries.begin());
  }
  void insert(unsigned at, Ref ref) {
    std::copy_backward(entries.begin() + at, entries.begin() + count, entries.begin() + count + 1);
    std::copy_backward(stale_key.begin() + at, stale_key.begin() + count,
                       stale_key.begin() + count + 1);
    entries[at] = {0, ref};
    stale_key[at] = true;
    ++count;
  }
  void erase(unsigned at) {
    std::copy(entries.begin() + at + 1, entries.begin() + count, entries.begin() + at);
    std::copy(stale_key.begin() + at + 1, stale_key.begin() + count, stale_key.begin() + at);
    --count;
  }
  void set(unsigned at, Ref ref, bool lowest_changed) {
    entries[at].ref = ref;
    stale_key[at] = stale_key[at] || lowest_changed;
  }
};

namespace {

TreeKey lowest_key(Base base, std::uint8_t level, Ref ref) {
  return TreeKey::of_node(level == 0 ? *base.at<Node>(ref)
                                     : *lowest_node(base, *base.at<TreeBlock>(ref)));
}

}  // namespace

void TreeWriter::discard(Ref block) {
  edit_.discard(block, block_size(edit_.at<TreeBlock>(block)->count));
}

// Writes a block of these refs with the longest prefix that they share.
Ref TreeWriter::make_block(std::uint8_t level, std::span<const Ref> refs, bool lasting,
                           std::span<const KeyStart> starts) {
  const std::size_t size = block_size(refs.size());
  const Ref ref = lasting ? edit_.allocate_lasting(size) : edit_.allocate(size);
  TreeBlock& block = *edit_.at<TreeBlock>(ref);
  const Base base = edit_.base();
  const TreeKey first = lowest_key(base, level, refs.front());
  const TreeKey last = lowest_key(base, level, refs.back());
  const std::size_t skip = refs.size() == 1 ? 0 : first.common(last);
  block = {};
  block.count = static_cast<std::uint16_t>(refs.size());
  block.level = level;
  block.skip = static_cast<std::uint16_t>(skip);
  std::memcpy(block.prefix, first.bytes().data(), std::min<std::size_t>(skip, kPrefixOctets));
  const bool start_tells = !starts.empty() && skip + sizeof(TreeEntry::key) <= KeyStart::kOctets;
  for (std::size_t i = 0; i < refs.size(); ++i) {
    const std::uint32_t key =
        start_tells ? starts[i].chunk(skip) : lowest_key(base, level, refs[i]).chunk(skip);
    block.entries()[i] = {key, refs[i]};
  }
  return ref;
}

void TreeWriter::build(std::span<const Ref> nodes, std::span<const KeyStart> starts) {
  assert(root_ == 0 && nodes.size() == starts.size());
  std::vector<Ref> refs(nodes.begin(), nodes.end());
  for (std::uint8_t level = 0; !refs.empty(); ++level) {
    if (level > 0 && refs.size() == 1) break;
    std::vector<Ref> above;
    const std::size_t blocks = (refs.size() + kBuiltFill - 1) / kBuiltFill;
    for (std::size_t i = 0; i < blocks; ++i) {
      // Even shares: no small block at the end.
      const std::size_t begin = refs.size() * i / blocks, end = refs.size() * (i + 1) / blocks;
      above.push_back(make_block(level, std::span(refs).subspan(begin, end - begin), true,
                                 level == 0 ? starts.subspan(begin, end - begin) : starts.first(0)));
    }
    refs = std::move(above);
  }
  root_ = refs.empty() ? 0 : refs.front();
}

// Writes a changed block in place of `old`, or two halves. The old prefix is kept if all still
// share it, so that an ordinary change reads no node.
TreeWriter::Halves TreeWriter::rewrite(Ref old, Draft& draft) {
  const Base base = edit_.base();
  std::array<Ref, kTreeFanout + 1> refs;
  for (unsigned i = 0; i < draft.count; ++i) refs[i] = draft.entries[i].ref;
  const auto remake = [&](unsigned begin, unsigned end) {
    return make_block(draft.level, std::span(refs).subspan(begin, end - begin), false);
  };
  if (draft.count > kTreeFanout) {
    const unsigned middle = draft.count / 2;
    const Halves halves{remake(0, middle), remake(middle, draft.count)};
    discard(old);
    return halves;
  }
  const TreeBlock& before = *edit_.at<TreeBlock>(old);
  // The octets beyond those that stand in the block are only known from nodes: make it anew then.
  bool keep = before.skip <= kPrefixOctets;
  for (unsigned i = 0; keep && i < draft.count; ++i) {
    if (!draft.stale_key[i]) continue;
    const TreeKey key = lowest_key(base, draft.level, refs[i]);
    keep = key.size() >= before.skip &&
           std::memcmp(key.bytes().data(), before.prefix, before.skip) == 0;
    draft.entries[i].key = key.chunk(before.skip);
  }
  Ref ref;
  if (keep) {
    ref = edit_.allocate(block_size(draft.count));
    TreeBlock& block = *edit_.at<TreeBlock>(ref);
    block = *edit_.at<TreeBlock>(old);
    block.count = static_cast<std::uint16_t>(draft.count);
    std::copy_n(draft.entries.begin(), draft.count, block.entries());
  } else {
    ref = remake(0, draft.count);
  }
  discard(old);
  return {ref, 0};
}

void TreeWriter::insert(const TreeKey& key, Ref node) {
  if (root_ == 0) {
    root_ = make_block(0, std::span(&node, 1), false);
    return;
  }
  const Halves halves = insert_below(root_, key, node);
  root_ = halves.left;
  if (halves.right != 0) {
    const auto level = static_cast<std::uint8_t>(edit_.at<TreeBlock>(halves.left)->level + 1);
    const std::array<Ref, 2> both{halves.left, halves.right};
    root_ = make_block(level, both, false);
  }
}

TreeWriter::Halves TreeWriter::insert_below(Ref ref, const TreeKey& key, Ref node) {
  const TreeBlock& block = *edit_.at<TreeBlock>(ref);
  const unsigned before = entries_up_to(edit_.base(), block, key);
  Draft draft(block);
  if (block.level == 0) {
    draft.insert(before, node);
  } else {
    const unsigned child = before == 0 ? 0 : before - 1;
    const Halves halves = insert_below(block.entries()[child].ref, key, node);
    draft.set(child, halves.left, before == 0);
    if (halves.right != 0) draft.insert(child + 1, halves.right);
  }
  return rewrite(ref, draft);
}

void TreeWriter::replace(const TreeKey& key, Ref node) { root_ = replace_below(root_, key, node); }

Ref TreeWriter::replace_below(Ref ref, const TreeKey& key, Ref node) {
  const TreeBlock& block = *edit_.at<TreeBlock>(ref);
  const unsigned before = entries_up_to(edit_.base(), block, key);
  assert(before > 0);
  const Ref below =
      block.level == 0 ? node : replace_below(block.entries()[before - 1].ref, key, node);
  if (edit_.is_fresh(ref)) {
    edit_.at<TreeBlock>(ref)->entries()[before - 1].ref = below;
    return ref;
  }
  const std::size_t size = block_size(block.count);
  const Ref copy = edit_.allocate(size);
  std::memcpy(edit_.at<std::byte>(copy), &block, size);
  edit_.at<TreeBlock>(copy)->entries()[before - 1].ref = below;
  edit_.discard(ref, size);
  return copy;
}

void TreeWriter::erase(const TreeKey& key) {
  root_ = erase_below(root_, key);
  // A root with one child is that child.
  while (root_ != 0) {
    const TreeBlock& block = *edit_.at<TreeBlock>(root_);
    if (block.level == 0 || block.count > 1) break;
    const Ref only = block.entries()[0].ref;
    discard(root_);
    root_ = only;
  }
}

// Returns the new block, or 0 if nothing is left of it.
Ref TreeWriter::erase_below(Ref ref, const TreeKey& key) {
  const TreeBlock& block = *edit_.at<TreeBlock>(ref);
  const unsigned before = entries_up_to(edit_.base(), block, key);
  assert(before > 0);
  const unsigned child = before - 1;
  Draft draft(block);
  if (block.level == 0) {
    draft.erase(child);
  } else {
    const Ref below = erase_below(block.entries()[child].ref, key);
    if (below == 0) {
      draft.erase(child);
    } else {
      draft.set(child, below, true);
      merge_small_child(draft, child);
    }
  }
  if (draft.count == 0) {
    discard(ref);
    return 0;
  }
  return rewrite(ref, draft).left;
}

void TreeWriter::merge_small_child(Draft& draft, unsigned child) {
  const auto count = [&](unsigned i) { return edit_.at<TreeBlock>(draft.entries[i].ref)->count; };
  if (count(child) >= kMergeBelow || draft.count < 2) return;
  const unsigned left = child == 0 ? 0 : child - 1;
  if (count(left) + count(left + 1) > static_cast<int>(kMergedMost)) return;
  std::vector<Ref> refs;
  std::uint8_t level = 0;
  for (const unsigned i : {left, left + 1}) {
    const TreeBlock& block = *edit_.at<TreeBlock>(draft.entries[i].ref);
    level = block.level;
    for (unsigned j = 0; j < block.count; ++j) refs.push_back(block.entries()[j].ref);
  }
  const Ref merged = make_block(level, refs, false);
  discard(draft.entries[left].ref);
  discard(draft.entries[left + 1].ref);
  draft.set(left, merged, true);
  draft.erase(left + 1);
}

void for_each_tree_block(Base base, Ref root, const std::function<void(Ref, std::size_t)>& visit) {
  if (root == 0) return;
  const TreeBlock& block = *base.at<TreeBlock>(root);
  if (block.level != 0) {
    for (unsigned i = 0; i < block.count; ++i) {
      for_each_tree_block(base, block.entries()[i].ref, visit);
    }
  }
  visit(root, block_size(block.count));
}

}  // namespace bowline::zones
