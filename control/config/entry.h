// One entry of a section with its items, packed into one run of octets; and how it is made.
//
// Private to this folder. A section without entries is one entry with an empty identifier. Packed:
//
//   entry   = size of content, content, places
//   content = identifier, items in the order of the table
//   item    = number of the option (1 octet), count of values, values      count 0: `item: []`
//   places  = of the entry, then of each value (of an item without any: of the item)
//   place   = 0, or number of the file + 1, line, column
//
// Sizes, counts and places are variable-length numbers, texts have their size before them. Equal
// settings have equal content, wherever they were read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "control/config/option.h"

namespace bowline::control::config {

struct Place {
  static constexpr std::uint32_t kNoFile = UINT32_MAX;

  std::uint32_t file = 0;  // index of Store::file_names; kNoFile: it was not read from a file
  std::uint32_t line = 0;  // 0: the file as a whole
  std::uint32_t column = 0;

  static constexpr Place none() { return {kNoFile, 0, 0}; }
};

// One value of an item; an item with several has several of these. An item that is set to nothing
// has one without text.
struct SetItem {
  std::string_view text;
  const Option* option = nullptr;
  bool is_empty = false;  // `item:` or `item: []`

  // Found when it is asked for: it is for messages only.
  Place place() const;

  const char* places = nullptr;  // those of the entry, of which this is the one of that index
  std::size_t index = 0;
};

// The number of an option within options_of(section).
std::uint8_t option_number(const Section& section, const Option& option);

// A packed entry where it lies; or none. Lives as long as the block that holds it.
class Entry {
 public:
  Entry() = default;
  explicit Entry(const char* at) : at_(at) {}

  explicit operator bool() const { return at_ != nullptr; }

  // REQUIRES of all: *this is an entry.
  std::string_view id() const;
  Place place() const;
  std::string_view content() const;

 private:
  const char* at_ = nullptr;
};

// Walks over the values of an entry.
class EntryReader {
 public:
  EntryReader(const Section& section, Entry entry);

  // The next value; false: there is none.
  bool next(SetItem& out);

 private:
  const std::vector<const Option*>& options_;
  const char* at_;
  const char* const end_;
  std::size_t index_ = 0;   // of the next value
  std::uint64_t left_ = 0;  // values of `option_`
  const Option* option_ = nullptr;
};

// Collects the settings of one entry and packs them. Meant to be reused.
class EntryBuilder {
 public:
  // Begins an entry without items.
  void reset(const Section& section, std::string_view id, Place place);
  // Begins with all that `entry` has; its octets may go afterwards.
  void reset(const Section& section, Entry entry);
  // Adds all items of another entry as add() does.
  void add_items(const Section& section, Entry entry);

  // Adds a value behind those that are there. Of an item with one value the last one counts; of the
  // others each value once, but of numbers, whose places mean something, each.
  void add(const Option& option, std::string_view text, Place place);
  void add_empty(const Option& option, Place place);
  // Whether the item was set.
  bool remove(const Option& option);
  // Removes a value, in whatever writing; the item with its last one. False: it is not there.
  bool remove_value(const Option& option, std::string_view text);
  bool has_items() const { return !values_.empty(); }
  bool has_id() const { return !id_.empty(); }

  // The packed entry.
  std::string pack();

 private:
  struct Value {
    const Option* option;
    std::uint8_t number;
    bool is_empty;
    std::size_t at, size;  // within text_
    Place place;
  };

  std::string_view text_of(const Value& value) const {
    return std::string_view(text_).substr(value.at, value.size);
  }
  void put(const Option& option, std::string_view text, bool is_empty, Place place);
  void settle();

  const Section* section_ = nullptr;
  std::string id_;
  Place place_;
  std::vector<Value> values_;
  std::string text_;
};

// Whether the item may be set to nothing, to undo what a template or a default says.
bool may_be_empty(const Option& option);

// "section[id]" for messages; a zone's name as people write it, without the final dot.
std::string entry_name(const Section& section, std::string_view id);

// Whether two texts stand for the same value of an option.
bool same_value(const Option& option, std::string_view a, std::string_view b);

}  // namespace bowline::control::config
