#include "control/client/prometheus.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "ebpf/maps.h"
#include "link/counters.h"

namespace bowline::control::client {

namespace {

struct Family {
  std::string name;
  std::string help;
  bool grows = true;
  std::vector<std::pair<std::string, std::string>> samples;  // label and value
};

// What is a state and not a sum of events.
constexpr std::string_view kStates[] = {"server.zone-count", "server.uptime", "server.tcp-clients",
                                        "server.memory"};

bool is_state(std::string_view counter) {
  return std::ranges::find(kStates, counter) != std::end(kStates) || counter.ends_with("-current");
}

// The table's own sentence, if the counter is one of the tables of counters.
std::string help_of(std::string_view module, std::string_view name) {
  if (module == "dataplane") {
    const auto found = std::ranges::find(link::kCounterInfo, name, &link::CounterInfo::name);
    if (found != std::end(link::kCounterInfo)) return std::string(found->help);
  }
  if (module == "xdp") {
    const auto found = std::ranges::find(ebpf::kCounterInfo, name, &ebpf::CounterInfo::name);
    if (found != std::end(ebpf::kCounterInfo)) return std::string(found->help);
  }
  return fmt::format("Counter {}.{} of bowlinec stats.", module, name);
}

std::string metric_name(std::string_view counter, bool grows) {
  std::string name = "bowline_";
  for (const char c : counter) {
    const bool allowed = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    name += allowed ? c : '_';
  }
  if (grows) name += "_total";
  return name;
}

// Escapes as the format asks; quotes only in label values.
std::string escape(std::string_view text, bool quotes) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || (quotes && c == '"')) out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

Family& family_of(std::vector<Family>& families, std::string_view counter) {
  const bool grows = !is_state(counter);
  const std::string name = metric_name(counter, grows);
  const auto found = std::ranges::find(families, name, &Family::name);
  if (found != families.end()) return *found;
  const std::size_t dot = std::min(counter.find('.'), counter.size());
  const std::string help =
      help_of(counter.substr(0, dot), counter.substr(std::min(dot + 1, counter.size())));
  return families.emplace_back(Family{name, help, grows, {}});
}

}  // namespace

std::string prometheus_text(const std::vector<api::Json>& rows) {
  std::vector<Family> families;  // samples of a family must stand together
  for (const api::Json& row : rows) {
    const auto counter = row.find("counter");
    const auto value = row.find("value");
    if (counter == row.end() || !counter->is_string()) continue;
    if (value == row.end() || !value->is_number()) continue;
    const auto full = counter->get<std::string>();
    const std::size_t bracket = std::min(full.find('['), full.size());
    std::string label;
    if (bracket < full.size() && full.ends_with(']')) {
      label = full.substr(bracket + 1, full.size() - bracket - 2);
    }
    family_of(families, std::string_view(full).substr(0, bracket))
        .samples.emplace_back(label, value->dump());
  }
  std::string out;
  for (const Family& family : families) {
    out += fmt::format("# HELP {} {}\n# TYPE {} {}\n", family.name, escape(family.help, false),
                       family.name, family.grows ? "counter" : "gauge");
    for (const auto& [label, value] : family.samples) {
      out += label.empty()
                 ? fmt::format("{} {}\n", family.name, value)
                 : fmt::format("{}{{id=\"{}\"}} {}\n", family.name, escape(label, true), value);
    }
  }
  return out;
}

}  // namespace bowline::control::client
