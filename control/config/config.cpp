// Loading, and access to any item by its name.
#include "control/config/config.h"

#include <unistd.h>

#include <algorithm>
#include <climits>

#include "control/config/checks.h"
#include "control/config/file_reader.h"
#include "control/config/problems.h"
#include "control/config/resolve.h"
#include "control/config/store.h"

namespace bowline::control::config {
namespace {

using dns::Error;
using dns::Result;

std::string current_directory() {
  char buffer[PATH_MAX];
  return getcwd(buffer, sizeof buffer) != nullptr ? buffer : "/";
}

std::shared_ptr<Store> make_store(const LoadOptions& options) {
  auto store = std::make_shared<Store>();
  store->start_directory = current_directory();
  store->resolve_system = options.resolve_system;
  return store;
}

Result<Config> finish(std::shared_ptr<Store> store, Problems& problems) {
  index_store(*store, problems);
  check_store(*store, problems);
  if (!problems.empty()) return Error{problems.to_text()};
  return Config(std::move(store));
}

}  // namespace

Result<Config> load_config(const std::string& path, const LoadOptions& options) {
  auto store = make_store(options);
  store->path = absolute_path(store->start_directory, path);
  Problems problems(*store);
  FileReader reader(*store, problems, options);
  reader.read_file(path);
  return finish(std::move(store), problems);
}

Result<Config> load_config_text(std::string_view text, const std::string& name,
                                const LoadOptions& options) {
  auto store = make_store(options);
  Problems problems(*store);
  FileReader reader(*store, problems, options);
  reader.read_text(text, name);
  return finish(std::move(store), problems);
}

std::vector<Value> Config::get(std::string_view section, std::string_view id,
                               std::string_view item) const {
  const Option* const option = find_option(section, item);
  assert(option != nullptr);
  return effective_values(*store_, section, store_->find(section, id), *option);
}

std::vector<std::string_view> Config::ids(std::string_view section) const {
  std::vector<std::string_view> result;
  if (!find_section(section)->has_entries()) return result;
  for (const Entry& entry : store_->data(section).entries) result.push_back(entry.id);
  return result;
}

bool Config::has_section(std::string_view section) const {
  return store_->data(section).is_present;
}

std::vector<std::string> Config::not_yet_effective() const {
  std::vector<std::string> result;
  for (const Section& section : sections()) {
    std::vector<const Option*> seen;
    for (const SetItem& item : store_->data(section.name).items) {
      if (item.option->effect != Effect::kLater) continue;
      if (std::find(seen.begin(), seen.end(), item.option) != seen.end()) continue;
      seen.push_back(item.option);
      result.push_back(std::string(section.name) + "." + std::string(item.option->name));
    }
  }
  return result;
}

const std::string& Config::path() const { return store_->path; }

}  // namespace bowline::control::config
