#include "zones/edit.h"

namespace bowline::zones {

Ref Edit::allocate(std::size_t size) {
  const Ref block = arena_.allocate(size);
  fresh_.emplace(block, static_cast<std::uint32_t>(size));
  return block;
}

Ref Edit::allocate_lasting(std::size_t size) {
  const Ref block = arena_.allocate(size);
  Block& made = lasting_.emplace_back();
  made.ref = block;
  made.size = static_cast<std::uint32_t>(size);
  return block;
}

void Edit::discard(Ref block, std::size_t size) {
  if (fresh_.erase(block) != 0) {
    arena_.free(block, size);
  } else {
    stale_.push_back({block, static_cast<std::uint32_t>(size)});
  }
}

Edit::Outcome Edit::commit() {
  Outcome outcome{std::move(lasting_), std::move(stale_)};
  outcome.made.reserve(outcome.made.size() + fresh_.size());
  for (const auto& [block, size] : fresh_) outcome.made.push_back({block, size});
  fresh_.clear();
  lasting_.clear();
  stale_.clear();
  return outcome;
}

void Edit::abort() {
  for (const auto& [block, size] : fresh_) arena_.free(block, size);
  for (const Block& block : lasting_) arena_.free(block.ref, block.size);
  fresh_.clear();
  lasting_.clear();
  stale_.clear();
}

}  // namespace bowline::zones
