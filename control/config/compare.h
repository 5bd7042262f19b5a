// What differs between two configurations.
//
// Pure; any process, any thread. Cheap where the two share what they are made of, as the versions
// of one configuration do: comparing costs what was edited in between, not what is configured.
#pragma once

#include <string>
#include <vector>

#include "control/config/config.h"
#include "control/config/option.h"

namespace bowline::control::config {

// An item of one entry as it is written, without defaults and templates.
struct Setting {
  bool is_set = false;              // set and without values: `item: []`
  std::vector<std::string> values;  // text as written, less quotes; of a kOne item at most one

  bool operator==(const Setting&) const = default;
};

// One item that differs. An entry that came or went has a Change of its identifying item (whose
// Settings hold the identifier) and one of each item it has or had. Values are compared as they are
// written: 60 and 1m differ.
struct Change {
  const Section* section = nullptr;
  std::string id;  // empty for a section without entries
  const Option* option = nullptr;  // never null in what compare() returns
  Setting before, after;

  bool operator==(const Change&) const = default;
  // Whether the entry came or went.
  bool is_entry() const { return option->name == section->id; }
};

// In the order of sections, identifiers, items of the table; of an entry the identifying item
// comes first.
std::vector<Change> compare(const Config& before, const Config& after);

// Whether the change takes effect at the next start only.
bool needs_restart(const Change& change);

}  // namespace bowline::control::config
