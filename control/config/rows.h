// Builds a Config from rows that a database holds.
//
// One thread at a time. Entries may come in any order; the rows of one come together, its own row
// first. Fastest in the order of visit().
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "control/config/config.h"
#include "control/config/option.h"
#include "dns/result.h"

namespace bowline::control::config {

class RowLoader {
 public:
  // `name` stands for the database in messages and is the Config's path().
  explicit RowLoader(const std::string& name, const LoadOptions& options = {});
  ~RowLoader();
  RowLoader(const RowLoader&) = delete;
  RowLoader& operator=(const RowLoader&) = delete;

  // An entry; of a section without entries (`id` empty): the section, which may be left out if an
  // item follows.
  void add_entry(std::string_view section, std::string_view id);
  // All values of one item; none: `item: []`. The identifying item makes the entry.
  void add(std::string_view section, std::string_view id, std::string_view item,
           const std::vector<std::string_view>& values);

  // All checks that load_config() makes, of names and values, too. The error has one line for each
  // of the first 20 problems. Call it once.
  dns::Result<Config> finish();

 private:
  struct Body;
  std::unique_ptr<Body> body_;
};

}  // namespace bowline::control::config
