// The entries of one section, sorted by identifier, in blocks that versions share.
//
// Private to this folder. Copying a list copies pointers to blocks, 16 octets for some 64 entries;
// putting or removing an entry makes one or two small blocks anew. Blocks never change once they
// are in a list, so any thread may read a list that nobody edits.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/config/entry.h"

namespace bowline::control::config {

struct Block {
  std::string octets;
  std::vector<std::uint32_t> starts;  // of the entries within `octets`

  std::size_t size() const { return starts.size(); }
  Entry entry(std::size_t index) const { return Entry(octets.data() + starts[index]); }
  std::string_view octets_of(std::size_t index) const;
  void append(std::string_view packed);
};

class EntryList {
 public:
  explicit EntryList(const Section& section) : section_(&section) {}

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // REQUIRES: index < size().
  Entry operator[](std::size_t index) const;
  // The packed entry as it is.
  std::string_view octets_of(std::size_t index) const;
  std::optional<std::size_t> find(std::string_view id) const;
  // How many entries set the option.
  std::uint32_t uses(const Option& option) const;
  const std::vector<std::shared_ptr<const Block>>& blocks() const { return blocks_; }

  // Puts a packed entry in, in the place of one with its identifier.
  void put(std::string_view packed);
  // Removes the entry of that identifier; false: there is none.
  bool erase(std::string_view id);

 private:
  friend class EntryListBuilder;

  struct Position {
    std::size_t block = 0;  // where the identifier is or would be
    std::size_t entry = 0;
    bool is_there = false;
  };

  Position locate(std::string_view id) const;
  void replace(std::size_t block, Block with);
  void renumber(std::size_t from);
  void count_uses(Entry entry, bool is_added);

  const Section* section_;
  std::vector<std::shared_ptr<const Block>> blocks_;
  std::vector<std::uint32_t> first_;  // index of each block's first entry
  std::vector<std::uint32_t> uses_;   // by number of option
  std::size_t size_ = 0;
};

// Makes a list of entries that come in order.
class EntryListBuilder {
 public:
  explicit EntryListBuilder(const Section& section) : list_(section) {}

  // REQUIRES: its identifier comes behind all that were appended.
  void append(std::string_view packed);
  // Takes a whole block; the same condition.
  void append(const std::shared_ptr<const Block>& block);
  EntryList finish();

 private:
  void close();

  EntryList list_;
  Block open_;
};

// Calls `visitor(before, after)` for each entry that differs, one of them none if it came or went,
// in the order of identifiers. Blocks that both hold are skipped.
void for_each_difference(const EntryList& before, const EntryList& after,
                         const std::function<void(Entry before, Entry after)>& visitor);

}  // namespace bowline::control::config
