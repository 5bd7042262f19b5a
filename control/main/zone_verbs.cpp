// Commands on zones: zone-status, zone-reload, zone-read.
#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "control/main/parts.h"
#include "control/main/zone_names.h"
#include "control/main/zone_read.h"

namespace bowline::control {

namespace {

// Zones looked at before the next look at the client's socket.
constexpr std::size_t kZonesAPart = 256;
// Zones whose failure is told one by one when all are loaded: what a person reads; the log has all.
constexpr std::size_t kMaxFailuresTold = 100;

constexpr const char* kNotLoadedYet = "the zones are not loaded yet: try again";

// ---- zone-status ------------------------------------------------------------------------------

// What is planned or under way for a zone, in knotc's words and order; null is nothing. Zones are
// loaded by the server as a whole, so but for a load there is none yet.
api::Json event_columns(bool is_loading, bool only_expiration) {
  static constexpr const char* kEvents[] = {"load",   "refresh", "update",   "expiration",
                                            "flush",  "backup/restore", "notify", "re-sign",
                                            "DS-check", "DS-push"};
  api::Json events = api::Json::object();
  for (const char* const event : kEvents) {
    if (!only_expiration || std::string_view(event) == "expiration") events[event] = nullptr;
  }
  if (is_loading && !only_expiration) events["load"] = "running";
  return events;
}

// Columns that the filters of a request choose; without any, all.
class Columns {
 public:
  explicit Columns(const std::vector<std::string>& arguments) {
    std::ranges::copy_if(arguments, std::back_inserter(filters_),
                         [](const std::string& each) { return each.starts_with('+'); });
  }
  bool all() const { return filters_.empty(); }
  bool has(std::string_view column) const {
    return all() || std::ranges::any_of(filters_, [&](const std::string& filter) {
             return std::string_view(filter).substr(1) == column;
           });
  }

