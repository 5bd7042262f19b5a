// The parsed configuration as it lies in memory: entries with their items, as text with a place.
//
// Private to this folder; the rest sees config.h. Values keep the text of the file and get their
// type on access, so that a zone costs about 200 octets. Filled by FileReader, then immutable.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "control/config/option.h"
#include "control/config/value.h"
#include "dns/name.h"

namespace bowline::control::config {

struct Place {
  std::uint32_t file = 0;  // index of Store::file_names
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

// One value of an item; an item with several has several of these. An item that is set to nothing
// has one without text.
struct SetItem {
  std::string_view text;
  const Option* option = nullptr;
  Place place;
  bool is_empty = false;   // `item:` or `item: []`
};

struct Entry {
  std::string_view id;
  Place place;
  std::uint32_t first = 0;  // into SectionData::items
  std::uint32_t count = 0;
};

struct SectionData {
  std::vector<Entry> entries;   // of a section without entries: at most one
  std::vector<SetItem> items;
  std::vector<std::uint32_t> by_id;  // indices of entries, sorted by id; not for `zone`
  bool is_present = false;
};

// Finds zones by name: open addressing over the lower-case wire form.
class ZoneIndex {
 public:
  // Gives the index of an earlier entry of the same name, else puts `index` in.
  std::optional<std::uint32_t> insert(const SectionData& zones, std::uint32_t index,
                                      dns::NameView name);
  std::optional<std::uint32_t> find(const SectionData& zones, dns::NameView name) const;
  void reserve(std::size_t count);

 private:
  std::vector<std::uint32_t> slots_;  // entry index + 1; 0: free
};

struct Store {
  std::vector<std::string> file_names;                // as shown in messages
  std::vector<std::unique_ptr<std::string>> texts;    // what the values' views point into
  std::deque<std::string> arena;
  std::vector<SectionData> sections;                  // in the order of sections()
  ZoneIndex zone_index;
  std::string path;               // of the main file, absolute; empty for text
  std::string start_directory;    // what paths of the manual's "startup directory" begin with
  bool resolve_system = true;

  Store() : sections(config::sections().size()) {}

  SectionData& data(std::string_view section);
  const SectionData& data(std::string_view section) const;
  // The entry of that identifier; of a section without entries, the only one. Null: none.
  const Entry* find(std::string_view section, std::string_view id) const;
  // The values of an item that an entry sets, the last setting of a single-valued one.
  // Nothing: not set.
  struct Set {
    bool is_set = false;
    std::vector<const SetItem*> values;
  };
  Set values_of(const SectionData& section, const Entry& entry, const Option& option) const;
};

}  // namespace bowline::control::config
