// Measures the configuration database with many zones: filling it, verifying and loading it, and
// conf-set of one zone with its commit to disk.
//
//   bench_confdb [--zones N] [--rounds R] [--folder PATH]
//
// Prints JSON: milliseconds of the clock, since the disk counts, the median of R rounds for the
// commit; octets that a commit writes.
#include <stdlib.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "control/confdb/database.h"
#include "control/config/edit.h"

namespace {

using namespace bowline;
using namespace bowline::control;
using Clock = std::chrono::steady_clock;

double since_ms(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

template <typename T>
T must(dns::Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "bench_confdb: %s\n", result.error().c_str());
    std::exit(1);
  }
  return std::move(*result);
}
void must(dns::Result<void> result) {
  if (!result) must(dns::Result<int>(dns::Error{result.error()}));
}

config::Config make_config(std::size_t zones) {
  std::string text = "template:\n  - id: t\n    storage: /srv/zones\nzone:\n";
  for (std::size_t i = 0; i < zones; ++i) {
    text += "  - domain: zone" + std::to_string(i) + ".example.com\n    template: t\n";
  }
  return must(config::load_config_text(text));
}

// Octets that this process has had written.
long written() {
  std::ifstream io("/proc/self/io");
  long octets = 0;
  for (std::string name; io >> name >> octets;) {
    if (name == "write_bytes:") return octets;
  }
  return 0;
}

nlohmann::json run(const std::string& path, std::size_t zones, unsigned rounds) {
  nlohmann::json report;
  auto base = make_config(zones);
  auto database = must(confdb::Database::create(path, {}));
  auto start = Clock::now();
  must(database->replace(base, {{}, "bench", 1, 0, "all"}));
  report["fill_ms"] = since_ms(start);
  start = Clock::now();
  must(confdb::Database::verify(path));
  report["verify_ms"] = since_ms(start);
  start = Clock::now();
  base = must(database->load());
  report["load_ms"] = since_ms(start);

  std::vector<double> edits;
  std::vector<double> commits;
  const long before = written();
  for (unsigned round = 0; round < rounds; ++round) {
    start = Clock::now();
    config::Draft draft(base);
    must(draft.set("zone[new" + std::to_string(round) + ".example]", {}));
    auto next = must(draft.finish());
    auto changes = config::compare(base, next);
    edits.push_back(since_ms(start));
    start = Clock::now();
    must(database->commit({std::move(changes), "bench", 1, 0, {}}));
    commits.push_back(since_ms(start));
    base = std::move(next);
  }
  for (auto* times : {&edits, &commits}) std::ranges::sort(*times);
  report["set_and_check_ms"] = edits[edits.size() / 2];
  report["commit_ms"] = commits[commits.size() / 2];
  report["commit_worst_ms"] = commits.back();
  report["commit_octets"] = (written() - before) / rounds;
  report["file_octets"] = std::filesystem::file_size(path + "/data.mdb");
  return report;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Measures the configuration database.");
  std::size_t zones = 1'000'000;
  unsigned rounds = 20;
  std::string folder = "/tmp";
  app.add_option("--zones", zones, "zones to configure")->capture_default_str();
  app.add_option("--rounds", rounds, "commits")->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--folder", folder, "where the disk is that counts")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  std::string path = folder + "/bench-confdb-XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) {
    std::perror("bench_confdb: mkdtemp");
    return 1;
  }
  const nlohmann::json report = run(path + "/db", zones, rounds);
  std::puts(report.dump(2).c_str());
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
  return 0;
}
