#include "control/main/reconfigure.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <set>
#include <string_view>

#include <fmt/format.h>

#include "control/config/path.h"
#include "control/config/visit.h"
#include "control/log/log.h"
#include "dns/name_text.h"

namespace bowline::control {

namespace {

using config::Change;
using log::Category;
using Kind = Report::Item::Kind;
using Effect = Report::Item::Effect;

constexpr std::string_view kDefaultTemplate = "default";

dns::Name zone_name(std::string_view id) {
  static const dns::Name root;
  auto name = dns::Name::from_text(id, &root);
  assert(name.ok());  // identifiers of zones have been checked
  return *name;
}

std::string path_of(const Change& change, bool with_item) {
  config::ItemPath path;
  path.section = change.section;
  if (change.section->has_entries()) path.id = change.id;
  if (with_item) path.option = change.option;
  return path.to_text();
}

// Adds the places of the zones that use one of these templates, which no item of their own says of
// the default one. A walk over all zones as they are written.
void add_users(const config::Config& config, const std::set<std::string>& templates,
               std::vector<std::size_t>& places) {
  const config::ZoneList zones = config.zones();
  std::string zone;
  std::string used;
  const auto finish = [&] {
    if (zone.empty() || !templates.contains(used)) return;
    if (const auto place = zones.find(zone_name(zone))) places.push_back(*place);
  };
  config::ItemPath all;
  all.section = config::find_section("zone");
  config::visit(config, all,
                [&](const config::Section&, std::string_view id, const config::Option& option,
                    const config::Setting& setting) {
                  if (option.name == all.section->id) {
                    finish();
                    zone = id;
                    used = kDefaultTemplate;
                  } else if (option.name == "template") {
                    used = setting.values.empty() ? kDefaultTemplate : setting.values.front();
                  }
                  return true;
                });
  finish();
}

}  // namespace

// What of the parts a difference touches.
struct Reconfigure::Plan {
  bool log = false;
  bool drop_list = false;
  store::ZoneEdits zones;
};

std::string Report::Item::to_text() const {
  const char* const what = kind == Kind::kAdded     ? "added"
                           : kind == Kind::kRemoved ? "removed"
                                                    : "changed";
  switch (effect) {
    case Effect::kRestart:
      return fmt::format("{}: {}, takes effect after a restart of bowlined", path, what);
    case Effect::kLater:
      return fmt::format("{}: {}, but not yet effective in this version", path, what);
    case Effect::kNow:
      break;
  }
  return fmt::format("{}: {}", path, what);
}

Reconfigure::Reconfigure(Parts parts, std::shared_ptr<const config::Config> config)
    : parts_(std::move(parts)),
      settings_(store::make_settings(*config)),
      config_(std::move(config)) {}

std::shared_ptr<const config::Config> Reconfigure::current() const {
  const std::lock_guard lock(mutex_);
  return config_;
}

std::vector<std::string> Reconfigure::awaiting_restart() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> paths;
  for (const auto& [path, value] : at_start_) paths.push_back(path);
  return paths;
}

Report Reconfigure::apply(std::shared_ptr<const config::Config> next, Cause cause) {
  Report report;
  const std::shared_ptr<const config::Config> before = current();
  const Plan plan = make_plan(*before, *next, cause, report);
  {
    const std::lock_guard lock(mutex_);
    config_ = next;
  }
  if (plan.log) apply_log(*next, report);
  apply_settings(*next, report);
  if (plan.drop_list) apply_drop_list(*next, report);
  switch (cause) {
    case Cause::kStart:
      report.zones = parts_.zones.update(std::move(next), store::Which::kAll);
      break;
    case Cause::kReload:
      report.zones = parts_.zones.update(std::move(next), store::Which::kChanged);
      break;
    case Cause::kCommit:
      report.zones = parts_.zones.update(std::move(next), plan.zones);
      break;
  }
  write_log(report, cause);
  return report;
}

// ---- What differs -----------------------------------------------------------------------------

Reconfigure::Plan Reconfigure::make_plan(const config::Config& before, const config::Config& next,
                                         Cause cause, Report& report) {
  Plan plan;
  plan.log = log_failed_;
  plan.drop_list = drop_list_failed_ || cause == Cause::kStart;
  std::set<std::string> templates;
  const Change* entry = nullptr;  // that came or went with the items that follow
  const std::vector<Change> changes = config::compare(before, next);
  for (const Change& change : changes) {
    const std::string_view section = change.section->name;
    const bool is_entry = change.option != nullptr && change.is_entry();
    if (is_entry) entry = &change;
    const bool is_part = !is_entry && entry != nullptr && entry->section == change.section &&
                         entry->id == change.id;
    note_item(change, is_part, report);
    if (section == "log") plan.log = true;
    if (section == "dataplane" && change.option != nullptr && change.option->name == "drop") {
      plan.drop_list = true;
    }
    if (section == "template") templates.insert(change.id);
    if (section != "zone" || is_part || cause != Cause::kCommit) continue;
    if (is_entry && !change.after.is_set) {
      plan.zones.removed.push_back(zone_name(change.id));
    } else if (const auto place = next.zones().find(zone_name(change.id))) {
      plan.zones.touched.push_back(*place);
    }
  }
  if (cause == Cause::kCommit && !templates.empty()) {
    add_users(next, templates, plan.zones.inheriting);
  }
  return plan;
}

