// Paths of configuration items, as conf-set and its relatives take them.
//
//   ""                     the whole configuration
//   "section"              a section
//   "section[id]"          one of its entries
//   "section.item"         an item: of the section, or of all its entries
//   "section[id].item"     an item of one entry
//
// Pure; any process, any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "control/config/option.h"
#include "dns/result.h"

namespace bowline::control::config {

struct ItemPath {
  const Section* section = nullptr;  // null: everything
  // As the configuration names the entry (canonical_id()). Nothing: the section, or all entries.
  std::optional<std::string> id;
  const Option* option = nullptr;  // null: all items

  // "section[id].item" as far as it is given.
  std::string to_text() const;
};

// Finds section and item in the option table and puts the identifier into its canonical form; does
// not ask whether that entry exists. The error says what is unknown and names what is near.
dns::Result<ItemPath> parse_item_path(std::string_view text);

// The form in which the configuration holds an identifier of that section: names of keys in lower
// case with the final dot, domains of zones in lower case as written, with the final dot; others as
// they are. The error says what is allowed. REQUIRES: section.has_entries().
dns::Result<std::string> canonical_id(const Section& section, std::string_view id);

}  // namespace bowline::control::config
