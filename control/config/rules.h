// Rules between items: what excludes what, what demands what.
//
// Private to this folder.
#pragma once

#include <optional>
#include <string>

#include "control/config/problems.h"
#include "control/config/store.h"

namespace bowline::control::config {

// Those that one entry of a section with entries can break by itself.
void check_entry_rules(const Store& store, const Section& section, Entry entry,
                       Problems& problems);
// Those of the sections without entries, each and together.
void check_single_rules(const Store& store, Problems& problems);

// Rules of what a zone and its template set together. Zones that set nothing that a rule is about
// are alike if they have the same template: of these one is checked.
class ZoneRules {
 public:
  ZoneRules(const Store& store, Problems& problems) : store_(store), problems_(problems) {}

  // Whether any zone or template sets what the rules are about; else there is nothing to check.
  static bool apply_to(const Store& store);

  void check(Entry zone);
  void check_all();

 private:
  const Store& store_;
  Problems& problems_;
  std::optional<std::string> last_right_;  // template of the last zone alike that was right
};

}  // namespace bowline::control::config
