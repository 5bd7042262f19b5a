// Effective values of items.
#include "control/config/resolve.h"

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

const Entry* template_of(const Store& store, const Entry& zone) {
  const Option& option = *find_option("zone", "template");
  const Store::Set set = store.values_of(store.data("zone"), zone, option);
  return store.find("template", set.values.empty() ? "default" : set.values.front()->text);
}

}  // namespace

std::vector<Value> effective_values(const Store& store, std::string_view section,
                                    const Entry* entry, const Option& option) {
  Store::Set set;
  if (entry != nullptr) set = store.values_of(store.data(section), *entry, option);
  const bool from_template = section == "zone" && option.name != "domain" &&
                             option.name != "template" && option.name != "comment";
  if (!set.is_set && entry != nullptr && from_template) {
    if (const Entry* shared = template_of(store, *entry)) {
      set = store.values_of(store.data("template"), *shared, option);
    }
  }
  if (!set.is_set) return default_values(option);
  std::vector<Value> values;
  for (const SetItem* item : set.values) values.push_back(to_value(option, item->text));
  return values;
}

std::string absolute_path(const std::string& base, const std::string& path) {
  if (path.starts_with('/')) return path;
  return base.ends_with('/') ? base + path : base + "/" + path;
}

}  // namespace bowline::control::config
