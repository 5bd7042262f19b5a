#include "control/store/zone_store.h"

#include <malloc.h>

#include <algorithm>
#include <numeric>

#include "control/log/log.h"
#include "control/store/parallel_load.h"
#include "zones/placeholder.h"

namespace bowline::control::store {

namespace {

using log::Category;

// What a person reads in the answer to one command; the log has them all.
constexpr std::size_t kMaxReported = 100;

// Loading so much at once leaves memory behind that is worth giving back to the system.
constexpr std::size_t kTrimZones = 1000;
constexpr std::uint64_t kTrimRecords = 100'000;

std::uint64_t settings_of(const config::Zone& zone) {
  const std::uint64_t file = std::hash<std::string>()(zone.file);
  return (file * 31 + zone.default_ttl) * 31 + static_cast<std::uint64_t>(zone.semantic_checks);
}

void report_error(UpdateReport& report, std::string text) {
  if (report.errors.size() < kMaxReported) report.errors.push_back(std::move(text));
}

}  // namespace

ZoneStore::Key ZoneStore::key_of(dns::NameView name) {
  const dns::Name lower = dns::Name(name).lower();
  return {reinterpret_cast<const char*>(lower.data()), lower.size()};
}

const ZoneStore::Entry* ZoneStore::find(dns::NameView name) const {
  const auto found = entries_.find(key_of(name));
  return found == entries_.end() ? nullptr : &found->second;
}

// Whether the zone was not loaded as it is configured.
bool ZoneStore::has_other_settings(const config::Zone& zone, const Entry* entry) {
  return entry == nullptr || !entry->served || entry->error != nullptr ||
         entry->settings != settings_of(zone);
}

bool ZoneStore::needs_load(const config::Zone& zone, const Entry* entry) {
  return has_other_settings(zone, entry) || entry->file != FileIdentity::of(zone.file) ||
         entry->has_changed();
}

// Whether a file that it includes is another one by now.
bool ZoneStore::Entry::has_changed() const {
  return included != nullptr && std::ranges::any_of(*included, [](const IncludedFile& each) {
           return each.identity != FileIdentity::of(each.path);
         });
}

void ZoneStore::take(std::shared_ptr<const config::Config> config) {
  const std::lock_guard lock(mutex_);
  config_ = std::move(config);
}

UpdateReport ZoneStore::update(std::shared_ptr<const config::Config> config, Which which) {
  const config::ZoneList zones = config->zones();
  std::vector<std::size_t> indices;
  std::size_t known = 0;
  for (std::size_t i = 0; i < zones.size(); ++i) {
    const config::Zone zone = zones[i];
    const Entry* const entry = find(zone.name);
    known += entry != nullptr;
    if (which == Which::kAll || needs_load(zone, entry)) indices.push_back(i);
  }
  Change change;
  if (known != entries_.size()) change = withdraw_missing(*config);
  take(config);
  UpdateReport report = load(*config, indices, std::move(change));
  report.unchanged = zones.size() - indices.size();
  return report;
}

UpdateReport ZoneStore::update(std::shared_ptr<const config::Config> config,
                               const ZoneEdits& edits) {
  const config::ZoneList zones = config->zones();
  std::vector<std::size_t> indices;
  for (const std::size_t index : edits.touched) {
    const config::Zone zone = zones[index];
    if (needs_load(zone, find(zone.name))) indices.push_back(index);
  }
  for (const std::size_t index : edits.inheriting) {
    const config::Zone zone = zones[index];
    if (has_other_settings(zone, find(zone.name))) indices.push_back(index);
  }
  std::ranges::sort(indices);
  indices.erase(std::unique(indices.begin(), indices.end()), indices.end());
  Change change;
  for (const dns::Name& name : edits.removed) withdraw(key_of(name), change);
  take(config);
  UpdateReport report = load(*config, indices, std::move(change));
  report.unchanged = zones.size() - indices.size();
  return report;
}

UpdateReport ZoneStore::reload_zones(const std::vector<dns::Name>& names) {
  const std::shared_ptr<const config::Config> config = this->config();
  UpdateReport unknown;
  std::vector<std::size_t> indices;
  for (const dns::Name& name : names) {
    if (const auto index = config->zones().find(name)) {
      indices.push_back(*index);
    } else {
      report_error(unknown, fmt::format("{}: no such zone in the configuration", name.to_text()));
    }
  }
  std::ranges::sort(indices);
  indices.erase(std::unique(indices.begin(), indices.end()), indices.end());
  if (!unknown.ok()) return unknown;
  return load(*config, indices, {});
}

// Adds what takes the zone of this key out of service, if there is such a zone.
void ZoneStore::withdraw(const Key& key, Change& change) const {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return;
  if (found->second.served || found->second.placeholder) {
    const dns::NameView name(reinterpret_cast<const std::uint8_t*>(key.data()), key.size());
    change.drafts.push_back(zones::ZoneDraft::removal(tables_.heap(), name));
  }
  change.withdrawn.push_back(key);
}

// All zones that are not configured any more.
ZoneStore::Change ZoneStore::withdraw_missing(const config::Config& config) const {
  Change change;
  for (const auto& [key, entry] : entries_) {
    const dns::NameView name(reinterpret_cast<const std::uint8_t*>(key.data()), key.size());
    if (!config.zones().find(name)) withdraw(key, change);
  }
  return change;
}

// Whether the tables say nothing of the zone.
bool ZoneStore::lacks_place(const config::Zone& zone) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key_of(zone.name));
  return found == entries_.end() || (!found->second.served && !found->second.placeholder);
}

