// The configuration as it lies in memory.
#include "control/config/store.h"

#include <cassert>

#include "control/config/path.h"

namespace bowline::control::config {

std::size_t section_index(const Section& section) {
  return static_cast<std::size_t>(&section - sections().data());
}

ItemValues values_of(const Section& section, Entry entry, const Option& option) {
  ItemValues result;
  if (!entry) return result;
  EntryReader reader(section, entry);
  for (SetItem item; reader.next(item);) {
    if (item.option != &option) {
      if (result.is_set) break;
      continue;
    }
    result.is_set = true;
    if (!item.is_empty) result.values.push_back(item);
  }
  return result;
}

Store::Store() : file_names(std::make_shared<const std::vector<std::string>>()) {
  for (const Section& section : config::sections()) {
    sections.push_back(std::make_shared<const EntryList>(section));
  }
}

const EntryList& Store::list(std::string_view section) const {
  const Section* const found = find_section(section);
  assert(found != nullptr);
  return list(*found);
}

Entry Store::find(const Section& section, std::string_view id) const {
  const EntryList& entries = list(section);
  if (!section.has_entries()) return entries.empty() ? Entry() : entries[0];
  auto at = entries.find(id);
  if (!at) {  // names have several writings: K1.example and k1.example. are the same
    const auto canonical = canonical_id(section, id);
    if (!canonical || *canonical == id) return {};
    at = entries.find(*canonical);
  }
  return at ? entries[*at] : Entry();
}

Entry Store::find(std::string_view section, std::string_view id) const {
  const Section* const found = find_section(section);
  assert(found != nullptr);
  return find(*found, id);
}

}  // namespace bowline::control::config
