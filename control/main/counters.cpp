#include "control/main/counters.h"

#include <fmt/format.h>

#include "ebpf/maps.h"
#include "link/counters.h"

namespace bowline::control {

dns::Result<std::vector<CounterValue>> read_counters(const Parts& parts) {
  std::vector<CounterValue> counters;
  const auto add = [&](std::string_view module, std::string_view name, std::uint64_t value) {
    counters.push_back({fmt::format("{}.{}", module, name), value});
  };
  add("server", "zone-count", parts.zones.configured());
  link::CounterTotals totals{};
  const store::Pairing::Current last = parts.pairing.last();
  if (last.exchange) totals = link::sum_counters(**last.exchange);
  add("dataplane", "answers", link::group_total(totals, link::CounterGroup::rcode));
  add("dataplane", "drops", link::group_total(totals, link::CounterGroup::drop));
  for (std::size_t i = 0; i < link::kCounterCount; ++i) {
    add("dataplane", link::kCounterInfo[i].name, totals[i]);
  }
  add("control", "asks-answered", parts.service.answered());
  if (parts.xdp_maps.empty()) return counters;
  const auto xdp = parts.xdp_maps.counters();
  if (!xdp) return dns::Error{xdp.error()};
  for (std::size_t i = 0; i < ebpf::kCounterCount; ++i) {
    add("xdp", ebpf::kCounterInfo[i].name, (*xdp)[i]);
  }
  return counters;
}

std::vector<CounterValue> zone_counters(const store::ZoneStatus& zone) {
  return {{"zone.record-count", zone.served ? zone.records : 0}};
}

bool is_meant(std::string_view counter, std::string_view wanted) {
  if (!counter.starts_with(wanted)) return false;
  const std::string_view rest = counter.substr(wanted.size());
  // A module's counter may have several values, name[word].
  return wanted.empty() || rest.empty() || rest.front() == '.' || rest.front() == '[';
}

}  // namespace bowline::control