void ZoneStore::hold(const config::Config& config) {
  std::vector<std::size_t> all(config.zones().size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  Change change;
  hold_places(config, all, std::vector<LoadedZone>(all.size()), change);
  UpdateReport report;
  if (!publish(std::move(change.drafts), report).empty()) return;
  const std::lock_guard lock(mutex_);
  for (const std::size_t index : change.placeholders) {
    entries_[key_of(config.zones().name(index))].placeholder = true;
  }
}

// Adds placeholders for the zones that did not load and of which there is no earlier version.
void ZoneStore::hold_places(const config::Config& config, const std::vector<std::size_t>& indices,
                            const std::vector<LoadedZone>& loaded, Change& change) {
  zones::Arena arena(tables_.heap());
  for (std::size_t i = 0; i < loaded.size(); ++i) {
    if (loaded[i].draft) continue;
    const config::Zone zone = config.zones()[indices[i]];
    if (!lacks_place(zone)) continue;
    auto draft = zones::make_placeholder(arena, tables_.secret(), zone.name);
    if (!draft) {
      log::zone_error(zone.name, "failed to hold a place, {}", draft.error());
      return;
    }
    change.drafts.push_back(std::move(*draft));
    change.placeholders.push_back(indices[i]);
  }
}

UpdateReport ZoneStore::load(const config::Config& config, const std::vector<std::size_t>& indices,
                             Change change) {
  UpdateReport report;
  std::vector<LoadedZone> loaded = parallel_load(config, indices, threads_, tables_, progress_);
  hold_places(config, indices, loaded, change);
  std::vector<bool> drafted(loaded.size());
  for (std::size_t i = 0; i < loaded.size(); ++i) {
    if (!loaded[i].draft) continue;
    drafted[i] = true;
    change.drafts.push_back(std::move(*loaded[i].draft));
    loaded[i].draft.reset();
  }
  const std::string publish_error = publish(std::move(change.drafts), report);
  if (publish_error.empty()) {
    note_withdrawn(change, report);
    const std::lock_guard lock(mutex_);
    for (const std::size_t index : change.placeholders) {
      entries_[key_of(config.zones()[index].name)].placeholder = true;
    }
  }
  std::uint64_t records = 0;
  for (std::size_t i = 0; i < loaded.size(); ++i) {
    records += loaded[i].records;
    note_loaded(config.zones()[indices[i]], loaded[i], drafted[i], publish_error, report);
  }
  if (report.epoch != 0) {
    log::info(Category::kServer, "published epoch {}, {} zones served", report.epoch, served());
  }
  std::vector<LoadedZone>().swap(loaded);
  // What many or large zones took while they loaded; a walk over the heap is too much for one.
  if (indices.size() >= kTrimZones || records >= kTrimRecords) (void)::malloc_trim(0);
  return report;
}

// Returns why nothing is published; empty if all is well. The first version may be an empty one.
std::string ZoneStore::publish(std::vector<zones::ZoneDraft> drafts, UpdateReport& report) {
  const bool first = tables_.publisher().current().root == nullptr;
  if (drafts.empty() && !first) return {};
  auto epoch = tables_.publisher().publish(std::move(drafts));
  if (epoch) {
    report.epoch = *epoch;
    return {};
  }
  report_error(report, epoch.error());
  log::error(Category::kServer, "nothing is published, {}", epoch.error());
  return epoch.error();
}

void ZoneStore::note_withdrawn(const Change& change, UpdateReport& report) {
  const std::lock_guard lock(mutex_);
  for (const Key& key : change.withdrawn) {
    const auto found = entries_.find(key);
    if (found->second.served) {
      ++report.removed;
      served_.fetch_sub(1, std::memory_order_relaxed);
      log::zone_info(dns::NameView(reinterpret_cast<const std::uint8_t*>(key.data()), key.size()),
                     "zone removed, no longer configured");
    }
    entries_.erase(found);
  }
}

void ZoneStore::note_loaded(const config::Zone& zone, LoadedZone& loaded, bool was_drafted,
                            const std::string& publish_error, UpdateReport& report) {
  for (const std::string& text : loaded.warnings) {
    log::zone_warning(zone.name, "zone loader, {}", text);
  }
  if (was_drafted && !publish_error.empty()) loaded.errors.push_back(publish_error);
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[key_of(zone.name)];
  const std::string before = entry.served ? std::to_string(entry.serial) : "none";
  if (!loaded.errors.empty()) {
    ++report.failed;
    for (const std::string& text : loaded.errors) {
      log::zone_error(zone.name, "zone loader, error in zone, {}", text);
      report_error(report, fmt::format("[{}] {}", zone.name.to_text(), text));
    }
    log::zone_error(zone.name, "zone event 'load' failed ({})",
                    entry.served ? "serial " + before + " stays in service" : "not served");
    entry.error = std::make_unique<std::string>(loaded.errors.front());
    return;
  }
  ++report.loaded;
  if (!entry.served) served_.fetch_add(1, std::memory_order_relaxed);
  entry = {};
  entry.file = loaded.file;
  if (!loaded.included.empty()) {
    entry.included = std::make_unique<std::vector<IncludedFile>>(std::move(loaded.included));
  }
  entry.settings = settings_of(zone);
  entry.records = loaded.records;
  entry.serial = loaded.serial;
  entry.served = true;
  log::zone_info(zone.name, "loaded, serial {} -> {}, {} records", before, loaded.serial,
                 loaded.records);
  if (published_) published_(zone.name, loaded.serial);
}

std::shared_ptr<const config::Config> ZoneStore::config() const {
  const std::lock_guard lock(mutex_);
  return config_;
}

std::size_t ZoneStore::configured() const {
  const auto current = config();
  return current == nullptr ? 0 : current->zones().size();
}

ZoneStatus ZoneStore::status(const config::Config& config, std::size_t index) const {
  const config::Zone zone = config.zones()[index];
  ZoneStatus status{zone.name, zone.file, false, 0, 0, {}};
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key_of(zone.name));
  if (found == entries_.end()) return status;
  status.served = found->second.served;
  status.serial = found->second.serial;
  status.records = found->second.records;
  if (found->second.error) status.error = *found->second.error;
  return status;
}

}  // namespace bowline::control::store
