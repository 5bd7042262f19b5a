// Walks over the settings of a configuration.
#include "control/config/visit.h"

#include "control/config/settings.h"
#include "control/config/store.h"

namespace bowline::control::config {
namespace {

// False: the visitor wants no more.
bool visit_entry(const Section& section, Entry entry, const Option* only, const Visitor& visitor) {
  const std::string_view id = entry.id();
  if (section.has_entries()) {
    const Option& option = *find_option(section.name, section.id);
    if (only == nullptr || only == &option) {
      if (!visitor(section, id, option, {true, {std::string(id)}})) return false;
    }
    if (only == &option) return true;
  }
  for (SettingReader item(section, entry); item.option() != nullptr; item.next()) {
    if (only != nullptr && only != item.option()) continue;
    if (!visitor(section, id, *item.option(), item.setting())) return false;
  }
  return true;
}

bool visit_section(const Store& store, const Section& section, const Option* only,
                   const Visitor& visitor) {
  for (const auto& block : store.list(section).blocks()) {
    for (std::size_t i = 0; i < block->size(); ++i) {
      if (!visit_entry(section, block->entry(i), only, visitor)) return false;
    }
  }
  return true;
}

}  // namespace

void visit(const Config& config, const ItemPath& path, const Visitor& visitor) {
  const Store& store = *config.store();
  if (path.section == nullptr) {
    for (const Section& section : sections()) {
      if (!visit_section(store, section, nullptr, visitor)) return;
    }
  } else if (!path.id) {
    visit_section(store, *path.section, path.option, visitor);
  } else if (const Entry entry = store.find(*path.section, *path.id)) {
    visit_entry(*path.section, entry, path.option, visitor);
  }
}

bool exists(const Config& config, const Section& section, std::string_view id) {
  const Store& store = *config.store();
  if (section.has_entries() && !id.empty()) return static_cast<bool>(store.find(section, id));
  return !store.list(section).empty();
}

}  // namespace bowline::control::config
