// A configuration from the rows of a database.
#include "control/config/rows.h"

#include "control/config/checks.h"
#include "control/config/collector.h"
#include "control/config/path.h"
#include "control/config/problems.h"
#include "control/config/resolve.h"
#include "control/config/value_text.h"

namespace bowline::control::config {

struct RowLoader::Body {
  explicit Body(const std::string& name, const LoadOptions& options)
      : problems(store->file_names, name), collector(problems) {
    store->path = name;
    store->start_directory = current_directory();
    store->resolve_system = options.resolve_system;
  }

  // Null: it was reported.
  const Section* find(std::string_view name) {
    if (section != nullptr && section->name == name) return section;
    const Section* const found = find_section(name);
    if (found == nullptr) report(std::string(name) + ": there is no such section");
    return found;
  }
  void report(const std::string& message) { problems.add(Place::none(), message); }

  std::shared_ptr<Store> store = std::make_shared<Store>();
  Problems problems;
  Collector collector;
  const Section* section = nullptr;  // of the entry that was begun last
  std::string id;                    // as its row names it
};

RowLoader::RowLoader(const std::string& name, const LoadOptions& options)
    : body_(std::make_unique<Body>(name, options)) {}
RowLoader::~RowLoader() = default;

void RowLoader::add_entry(std::string_view section, std::string_view id) {
  Body& body = *body_;
  const Section* const found = body.find(section);
  if (found == nullptr || (!found->has_entries() && id.empty())) return;
  if (!found->has_entries()) {
    return body.report(std::string(section) + "[" + std::string(id) +
                       "]: the section has no entries");
  }
  const auto canonical = canonical_id(*found, id);
  if (!canonical) {
    body.report(std::string(section) + "." + std::string(found->id) + ": " + canonical.error());
  }
  body.section = found;
  body.id = id;
  body.collector.begin_entry(*found, canonical ? *canonical : std::string(), Place::none());
}

void RowLoader::add(std::string_view section, std::string_view id, std::string_view item,
                    const std::vector<std::string_view>& values) {
  Body& body = *body_;
  const Section* const found = body.find(section);
  if (found == nullptr) return;
  if (found->has_entries() && item == found->id) return add_entry(section, id);
  const std::string name = entry_name(*found, id) + "." + std::string(item);
  const Option* const option = find_option(section, item);
  if (option == nullptr) return body.report(name + ": there is no such item");
  if (found->has_entries() ? found != body.section || id != body.id : !id.empty()) {
    return body.report(name + ": the row does not follow that of its entry");
  }
  const bool is_empty = values.empty() || (values.size() == 1 && values.front().empty());
  if (is_empty && may_be_empty(*option)) {
    return body.collector.add_empty(*found, *option, Place::none());
  }
  if (values.empty()) return body.report(name + ": needs a value");
  for (const std::string_view value : values) {
    if (value.empty() && may_be_empty(*option)) continue;
    if (const auto parsed = parse_value(option->kind, value); !parsed) {
      body.report(name + ": " + parsed.error());
    } else {
      body.collector.add(*found, *option, value, Place::none());
    }
  }
}

dns::Result<Config> RowLoader::finish() {
  Body& body = *body_;
  body.store->sections = body.collector.finish();
  if (body.problems.empty()) check_store(*body.store, body.problems);
  if (!body.problems.empty()) return dns::Error{body.problems.to_text()};
  return Config(std::move(body.store));
}

}  // namespace bowline::control::config