 private:
  std::vector<std::string> filters_;
};

api::Json zone_row(const config::Config& config, const store::ZoneStatus& zone,
                   const Columns& columns, bool loading) {
  const bool is_loading = loading && !zone.served;
  const char* state = zone.served ? (zone.error.empty() ? "served" : "served, file failed")
                                  : (loading ? "loading" : "failed");
  api::Json row = {{"zone", zone.name.to_text()}};
  if (columns.has("role")) {
    const bool secondary = !config.get("zone", zone.name.to_text(), "master").empty();
    row["role"] = secondary ? "slave" : "master";
  }
  if (columns.has("serial")) row["serial"] = zone.served ? api::Json(zone.serial) : nullptr;
  for (const char* const column : {"transaction", "freeze", "catalog"}) {
    if (columns.has(column)) row[column] = nullptr;
  }
  if (columns.has("events") || columns.has("expiration")) {
    row["events"] = event_columns(is_loading, !columns.has("events"));
  }
  if (!columns.all()) return row;
  row["status"] = state;
  row["records"] = zone.records;
  row["file"] = zone.file;
  row["error"] = zone.error;
  return row;
}

void zone_status(const Parts& parts, const api::Request& request, const Answer& answer) {
  const auto config = parts.zones.config();
  if (!config) return answer->fail({{}, "resource is busy", kNotLoadedYet});
  const Columns columns(request.arguments);
  const bool loading = parts.loading;
  if (!means_all_zones(request.arguments)) {
    for (const std::string& argument : request.arguments) {
      for (const NamedZone& zone : find_zones(*config, {argument}, *answer)) {
        answer->row(zone_row(*config, parts.zones.status(*config, zone.index), columns, loading));
      }
    }
    return answer->end();
  }
  answer->produce_with([config, &parts, columns, loading,
                        next = std::size_t{0}](api::Response& to) mutable {
    const std::size_t end = std::min(next + kZonesAPart, config->zones().size());
    for (; next < end; ++next) {
      to.row(zone_row(*config, parts.zones.status(*config, next), columns, loading));
    }
    if (next < config->zones().size()) return true;
    to.end();
    return false;
  });
}

// ---- zone-reload ------------------------------------------------------------------------------

// On the store's thread: tells the zones that are named and have not loaded, and ends the answer.
void end_reload(const Parts& parts, const config::Config& config,
                const std::vector<NamedZone>& zones, api::Response& answer) {
  for (const NamedZone& zone : zones) {
    const store::ZoneStatus status = parts.zones.status(config, zone.index);
    if (!status.error.empty()) answer.failure({zone.text, "failed", status.error});
  }
  answer.end();
}

// The same for all zones.
void end_reload_of_all(const Parts& parts, const config::Config& config, bool ok,
                       api::Response& answer) {
  if (ok) return answer.end();
  std::size_t told = 0;
  for (std::size_t i = 0; i < config.zones().size() && told < kMaxFailuresTold; ++i) {
    const store::ZoneStatus status = parts.zones.status(config, i);
    if (status.error.empty()) continue;
    answer.failure({status.name.to_text(), "failed", status.error});
    ++told;
  }
  answer.fail({{}, "operation failed for some zones", {}});
}

void zone_reload(const Parts& parts, const api::Request& request, const Answer& answer) {
  if (means_all_zones(request.arguments)) {
    return parts.waiting.post(request, answer, [&parts, answer] {
      const auto config = parts.zones.config();
      if (!config) return answer->fail({{}, "resource is busy", kNotLoadedYet});
      const store::UpdateReport report = parts.zones.update(config, store::Which::kAll);
      end_reload_of_all(parts, *config, report.ok(), *answer);
    });
  }
  const auto now = parts.zones.config();
  if (!now) return answer->fail({{}, "resource is busy", kNotLoadedYet});
  const auto zones = find_zones(*now, request.arguments, *answer);
  if (zones.empty()) return answer->end();
  parts.waiting.post(request, answer, [&parts, answer, arguments = request.arguments] {
    // Another configuration may have come meanwhile. What it lacks by now was told, or it has just
    // gone.
    const auto config = parts.zones.config();
    std::vector<NamedZone> still_there;
    std::vector<dns::Name> names;
    static const dns::Name root;
    for (const std::string& text : arguments) {
      const auto name = dns::Name::from_text(text, &root);
      const auto index = name ? config->zones().find(*name) : std::nullopt;
      if (!index) continue;
      still_there.push_back({text, *name, *index});
      names.push_back(*name);
    }
    (void)parts.zones.reload_zones(names);
    end_reload(parts, *config, still_there, *answer);
  });
}

// ---- zone-read --------------------------------------------------------------------------------

void zone_read(const Parts& parts, const api::Request& request, const Answer& answer) {
  const auto config = parts.zones.config();
  auto pin = parts.tables.pins().take();
  if (!config || !pin) return answer->fail({{}, "resource is busy", kNotLoadedYet});
  const std::vector<std::string>& arguments = request.arguments;
  ZoneRead::Wanted wanted;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    wanted.data += (i > 1 ? " " : "") + arguments[i];
  }
  if (arguments.front() != "--") {
    const auto zones = find_zones(*config, {arguments.front()}, *answer);
    if (zones.empty()) return answer->end();
    wanted.zone = zones.front().name;
    wanted.named = arguments.front();
  }
  if (arguments.size() > 1) {
    const dns::Name root;
    wanted.owner = arguments[1];
    if (!dns::Name::from_text(wanted.owner, wanted.zone ? &*wanted.zone : &root)) {
      return answer->fail({wanted.named, "invalid parameter", wanted.data});
    }
  }
  if (arguments.size() > 2) {
    wanted.type = dns::rr_type_from_text(arguments[2]);
    if (!wanted.type) return answer->fail({wanted.named, "invalid parameter", wanted.data});
  }
  auto read = std::make_shared<ZoneRead>(std::move(pin), config, parts.tables.secret(),
                                         std::move(wanted));
  answer->produce_with([read](api::Response& to) { return read->next(to); });
}

}  // namespace

void add_zone_verbs(Dispatch& dispatch, const Parts& parts) {
  dispatch.add("zone-status", [&parts](const api::Request& request, const Answer& answer) {
    zone_status(parts, request, answer);
  });
  dispatch.add("zone-reload", [&parts](const api::Request& request, const Answer& answer) {
    zone_reload(parts, request, answer);
  });
  dispatch.add("zone-read", [&parts](const api::Request& request, const Answer& answer) {
    zone_read(parts, request, answer);
  });
}

}  // namespace bowline::control
