// Loading, and access to any item by its name.
#include "control/config/config.h"

#include "control/config/checks.h"
#include "control/config/collector.h"
#include "control/config/file_reader.h"
#include "control/config/problems.h"
#include "control/config/resolve.h"
#include "control/config/store.h"

namespace bowline::control::config {
namespace {

using dns::Error;
using dns::Result;

// Reads with `read(reader)` into a store and checks it.
template <typename Read>
Result<Config> load(std::string path, const LoadOptions& options, Read read) {
  auto store = std::make_shared<Store>();
  store->start_directory = current_directory();
  store->resolve_system = options.resolve_system;
  store->path = std::move(path);
  const auto files = std::make_shared<FileNames>();
  store->file_names = files;
  Problems problems(files);
  Problems notices(files);
  Collector collector(problems);
  FileReader reader(collector, *files, problems, notices, options);
  read(reader);
  store->sections = collector.finish();
  check_store(*store, problems);
  if (!problems.empty()) return Error{problems.to_text()};
  store->notices = notices.to_text();
  return Config(std::move(store));
}

}  // namespace

Result<Config> load_config(const std::string& path, const LoadOptions& options) {
  return load(absolute_path(current_directory(), path), options,
              [&](FileReader& reader) { reader.read_file(path); });
}

Result<Config> load_config_text(std::string_view text, const std::string& name,
                                const LoadOptions& options) {
  return load({}, options, [&](FileReader& reader) { reader.read_text(text, name); });
}

std::vector<Value> Config::get(std::string_view section, std::string_view id,
                               std::string_view item) const {
  const Section* const in = find_section(section);
  const Option* const option = find_option(section, item);
  assert(in != nullptr && option != nullptr);
  return effective_values(*store_, *in, store_->find(*in, id), *option);
}

std::vector<std::string_view> Config::ids(std::string_view section) const {
  std::vector<std::string_view> result;
  if (!find_section(section)->has_entries()) return result;
  const EntryList& entries = store_->list(section);
  result.reserve(entries.size());
  for (const auto& block : entries.blocks()) {
    for (std::size_t i = 0; i < block->size(); ++i) result.push_back(block->entry(i).id());
  }
  return result;
}

bool Config::has_section(std::string_view section) const {
  return !store_->list(section).empty();
}

const std::string& Config::notices() const { return store_->notices; }

std::vector<std::string> Config::not_yet_effective() const {
  std::vector<std::string> result;
  for (const Section& section : sections()) {
    for (const Option* option : options_of(section.name)) {
      if (option->effect != Effect::kLater || store_->list(section).uses(*option) == 0) continue;
      result.push_back(std::string(section.name) + "." + std::string(option->name));
    }
  }
  return result;
}

const std::string& Config::path() const { return store_->path; }

}  // namespace bowline::control::config
