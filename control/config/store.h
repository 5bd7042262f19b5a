// The configuration as it lies in memory: one list of entries for each section.
//
// Private to this folder; the rest sees config.h. Values keep the text of the file and get their
// type on access, so that a zone costs about 100 octets. A Store is a version: copying it copies
// one pointer a section, and what a Config holds is never edited.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/config/entry.h"
#include "control/config/entry_list.h"
#include "control/config/option.h"

namespace bowline::control::config {

// The place of a section in sections().
std::size_t section_index(const Section& section);

// What one entry says of an item.
struct ItemValues {
  bool is_set = false;
  std::vector<SetItem> values;  // in their order; of a kOne item at most one
};
// REQUIRES: the entry is one of that section, the option one of its options. No entry: not set.
ItemValues values_of(const Section& section, Entry entry, const Option& option);

struct Store {
  std::shared_ptr<const std::vector<std::string>> file_names;  // as shown in messages
  std::vector<std::shared_ptr<const EntryList>> sections;      // in the order of sections()
  std::string path;             // of the main file, absolute; of a database its name; empty: text
  std::string start_directory;  // what paths of the manual's "startup directory" begin with
  bool resolve_system = true;
  std::string notices;          // of the files when they were read, see Config::notices()

  Store();

  const EntryList& list(const Section& section) const {
    return *sections[section_index(section)];
  }
  // REQUIRES: the section is in the option table.
  const EntryList& list(std::string_view section) const;
  // The entry of that identifier, in any writing; of a section without entries, the only one.
  Entry find(const Section& section, std::string_view id) const;
  Entry find(std::string_view section, std::string_view id) const;
};

}  // namespace bowline::control::config
