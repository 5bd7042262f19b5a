// The entries of one section in shared blocks.
#include "control/config/entry_list.h"

#include <algorithm>
#include <cassert>

namespace bowline::control::config {
namespace {

// An edit copies a block and a look-up searches one; each costs some 80 octets beside its entries.
constexpr std::size_t kBlockEntries = 64;
constexpr std::size_t kBlockOctets = 16 * 1024;  // so that large entries get small blocks
// Blocks grow and shrink by edits within these.
constexpr std::size_t kMostEntries = 2 * kBlockEntries;
constexpr std::size_t kMostOctets = 2 * kBlockOctets;
constexpr std::size_t kFewEntries = kBlockEntries / 4;

bool is_full(const Block& block, std::size_t entries, std::size_t octets) {
  return block.size() >= entries || block.octets.size() >= octets;
}

// Where we are in a list: entry by entry, or a block at a time.
class Cursor {
 public:
  explicit Cursor(const EntryList& list) : blocks_(list.blocks()) {}

  bool at_end() const { return block_ == blocks_.size(); }
  Entry entry() const { return blocks_[block_]->entry(entry_); }
  void next() {
    if (++entry_ == blocks_[block_]->size()) next_block();
  }
  // The block whose first entry this is; null: it is not the first.
  const Block* start_of() const { return entry_ == 0 ? blocks_[block_].get() : nullptr; }
  void next_block() {
    ++block_;
    entry_ = 0;
  }

