#include "control/store/zone_store.h"

#include <malloc.h>

#include <algorithm>

#include "control/log/log.h"
#include "control/store/parallel_load.h"

namespace bowline::control::store {

namespace {

using log::Category;

// What a person reads in the answer to one command; the log has them all.
constexpr std::size_t kMaxReported = 100;

std::uint64_t settings_of(const config::Zone& zone) {
  return std::hash<std::string>()(zone.file) * 31 +
         static_cast<std::uint64_t>(zone.semantic_checks);
}

void report_error(UpdateReport& report, std::string text) {
  if (report.errors.size() < kMaxReported) report.errors.push_back(std::move(text));
}

}  // namespace

ZoneStore::Key ZoneStore::key_of(dns::NameView name) {
  const dns::Name lower = dns::Name(name).lower();
  return {reinterpret_cast<const char*>(lower.data()), lower.size()};
}

bool ZoneStore::needs_load(const config::Zone& zone) const {
  const auto found = entries_.find(key_of(zone.name));
  if (found == entries_.end()) return true;
  const Entry& entry = found->second;
  return !entry.served || entry.error != nullptr || entry.settings != settings_of(zone) ||
         entry.file != FileIdentity::of(zone.file);
}

UpdateReport ZoneStore::update(std::shared_ptr<const config::Config> config, Which which) {
  const config::ZoneList zones = config->zones();
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < zones.size(); ++i) {
    if (which == Which::kAll || needs_load(zones[i])) indices.push_back(i);
  }
  std::vector<zones::ZoneDraft> drafts = withdraw_missing(*config);
  {
    const std::lock_guard lock(mutex_);
    config_ = config;
  }
  UpdateReport report = load(*config, indices, std::move(drafts));
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

// Drafts that take zones out of service which are not configured any more.
std::vector<zones::ZoneDraft> ZoneStore::withdraw_missing(const config::Config& config) {
  std::vector<zones::ZoneDraft> drafts;
  const std::lock_guard lock(mutex_);
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    const dns::NameView name(reinterpret_cast<const std::uint8_t*>(entry->first.data()),
                             entry->first.size());
    if (config.zones().find(name)) {
      ++entry;
      continue;
    }
    if (entry->second.served) {
      drafts.push_back(zones::ZoneDraft::removal(tables_.heap(), name));
      log::zone_info(name, "zone is no longer configured, withdrawn");
    }
    entry = entries_.erase(entry);
  }
  return drafts;
}

UpdateReport ZoneStore::load(const config::Config& config, const std::vector<std::size_t>& indices,
                             std::vector<zones::ZoneDraft> drafts) {
  UpdateReport report;
  report.removed = drafts.size();
  std::vector<LoadedZone> loaded = parallel_load(config, indices, threads_, tables_);
  std::vector<bool> drafted(loaded.size());
  for (std::size_t i = 0; i < loaded.size(); ++i) {
    if (!loaded[i].draft) continue;
    drafted[i] = true;
    drafts.push_back(std::move(*loaded[i].draft));
    loaded[i].draft.reset();
  }
  std::string publish_error;
  const bool first = tables_.publisher().current().root == nullptr;
  if (!drafts.empty() || first) {
    auto epoch = tables_.publisher().publish(std::move(drafts));
    if (epoch) {
      report.epoch = *epoch;
      log::info(Category::kServer, "published epoch {}, {} zones served", *epoch, served());
    } else {
      publish_error = epoch.error();
      report_error(report, publish_error);
      log::error(Category::kServer, "nothing is published: {}", publish_error);
    }
  }
  for (std::size_t i = 0; i < loaded.size(); ++i) {
    note_loaded(config.zones()[indices[i]], loaded[i], drafted[i], publish_error, report);
  }
  std::vector<LoadedZone>().swap(loaded);
  (void)::malloc_trim(0);
  return report;
}

void ZoneStore::note_loaded(const config::Zone& zone, LoadedZone& loaded, bool was_drafted,
                            const std::string& publish_error, UpdateReport& report) {
  for (const std::string& text : loaded.warnings) log::zone_warning(zone.name, "{}", text);
  if (was_drafted && !publish_error.empty()) loaded.errors.push_back(publish_error);
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[key_of(zone.name)];
  const std::string before = entry.served ? std::to_string(entry.serial) : "none";
  if (!loaded.errors.empty()) {
    ++report.failed;
    for (const std::string& text : loaded.errors) {
      log::zone_error(zone.name, "failed to load, {}: {}",
                      entry.served ? "serial " + before + " stays in service" : "not served", text);
      report_error(report, fmt::format("[{}] {}", zone.name.to_text(), text));
    }
    entry.error = std::make_unique<std::string>(loaded.errors.front());
    return;
  }
  ++report.loaded;
  entry = {loaded.file, settings_of(zone), loaded.records, loaded.serial, true, nullptr};
  log::zone_info(zone.name, "loaded, serial {} -> {}, {} records", before, loaded.serial,
                 loaded.records);
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
