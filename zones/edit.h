// Edit: the blocks that one transaction makes and takes out of reach.
//
// Control; one thread. Until it is committed or aborted, the published tables are untouched: blocks
// that are not fresh are never written, only replaced and listed as stale.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "zones/heap.h"

namespace bowline::zones {

struct Block {
  Ref ref;
  std::uint32_t size;
};

class Edit {
 public:
  explicit Edit(Arena& arena) : arena_(arena) {}
  ~Edit() { abort(); }
  Edit(const Edit&) = delete;
  Edit& operator=(const Edit&) = delete;

  Heap& heap() const { return arena_.heap(); }
  Base base() const { return arena_.heap().base(); }
  template <typename T>
  T* at(Ref ref) const {
    return arena_.heap().at<T>(ref);
  }

  // A block that may be given up or made anew within this edit.
  Ref allocate(std::size_t size);
  // A block that stays until the edit ends: for building in bulk, at a tenth of the bookkeeping.
  Ref allocate_lasting(std::size_t size);

  // Says that about so many more lasting blocks follow.
  void expect_lasting(std::size_t count) { lasting_.reserve(lasting_.size() + count); }

  bool is_fresh(Ref block) const { return fresh_.contains(block); }
  // Says that nothing in the new version refers to the block.
  void discard(Ref block, std::size_t size);

  struct Outcome {
    std::vector<Block> made;   // to be freed if the new version is not published after all
    std::vector<Block> stale;  // to be freed once nobody reads the version before
  };
  Outcome commit();
  void abort();

 private:
  Arena& arena_;
  std::unordered_map<Ref, std::uint32_t> fresh_;
  std::vector<Block> lasting_;
  std::vector<Block> stale_;
};

}  // namespace bowline::zones