 private:
  const std::vector<std::shared_ptr<const Block>>& blocks_;
  std::size_t block_ = 0;
  std::size_t entry_ = 0;
};

}  // namespace

std::string_view Block::octets_of(std::size_t index) const {
  const std::size_t end = index + 1 < starts.size() ? starts[index + 1] : octets.size();
  return std::string_view(octets).substr(starts[index], end - starts[index]);
}

void Block::append(std::string_view packed) {
  starts.push_back(static_cast<std::uint32_t>(octets.size()));
  octets += packed;
}

Entry EntryList::operator[](std::size_t index) const {
  assert(index < size_);
  const auto behind = std::upper_bound(first_.begin(), first_.end(), index);
  const auto block = static_cast<std::size_t>(behind - first_.begin()) - 1;
  return blocks_[block]->entry(index - first_[block]);
}

std::string_view EntryList::octets_of(std::size_t index) const {
  assert(index < size_);
  const auto behind = std::upper_bound(first_.begin(), first_.end(), index);
  const auto block = static_cast<std::size_t>(behind - first_.begin()) - 1;
  return blocks_[block]->octets_of(index - first_[block]);
}

EntryList::Position EntryList::locate(std::string_view id) const {
  Position position;
  const auto behind =
      std::upper_bound(blocks_.begin(), blocks_.end(), id, [](std::string_view wanted, auto& each) {
        return wanted < each->entry(0).id();
      });
  if (behind == blocks_.begin()) return position;
  position.block = static_cast<std::size_t>(behind - blocks_.begin()) - 1;
  const Block& block = *blocks_[position.block];
  const auto found = std::lower_bound(
      block.starts.begin(), block.starts.end(), id, [&](std::uint32_t start, std::string_view of) {
        return Entry(block.octets.data() + start).id() < of;
      });
  position.entry = static_cast<std::size_t>(found - block.starts.begin());
  position.is_there = position.entry < block.size() && block.entry(position.entry).id() == id;
  return position;
}

std::optional<std::size_t> EntryList::find(std::string_view id) const {
  const Position position = locate(id);
  if (!position.is_there) return std::nullopt;
  return first_[position.block] + position.entry;
}

std::uint32_t EntryList::uses(const Option& option) const {
  const std::uint8_t number = option_number(*section_, option);
  return number < uses_.size() ? uses_[number] : 0;
}

void EntryList::count_uses(Entry entry, bool is_added) {
  uses_.resize(options_of(section_->name).size());
  EntryReader reader(*section_, entry);
  const Option* last = nullptr;
  for (SetItem item; reader.next(item); last = item.option) {
    if (item.option == last) continue;
    std::uint32_t& count = uses_[option_number(*section_, *item.option)];
    is_added ? ++count : --count;
  }
}

void EntryList::renumber(std::size_t from) {
  first_.resize(blocks_.size());
  std::size_t index = from == 0 ? 0 : first_[from - 1] + blocks_[from - 1]->size();
  for (std::size_t i = from; i < blocks_.size(); ++i) {
    first_[i] = static_cast<std::uint32_t>(index);
    index += blocks_[i]->size();
  }
  size_ = index;
}

// Puts `with` in the place of a block: in two parts if it became large, with its neighbour if it
// became small.
void EntryList::replace(std::size_t block, Block with) {
  const auto at = blocks_.begin() + static_cast<std::ptrdiff_t>(block);
  if (with.size() == 0) {
    blocks_.erase(at);
    return renumber(block);
  }
  if (with.size() > 1 && is_full(with, kMostEntries + 1, kMostOctets)) {
    Block parts[2];
    for (std::size_t i = 0; i < with.size(); ++i) {
      const bool is_second = i > 0 && (2 * i >= with.size() || is_full(parts[0], with.size(),
                                                                       with.octets.size() / 2));
      parts[is_second ? 1 : 0].append(with.octets_of(i));
    }
    *at = std::make_shared<const Block>(std::move(parts[0]));
    blocks_.insert(at + 1, std::make_shared<const Block>(std::move(parts[1])));
    return renumber(block);
  }
  bool moves_others = with.size() != blocks_[block]->size();
  if (with.size() < kFewEntries && block + 1 < blocks_.size() &&
      !is_full(*blocks_[block + 1], kBlockEntries, kBlockOctets)) {
    const Block& neighbour = *blocks_[block + 1];
    for (std::size_t i = 0; i < neighbour.size(); ++i) with.append(neighbour.octets_of(i));
    blocks_.erase(at + 1);
    moves_others = true;
  }
  blocks_[block] = std::make_shared<const Block>(std::move(with));
  if (moves_others) renumber(block);
}

void EntryList::put(std::string_view packed) {
  const Entry entry(packed.data());
  const Position position = locate(entry.id());
  Block block;
  if (blocks_.empty()) {
    blocks_.push_back(std::make_shared<const Block>());
    block.append(packed);
  } else {
    const Block& old = *blocks_[position.block];
    for (std::size_t i = 0; i < old.size(); ++i) {
      if (i == position.entry) block.append(packed);
      if (i != position.entry || !position.is_there) block.append(old.octets_of(i));
    }
    if (position.entry == old.size()) block.append(packed);
    if (position.is_there) count_uses(old.entry(position.entry), false);
  }
  count_uses(entry, true);
  replace(position.block, std::move(block));
}

bool EntryList::erase(std::string_view id) {
  const Position position = locate(id);
  if (!position.is_there) return false;
  const Block& old = *blocks_[position.block];
  count_uses(old.entry(position.entry), false);
  Block block;
  for (std::size_t i = 0; i < old.size(); ++i) {
    if (i != position.entry) block.append(old.octets_of(i));
  }
  replace(position.block, std::move(block));
  return true;
}

void EntryListBuilder::append(std::string_view packed) {
  if (is_full(open_, kBlockEntries, kBlockOctets) ||
      (open_.size() > 0 && open_.octets.size() + packed.size() > kMostOctets)) {
    close();
  }
  open_.append(packed);
  list_.count_uses(Entry(packed.data()), true);
}

void EntryListBuilder::append(const std::shared_ptr<const Block>& block) {
  close();
  list_.blocks_.push_back(block);
  for (std::size_t i = 0; i < block->size(); ++i) list_.count_uses(block->entry(i), true);
}

// The octets of a block are copied so that it has no more than it needs.
void EntryListBuilder::close() {
  if (open_.size() == 0) return;
  list_.blocks_.push_back(std::make_shared<const Block>(open_));
  open_.octets.clear();
  open_.starts.clear();
}

EntryList EntryListBuilder::finish() {
  close();
  list_.blocks_.shrink_to_fit();
  list_.renumber(0);
  return std::move(list_);
}

void for_each_difference(const EntryList& before, const EntryList& after,
                         const std::function<void(Entry before, Entry after)>& visitor) {
  Cursor old(before);
  Cursor now(after);
  while (!old.at_end() || !now.at_end()) {
    if (!old.at_end() && !now.at_end() && old.start_of() != nullptr &&
        old.start_of() == now.start_of()) {
      old.next_block();
      now.next_block();
      continue;
    }
    const int order = old.at_end() ? 1 : now.at_end() ? -1 : old.entry().id().compare(now.entry().id());
    const Entry left = order <= 0 ? old.entry() : Entry();
    const Entry right = order >= 0 ? now.entry() : Entry();
    if (order != 0 || left.content() != right.content()) visitor(left, right);
    if (order <= 0) old.next();
    if (order >= 0) now.next();
  }
}

}  // namespace bowline::control::config
