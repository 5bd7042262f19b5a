// Measures the configuration with many zones: loading it from text, memory, one edit with its
// check, comparing two versions, writing and reading rows.
//
//   bench_config [--zones N] [--rounds R] [--template-items]
//
// Prints JSON: milliseconds of processor time, the best of R rounds each, and octets a zone. With
// --template-items the template sets an item that has a rule of its own for every zone.
#include <malloc.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "control/config/compare.h"
#include "control/config/config.h"
#include "control/config/edit.h"
#include "control/config/export.h"
#include "control/config/rows.h"
#include "control/config/visit.h"

namespace {

using namespace bowline;
using namespace bowline::control;

// Of this process: others on the machine do not count.
double now_ms() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

std::string zones_text(std::size_t count, bool template_items) {
  std::string text = "template:\n  - id: t\n    storage: /srv/zones\n";
  if (template_items) text += "    refresh-max-interval: 1d\n";
  text += "remote:\n  - id: gone\n    address: ::1\n  - id: kept\n    address: ::1\nzone:\n"
          "  - domain: kept.example\n    master: kept\n";
  for (std::size_t i = 0; i < count; ++i) {
    text += "  - domain: zone" + std::to_string(i) + ".example.com\n    template: t\n    file: \"" +
            std::to_string(i % 100) + "/%s.zone\"\n";
  }
  return text;
}

std::size_t memory_in_use() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "bench_config: %s\n", what.c_str());
  std::exit(1);
}

template <typename T>
T must(dns::Result<T> result) {
  if (!result) fail(result.error());
  return std::move(*result);
}
void must(dns::Result<void> result) {
  if (!result) fail(result.error());
}

class Bench {
 public:
  explicit Bench(unsigned rounds) : rounds_(rounds) {}

  // Work may return something, whose end of life is not measured.
  template <typename Work>
  void measure(const char* name, Work work) {
    double best = std::numeric_limits<double>::max();
    for (unsigned round = 0; round < rounds_; ++round) {
      const double start = now_ms();
      [[maybe_unused]] const auto kept = work();
      best = std::min(best, now_ms() - start);
    }
    report_[name] = best;
  }
  nlohmann::json& report() { return report_; }

 private:
  unsigned rounds_;
  nlohmann::json report_;
};

config::Config edited(const config::Config& base, const std::string& path,
                      const std::vector<std::string>& values) {
  config::Draft draft(base);
  must(draft.set(path, values));
  return must(draft.finish());
}

void run(Bench& bench, std::size_t zones, bool template_items) {
  const std::string text = zones_text(zones, template_items);
  const std::size_t before = memory_in_use();
  const config::Config base = must(config::load_config_text(text));
  bench.report()["octets_per_zone"] =
      static_cast<double>(memory_in_use() - before) / static_cast<double>(zones);
  bench.measure("load_text_ms", [&] { return must(config::load_config_text(text)); });

  const std::string zone = "zone[zone" + std::to_string(zones / 2) + ".example.com]";
  bench.measure("set_item_and_finish_ms", [&] { return edited(base, zone + ".file", {"x"}); });
  bench.measure("set_zone_and_finish_ms", [&] { return edited(base, "zone[new.example]", {}); });
  bench.measure("unset_zone_and_finish_ms", [&] {
    config::Draft draft(base);
    must(draft.unset(zone, {}));
    return must(draft.finish());
  });
  bench.measure("unset_remote_and_finish_ms", [&] {
    config::Draft draft(base);
    must(draft.unset("remote[gone]", {}));
    return must(draft.finish());
  });
  bench.measure("set_template_item_and_finish_ms",
                [&] { return edited(base, "template[t].storage", {"/other"}); });
  bench.measure("set_item_of_all_and_finish_ms",
                [&] { return edited(base, "zone.semantic-checks", {"on"}); });

  const config::Config changed = edited(base, "zone.semantic-checks", {"on"});
  const auto changes = config::compare(base, changed);
  bench.measure("apply_item_of_all_ms", [&] {
    config::Draft draft(base);
    must(draft.apply(changes));
    return draft.current();
  });
  const config::Config next = edited(base, zone + ".file", {"x"});
  bench.measure("compare_one_edit_ms", [&] { return config::compare(base, next).size(); });
  const config::Config again = must(config::load_config_text(text));
  bench.measure("compare_reloaded_ms", [&] { return config::compare(base, again).size(); });
  bench.measure("export_ms", [&] { return config::export_text(base); });
  bench.measure("walk_zones_ms", [&] {
    const config::ZoneList list = base.zones();
    std::size_t octets = 0;
    for (std::size_t i = 0; i < list.size(); ++i) octets += list[i].file.size();
    return octets;
  });
  bench.measure("rows_ms", [&] {
    config::RowLoader rows("rows");
    std::vector<std::string_view> values;
    config::visit(base, {}, [&](const config::Section& section, std::string_view id,
                                const config::Option& option, const config::Setting& setting) {
      values.assign(setting.values.begin(), setting.values.end());
      rows.add(section.name, id, option.name, values);
      return true;
    });
    return must(rows.finish());
  });
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t zones = 1'000'000;
  unsigned rounds = 3;
  bool template_items = false;
  CLI::App app{"Measures the configuration with many zones; prints JSON"};
  app.add_option("--zones", zones, "zones of the configuration")->check(CLI::Range(1, 20'000'000));
  app.add_option("--rounds", rounds, "rounds, of which the best counts")->check(CLI::Range(1, 100));
  app.add_flag("--template-items", template_items, "the template sets an item with a zone's rule");
  CLI11_PARSE(app, argc, argv);
  Bench bench(rounds);
  bench.report()["zones"] = zones;
  run(bench, zones, template_items);
  std::printf("%s\n", bench.report().dump(2).c_str());
}
