// The configured zones, each made when it is asked for.
#include "control/config/config.h"
#include "control/config/resolve.h"
#include "control/config/store.h"
#include "control/config/zone_file_name.h"

namespace bowline::control::config {
namespace {

const EntryList& zones_of(const Store& store) {
  static const Section& section = *find_section("zone");
  return store.list(section);
}

std::vector<Value> zone_values(const Store& store, Entry zone, std::string_view item) {
  static const Section& section = *find_section("zone");
  return effective_values(store, section, zone, *find_option("zone", item));
}

dns::Name name_of(Entry zone) {
  const auto name = dns::Name::from_text(zone.id());
  assert(name.ok());  // checked when the entry was made
  return *name;
}

std::string zone_text(const Store& store, Entry zone, std::string_view item) {
  const auto values = zone_values(store, zone, item);
  assert(!values.empty());  // these items have literal defaults and cannot be empty
  return values.front().text();
}

}  // namespace

std::size_t ZoneList::size() const { return zones_of(*store_).size(); }

dns::Name ZoneList::name(std::size_t index) const {
  return name_of(zones_of(*store_)[index]);
}

Zone ZoneList::operator[](std::size_t index) const {
  const Entry entry = zones_of(*store_)[index];
  Zone zone;
  zone.name = name_of(entry);
  zone.storage = absolute_path(store_->start_directory, zone_text(*store_, entry, "storage"));
  const std::string pattern = zone_text(*store_, entry, "file");
  zone.file = absolute_path(zone.storage, expand_zone_file_name(pattern, zone.name));
  if (const auto ttl = zone_values(*store_, entry, "default-ttl"); !ttl.empty()) {
    zone.default_ttl = static_cast<std::uint32_t>(ttl.front().number());
  }
  const std::string checks = zone_text(*store_, entry, "semantic-checks");
  if (checks == "on") zone.semantic_checks = SemanticChecks::kOn;
  if (checks == "soft") zone.semantic_checks = SemanticChecks::kSoft;
  return zone;
}

std::optional<std::size_t> ZoneList::find(dns::NameView name) const {
  return zones_of(*store_).find(dns::Name(name).lower().to_text());
}

}  // namespace bowline::control::config
