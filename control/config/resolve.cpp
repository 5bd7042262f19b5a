// Effective values of items.
#include "control/config/resolve.h"

#include <unistd.h>

#include <climits>

#include "control/config/value_text.h"

namespace bowline::control::config {
namespace {

Value to_value(const Option& option, std::string_view text) {
  auto value = parse_value(option.kind, text);
  assert(value.ok());  // checked when the file was read, or a default that a test has checked
  return std::move(*value);
}

std::vector<Value> default_values(const Option& option) {
  std::vector<Value> values;
  if (option.fallback.form != Default::Form::kLiteral) return values;
  if (option.count == Count::kOne) {
    values.push_back(to_value(option, option.fallback.text));
    return values;
  }
  for (const std::string_view text : split_words(option.fallback.text, ' ')) {
    values.push_back(to_value(option, text));
  }
  return values;
}

Entry template_of(const Store& store, const Section& zones, Entry zone) {
  static const Option& option = *find_option("zone", "template");
  static const Section& templates = *find_section("template");
  const ItemValues named = values_of(zones, zone, option);
  return store.find(templates, named.values.empty() ? "default" : named.values.front().text);
}

}  // namespace

std::vector<Value> effective_values(const Store& store, const Section& section, Entry entry,
                                    const Option& option) {
  ItemValues set = values_of(section, entry, option);
  const bool from_template = section.name == "zone" && option.name != "domain" &&
                             option.name != "template" && option.name != "comment";
  if (!set.is_set && entry && from_template) {
    static const Section& templates = *find_section("template");
    set = values_of(templates, template_of(store, section, entry), option);
  }
  if (!set.is_set) return default_values(option);
  std::vector<Value> values;
  for (const SetItem& item : set.values) values.push_back(to_value(option, item.text));
  return values;
}

std::string current_directory() {
  char buffer[PATH_MAX];
  return getcwd(buffer, sizeof buffer) != nullptr ? buffer : "/";
}

std::string absolute_path(const std::string& base, const std::string& path) {
  if (path.starts_with('/')) return path;
  return base.ends_with('/') ? base + path : base + "/" + path;
}

}  // namespace bowline::control::config
