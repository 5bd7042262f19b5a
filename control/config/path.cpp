// Paths of configuration items.
#include "control/config/path.h"

#include "control/config/value_text.h"

namespace bowline::control::config {
namespace {

using dns::Error;
using dns::Result;

std::string suggestion(std::string_view meant) {
  return meant.empty() ? std::string() : "; did you mean " + std::string(meant) + "?";
}

Result<const Section*> section_of(std::string_view name) {
  if (const Section* const found = find_section(name)) return found;
  std::vector<std::string_view> names;
  for (const Section& section : sections()) names.push_back(section.name);
  return Error{std::string(name) + ": there is no such section" +
               suggestion(nearest(name, names))};
}

Result<const Option*> option_of(const Section& section, std::string_view name) {
  if (const Option* const found = find_option(section.name, name)) return found;
  std::vector<std::string_view> names;
  for (const Option* option : options_of(section.name)) names.push_back(option->name);
  return Error{std::string(section.name) + "." + std::string(name) + ": there is no such item" +
               suggestion(nearest(name, names))};
}

// Takes "[id]" from the start of `rest`. An identifier may have brackets: the last one that ends
// the path or stands before a dot closes.
Result<std::string_view> take_id(std::string_view& rest, std::string_view path) {
  std::size_t end = rest.rfind("].");
  if (rest.ends_with(']')) end = rest.size() - 1;
  if (end == std::string_view::npos) {
    return Error{std::string(path) + ": the bracket after the identifier is missing"};
  }
  const std::string_view id = rest.substr(1, end - 1);
  rest.remove_prefix(end + 1);
  if (id.empty()) return Error{std::string(path) + ": the identifier is missing"};
  return id;
}

}  // namespace

std::string ItemPath::to_text() const {
  if (section == nullptr) return {};
  std::string text(section->name);
  if (id) text += "[" + *id + "]";
  if (option != nullptr) text += "." + std::string(option->name);
  return text;
}

Result<std::string> canonical_id(const Section& section, std::string_view id) {
  const Option& option = *find_option(section.name, section.id);
  auto value = parse_value(option.kind, id);
  if (!value) return Error{value.error()};
  if (id.empty()) return Error{"the identifier is missing"};
  const auto* const name = std::get_if<dns::Name>(&value->content());
  return name == nullptr ? std::string(id) : name->lower().to_text();
}

Result<ItemPath> parse_item_path(std::string_view text) {
  ItemPath path;
  if (text.empty()) return path;
  std::string_view rest = text;
  const auto section = section_of(rest.substr(0, rest.find_first_of("[.")));
  if (!section) return Error{section.error()};
  path.section = *section;
  rest.remove_prefix(path.section->name.size());
  if (rest.starts_with('[')) {
    const auto id = take_id(rest, text);
    if (!id) return Error{id.error()};
    if (!path.section->has_entries()) {
      return Error{std::string(text) + ": the section " + std::string(path.section->name) +
                   " has no entries, leave out [" + std::string(*id) + "]"};
    }
    auto canonical = canonical_id(*path.section, *id);
    if (!canonical) return Error{std::string(text) + ": " + canonical.error()};
    path.id = std::move(*canonical);
  }
  if (rest.empty()) return path;
  if (rest.front() != '.') {
    return Error{std::string(text) + ": \"" + std::string(rest) +
                 "\" after the identifier, allowed is .ITEM"};
  }
  rest.remove_prefix(1);
  if (rest.empty()) return Error{std::string(text) + ": the item after the dot is missing"};
  const auto option = option_of(*path.section, rest);
  if (!option) return Error{option.error()};
  path.option = *option;
  return path;
}

}  // namespace bowline::control::config
