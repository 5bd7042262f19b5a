// The configured zones, each made when it is asked for.
#include "control/config/config.h"
#include "control/config/resolve.h"
#include "control/config/store.h"
#include "control/config/zone_file_name.h"

namespace bowline::control::config {
namespace {

std::vector<Value> zone_values(const Store& store, const Entry& zone, std::string_view item) {
  return effective_values(store, "zone", &zone, *find_option("zone", item));
}

std::string zone_text(const Store& store, const Entry& zone, std::string_view item) {
  const auto values = zone_values(store, zone, item);
  assert(!values.empty());  // these items have literal defaults and cannot be empty
  return values.front().text();
}

}  // namespace

std::size_t ZoneList::size() const { return store_->data("zone").entries.size(); }

dns::Name ZoneList::name(std::size_t index) const {
  static const dns::Name root;
  assert(index < size());
  const auto name = dns::Name::from_text(store_->data("zone").entries[index].id, &root);
  assert(name.ok());  // checked when the file was read
  return name->lower();
}

Zone ZoneList::operator[](std::size_t index) const {
  const Entry& entry = store_->data("zone").entries[index];
  Zone zone;
  zone.name = name(index);
  zone.storage = absolute_path(store_->start_directory, zone_text(*store_, entry, "storage"));
  const std::string pattern = zone_text(*store_, entry, "file");
  zone.file = absolute_path(zone.storage, expand_zone_file_name(pattern, zone.name));
  const std::string checks = zone_text(*store_, entry, "semantic-checks");
  if (checks == "on") zone.semantic_checks = SemanticChecks::kOn;
  if (checks == "soft") zone.semantic_checks = SemanticChecks::kSoft;
  return zone;
}

std::optional<std::size_t> ZoneList::find(dns::NameView name) const {
  const auto index = store_->zone_index.find(store_->data("zone"), name);
  return index ? std::optional<std::size_t>(*index) : std::nullopt;
}

}  // namespace bowline::control::config
