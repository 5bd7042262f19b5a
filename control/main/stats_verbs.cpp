// Commands that show counters: stats, zone-stats.
#include <algorithm>
#include <string>
#include <vector>

#include "control/main/counters.h"
#include "control/main/parts.h"
#include "control/main/zone_names.h"

namespace bowline::control {

namespace {

// Zones looked at before the next look at the client's socket.
constexpr std::size_t kZonesAPart = 256;

void stats(const Parts& parts, const api::Request& request, const Answer& answer) {
  const std::string wanted = request.arguments.empty() ? std::string() : request.arguments.front();
  const auto counters = read_counters(parts);
  if (!counters) return answer->fail({{}, "failed", counters.error()});
  bool known = false;
  for (const CounterValue& counter : *counters) {
    if (!is_meant(counter.name, wanted)) continue;
    known = true;
    if (counter.value == 0 && !request.force) continue;
    answer->row({{"counter", counter.name}, {"value", counter.value}});
  }
  if (!known) return answer->fail({{}, "invalid parameter", wanted});
  answer->end();
}

// Writes what is wanted of a zone. False: the zone has no such counter.
bool write_zone_stats(const store::ZoneStatus& zone, const std::string& wanted, bool with_zeros,
                      api::Response& to) {
  bool known = wanted.empty();
  for (const CounterValue& counter : zone_counters(zone)) {
    if (!is_meant(counter.name, wanted)) continue;
    known = true;
    if (counter.value == 0 && !with_zeros) continue;
    to.row({{"zone", zone.name.to_text()}, {"counter", counter.name}, {"value", counter.value}});
  }
  return known;
}

void zone_stats(const Parts& parts, const api::Request& request, const Answer& answer) {
  const auto config = parts.zones.config();
  if (!config) return answer->fail({{}, "resource is busy", "the zones are not loaded yet"});
  const std::string zone = request.arguments.front();
  const std::string wanted = request.arguments.size() > 1 ? request.arguments[1] : std::string();
  if (zone != "--") {
    const auto named = find_zones(*config, {zone}, *answer);
    if (named.empty()) return answer->end();
    const store::ZoneStatus status = parts.zones.status(*config, named.front().index);
    if (write_zone_stats(status, wanted, request.force, *answer)) return answer->end();
    return answer->fail({zone, "not exists", wanted});
  }
  answer->produce_with([config, &parts, wanted, force = request.force, failed = false,
                        next = std::size_t{0}](api::Response& to) mutable {
    const std::size_t end = std::min(next + kZonesAPart, config->zones().size());
    for (; next < end; ++next) {
      failed |= !write_zone_stats(parts.zones.status(*config, next), wanted, force, to);
    }
    if (next < config->zones().size()) return true;
    if (failed) {
      to.fail({{}, "operation failed for some zones", wanted});
    } else {
      to.end();
    }
    return false;
  });
}

}  // namespace

void add_stats_verbs(Dispatch& dispatch, const Parts& parts) {
  dispatch.add("stats", [&parts](const api::Request& request, const Answer& answer) {
    stats(parts, request, answer);
  });
  dispatch.add("zone-stats", [&parts](const api::Request& request, const Answer& answer) {
    zone_stats(parts, request, answer);
  });
}

}  // namespace bowline::control