// Puts the change into the report; the items of an entry that came or went are not named, but what
// they wait for is noted all the same.
void Reconfigure::note_item(const Change& change, bool is_part_of_entry, Report& report) {
  const bool waits = change.option != nullptr && config::needs_restart(change);
  const std::string path = path_of(change, change.option != nullptr && !change.is_entry());
  if (waits) note_restart(change, path);
  if (is_part_of_entry && !waits) return;
  ++report.items_in_all;
  if (report.items.size() >= kMaxItems && !waits) return;
  Report::Item item;
  item.path = path;
  if (change.option == nullptr || change.is_entry()) {
    item.kind = change.after.is_set ? Kind::kAdded : Kind::kRemoved;
  }
  if (waits) {
    item.effect = Effect::kRestart;
  } else if (change.option != nullptr && !change.is_entry() &&
             change.option->effect == config::Effect::kLater) {
    item.effect = Effect::kLater;
  }
  report.items.push_back(std::move(item));
}

// Remembers with which value bowlined runs; a change back to that one waits for nothing any more.
void Reconfigure::note_restart(const Change& change, const std::string& path) {
  const std::lock_guard lock(mutex_);
  const auto [at, is_new] = at_start_.emplace(path, change.before);
  if (!is_new && at->second == change.after) at_start_.erase(at);
}

// ---- What it takes ----------------------------------------------------------------------------

void Reconfigure::apply_log(const config::Config& next, Report& report) {
  const auto done = log::setup(next.log());
  log_failed_ = !done;
  if (log_failed_) {
    report.errors.push_back("log: " + done.error() + "; the former targets stay");
  }
  parts_.log_has_changed();
}

void Reconfigure::apply_settings(const config::Config& next, Report& report) {
  const link::Settings settings = store::make_settings(next);
  if (std::memcmp(&settings, &settings_, sizeof settings) == 0) return;
  const auto epoch = parts_.tables.publisher().publish_settings(settings);
  if (!epoch) {
    report.errors.push_back("settings: " + epoch.error());
    return;
  }
  settings_ = settings;
  log::info(Category::kServer, "published epoch {}, new settings", *epoch);
}

// Serving with a list that is not whole is better than not serving.
void Reconfigure::apply_drop_list(const config::Config& next, Report& report) {
  drop_list_failed_ = false;
  const std::vector<config::AddressRange> ranges = next.dataplane().drop;
  if (!parts_.drop_list.attached()) {
    if (!ranges.empty()) {
      log::warning(Category::kServer,
                   "config, dataplane.drop drops nothing, it needs an interface in xdp.listen");
    }
    return;
  }
  const auto change = parts_.drop_list.configure(ranges);
  if (!change) {
    drop_list_failed_ = true;
    report.errors.push_back("dataplane.drop: " + change.error());
    return;
  }
  if (change->added + change->removed > 0) {
    log::info(Category::kServer, "drop list, {} prefixes of dataplane.drop added, {} removed",
              change->added, change->removed);
  }
}

// ---- What is said of it -----------------------------------------------------------------------

// Errors of zones are in the log already.
void Reconfigure::write_log(const Report& report, Cause cause) {
  for (const std::string& error : report.errors) {
    log::error(Category::kServer, "config, {}", error);
  }
  if (cause == Cause::kStart) return;
  for (const Report::Item& item : report.items) {
    if (item.effect == Effect::kNow) {
      log::debug(Category::kServer, "config, {}", item.to_text());
    } else {
      log::warning(Category::kServer, "config, {}", item.to_text());
    }
  }
  log::info(Category::kServer,
            "configuration {}, {} items differ, {} zones loaded, {} failed, {} removed, {} "
            "unchanged",
            cause == Cause::kCommit ? "committed" : "reloaded", report.items_in_all,
            report.zones.loaded, report.zones.failed, report.zones.removed,
            report.zones.unchanged);
}

namespace {

void write_zones(api::Response& response, const store::UpdateReport& zones) {
  for (const std::string& error : zones.errors) response.text(error);
  response.text(fmt::format("{} zones loaded, {} failed, {} removed, {} unchanged", zones.loaded,
                            zones.failed, zones.removed, zones.unchanged));
  response.row("zones", {{"loaded", zones.loaded},
                         {"failed", zones.failed},
                         {"removed", zones.removed},
                         {"unchanged", zones.unchanged}});
}

const char* word(Kind kind) {
  return kind == Kind::kAdded ? "added" : kind == Kind::kRemoved ? "removed" : "changed";
}

const char* word(Effect effect) {
  return effect == Effect::kNow ? "now" : effect == Effect::kRestart ? "restart" : "none yet";
}

constexpr const char* kNotAll = "not everything was loaded; what was served before still is";

}  // namespace

void write_report(api::Response& response, const Report& report) {
  for (const std::string& error : report.errors) response.text(error);
  if (report.refused) return response.end(report.refusal);
  for (const Report::Item& item : report.items) response.text(item.to_text());
  if (report.items_in_all > report.items.size()) {
    response.text(fmt::format("and {} items more", report.items_in_all - report.items.size()));
  }
  response.table("items");
  for (const Report::Item& item : report.items) {
    response.row("items", {{"item", item.path},
                           {"change", word(item.kind)},
                           {"effect", word(item.effect)}});
  }
  write_zones(response, report.zones);
  if (report.zones.ok() && !report.ok()) return response.end("not everything took effect");
  response.end(report.ok() ? "" : kNotAll);
}

}  // namespace bowline::control
