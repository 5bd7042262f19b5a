// Takes entries and their items in the order in which they are read and makes sorted lists of them.
//
// Private to this folder.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/config/entry.h"
#include "control/config/entry_list.h"
#include "control/config/problems.h"

namespace bowline::control::config {

class Collector {
 public:
  explicit Collector(Problems& problems);

  // Begins an entry. An empty identifier is one that was reported: the entry is not kept.
  void begin_entry(const Section& section, std::string_view id, Place place);
  // An item of the entry that was begun last, or of a section without entries. Values of one item
  // that come in several calls are taken as EntryBuilder does.
  // REQUIRES: the value is right; of a section with entries, one was begun.
  void add(const Section& section, const Option& option, std::string_view text, Place place);
  void add_empty(const Section& section, const Option& option, Place place);
  // Forgets what the section has so far.
  void clear(const Section& section);
  bool was_cleared(const Section& section) const;

  // One list a section, in the order of sections(). Identifiers that came twice are reported; the
  // first of them is kept. Call it once.
  std::vector<std::shared_ptr<const EntryList>> finish();

 private:
  // A packed entry and the start of its identifier, so that sorting seldom reads the entry.
  struct Item {
    std::uint64_t head[2];
    const char* octets;
    std::uint32_t size;
    std::uint32_t order;  // in which it came
  };
  struct Gathered {
    bool was_cleared = false;
    std::vector<std::string> chunks;  // of fixed capacity: what they hold stays where it is
    std::vector<Item> items;
  };

  EntryBuilder& builder_of(const Section& section, Place place);
  void end_entry();
  void gather(const Section& section, std::string_view packed);
  EntryList sort(const Section& section, Gathered& gathered);

  Problems& problems_;
  std::vector<Gathered> sections_;
  std::vector<std::optional<EntryBuilder>> single_;  // of sections without entries
  EntryBuilder entry_;
  const Section* open_ = nullptr;  // of entry_; null: none is begun
};

}  // namespace bowline::control::config
