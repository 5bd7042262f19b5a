// bench_answer: answers a second and core of the whole packet path, without a kernel or a wire.
//
// Made-up zones (bench_tables.h) are published in real tables; each worker thread serves questions
// about them from memory to memory (bench_worker.h). Making the questions is not timed; it is
// reported as fill_ns_per_query. cycles_per_query are the TSC's, core_cycles_per_query the core's
// own. Cycles by stage come from a run of their own, after the one that gives answers a second, for
// reading the clock takes time as well. What is compared (churn with none, several workers with
// one, DO with none) alternates in one process with its twin (bench_runs.h).
#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "bench_runs.h"
#include "bench_tables.h"

namespace bowline::perf {
namespace {

using Json = nlohmann::ordered_json;

// Of --seconds, what the run for cycles by stage takes.
constexpr double kProbedShare = 0.25;

// What the twin of a run is without.
enum class Compare { kNothing, kWorkers, kDo, kChurn };

struct Options {
  TablesPlan tables;
  RunPlan run;
  RunLength length{.seconds = 2};
  Compare compare = Compare::kNothing;
  unsigned rounds = 3;
  bool json = false;
};

const std::map<std::string, Mix> kMixes = {
    {"hit", Mix::kHit},
    {"hot", Mix::kHot},
    {"nxdomain", Mix::kNxdomain},
    {"nxdomain-deep", Mix::kNxdomainDeep},
    {"delegation", Mix::kDelegation},
    {"cname", Mix::kCname},
    {"wildcard", Mix::kWildcard},
    {"refused", Mix::kRefused}};

const std::map<std::string, Dnssec> kDnssec = {
    {"none", Dnssec::kNone}, {"nsec", Dnssec::kNsec}, {"nsec3", Dnssec::kNsec3}};

const std::map<std::string, ChurnKind> kChurns = {
    {"none", ChurnKind::kNone}, {"updates", ChurnKind::kUpdates}, {"reload", ChurnKind::kReload}};

const std::map<std::string, Compare> kCompares = {{"none", Compare::kNothing},
                                                  {"workers", Compare::kWorkers},
                                                  {"do", Compare::kDo},
                                                  {"churn", Compare::kChurn}};

constexpr std::pair<std::string_view, answer::PathStage> kStageNames[] = {
    {"receive", answer::PathStage::kReceive}, {"parse", answer::PathStage::kParse},
    {"admit", answer::PathStage::kAdmit},     {"zones", answer::PathStage::kZones},
    {"nodes", answer::PathStage::kNodes},     {"proofs", answer::PathStage::kProofs},
    {"write", answer::PathStage::kWrite},     {"reply", answer::PathStage::kReply},
    {"commit", answer::PathStage::kCommit}};
static_assert(std::size(kStageNames) == answer::kStages);

template <typename Value>
std::string name_in(const std::map<std::string, Value>& names, Value wanted) {
  for (const auto& [name, value] : names) {
    if (value == wanted) return name;
  }
  return "";
}

// What valgrind offers is less than what the CPU has, and decides which code runs.
Json cpu_features() {
  Json out = Json::array();
  if (__builtin_cpu_supports("ssse3") != 0) out.push_back("ssse3");
  if (__builtin_cpu_supports("sse4.2") != 0) out.push_back("sse4.2");
  if (__builtin_cpu_supports("aes") != 0) out.push_back("aes");
  if (__builtin_cpu_supports("pclmul") != 0) out.push_back("pclmul");
  if (__builtin_cpu_supports("avx") != 0) out.push_back("avx");
  if (__builtin_cpu_supports("avx2") != 0) out.push_back("avx2");
  if (__builtin_cpu_supports("bmi2") != 0) out.push_back("bmi2");
  if (__builtin_cpu_supports("avx512f") != 0) out.push_back("avx512f");
  if (__builtin_cpu_supports("avx512vl") != 0) out.push_back("avx512vl");
  return out;
}

Json by_stage(const RunFigures& probed) {
  Json out;
  for (const auto& [name, stage] : kStageNames) {
    out[name] = probed.per_answer(static_cast<double>(probed.stages.of(stage)));
  }
  return out;
}

RunPlan twin_of(const Options& options) {
  RunPlan twin = options.run;
  if (options.compare == Compare::kWorkers) twin.workers = 1;
  if (options.compare == Compare::kDo) twin.dnssec_ok = false;
  if (options.compare == Compare::kChurn) twin.churn = ChurnKind::kNone;
  return twin;
}

Json describe(const Options& options, const BenchTables& tables, double build_s,
              const RunFigures& figures) {
  const std::uint64_t warm_up = dataplane::MemoryIo::kMaxBuffers * options.run.workers;
  return {
      {"names", options.tables.names},
      {"zones", options.tables.zones},
      {"mix", name_in(kMixes, options.tables.mix)},
      {"dnssec", name_in(kDnssec, options.tables.dnssec)},
      {"do", options.run.dnssec_ok ? 1 : 0},
      {"workers", options.run.workers},
      {"burst", options.run.burst},
      {"pages", options.tables.huge_pages ? "2m" : "4k"},
      {"answers", figures.answers},
      {"answers_with_warm_up", figures.answers + figures.runs * warm_up},
      {"answers_per_second", figures.answers_per_second()},
      {"answers_per_second_per_worker", figures.answers_per_second() / options.run.workers},
      {"answers_per_cpu_second", figures.answers_per_cpu_second()},
      {"cycles_per_query", figures.cycles_per_answer()},
      {"core_cycles_per_query", figures.per_answer(static_cast<double>(figures.work.cycles))},
      {"instructions_per_query",
       figures.per_answer(static_cast<double>(figures.work.instructions))},
      {"fill_ns_per_query", figures.per_answer(figures.filling_s * 1e9)},
      {"fill_included", false},
      {"octets_per_answer", figures.per_answer(static_cast<double>(figures.octets))},
      {"signatures_per_answer",
       static_cast<double>(figures.signatures) / static_cast<double>(figures.verified)},
      {"verified", figures.verified},
      {"build_seconds", build_s},
      {"table_bytes", tables.stats().bytes},
      {"cpu_features", cpu_features()},
  };
}

void describe_churn(const Options& options, const RunFigures& figures, Json& out) {
  out["churn"] = name_in(kChurns, options.run.churn);
  out["publications"] = figures.churn.publications;
  out["publications_per_second"] =
      static_cast<double>(figures.churn.publications) / figures.churn.seconds;
}

void describe_pair(const Options& options, const PairFigures& pair, Json& out) {
  out["compared"] = name_in(kCompares, options.compare);
  out["rounds"] = pair.ratios.size();
  out["twin"] = {{"answers_per_second", pair.twin.answers_per_second()},
                 {"cycles_per_query", pair.twin.cycles_per_answer()}};
  out["ratio"] = median_of(pair.ratios);
  out["ratios"] = pair.ratios;
  out["twin_ratio"] = median_of(pair.twin_ratios);
  out["twin_ratios"] = pair.twin_ratios;
  if (options.compare == Compare::kDo && pair.run.signatures != 0) {
    const double more_s =
        (1 / pair.run.answers_per_second() - 1 / pair.twin.answers_per_second()) *
        options.run.workers;
    out["ns_per_rrsig"] = more_s * 1e9 * static_cast<double>(pair.run.verified) /
                          static_cast<double>(pair.run.signatures);
  }
}

int fail(const std::string& what) {
  std::fprintf(stderr, "bench_answer: %s\n", what.c_str());
  return 1;
}

void print(const Options& options, const RunFigures& figures, const Json& out) {
  if (options.json) {
    std::printf("%s\n", out.dump(2).c_str());
    return;
  }
  std::printf("%.2f million answers a second (%u workers), %.0f cycles each; %lu verified\n",
              figures.answers_per_second() / 1e6, options.run.workers,
              figures.cycles_per_answer(), figures.verified);
  if (out.contains("ratio")) {
    std::printf("%.3f times its twin without %s; that one %.3f times itself\n",
                out["ratio"].get<double>(), name_in(kCompares, options.compare).c_str(),
                out["twin_ratio"].get<double>());
  }
}

int run(const Options& options) {
  const double start = seconds_of(CLOCK_MONOTONIC);
  auto tables = BenchTables::build(options.tables);
  if (!tables) return fail(tables.error());
  const double build_s = seconds_of(CLOCK_MONOTONIC) - start;
  auto runs = BenchRuns::make(**tables, options.run.workers);
  if (!runs) return fail(runs.error());
  PairFigures pair;
  if (options.compare == Compare::kNothing) {
    pair.run = (*runs)->run(options.run, options.length);
  } else {
    pair = (*runs)->alternate(options.run, twin_of(options), options.length, options.rounds);
  }
  if (!pair.run.fault.empty()) return fail(pair.run.fault);
  if (!pair.twin.fault.empty()) return fail(pair.twin.fault);
  Json out = describe(options, **tables, build_s, pair.run);
  if (options.run.churn != ChurnKind::kNone) describe_churn(options, pair.run, out);
  if (options.compare != Compare::kNothing) describe_pair(options, pair, out);
  if (options.json && options.length.rings == 0) {
    const RunFigures probed = (*runs)->run_probed(
        options.run, {.seconds = options.length.seconds * kProbedShare, .rings = 0});
    if (!probed.fault.empty()) return fail(probed.fault);
    out["cycles_by_stage"] = by_stage(probed);
  }
  print(options, pair.run, out);
  return 0;
}

// Words of the command line, before they are looked up.
struct Words {
  std::string pages = "4k";
  std::string mix = "hit";
  std::string dnssec = "none";
  std::string churn = "none";
  std::string compare = "none";
  int dnssec_ok = 0;
  std::uint64_t reserve_mib = link::kReservedSize >> 20;
};

void declare(CLI::App& app, Options& options, Words& words) {
  app.add_option("--names", options.tables.names, "names in all zones")
      ->check(CLI::Range(1, 1 << 30));
  app.add_option("--zones", options.tables.zones, "zones they are spread over")
      ->check(CLI::Range(1, 1 << 24));
  app.add_option("--mix", words.mix,
                 "what is asked: hit, hot, nxdomain, nxdomain-deep (random closest enclosers), "
                 "delegation, cname, wildcard, refused")
      ->check(CLI::IsMember(kMixes));
  app.add_option("--dnssec", words.dnssec, "how zones are signed: none, nsec, nsec3")
      ->check(CLI::IsMember(kDnssec));
  app.add_option("--do", words.dnssec_ok, "1: questions with EDNS and DO")
      ->check(CLI::Range(0, 1));
  app.add_option("--workers", options.run.workers, "worker threads")
      ->check(CLI::Range(1U, link::kMaxThreads));
  app.add_option("--burst", options.run.burst, "packets taken together")
      ->check(CLI::Range(std::size_t{1}, answer::kBurst));
  app.add_option("--pages", words.pages, "pages of the tables: 4k or 2m")
      ->check(CLI::IsMember({"4k", "2m"}));
  app.add_option("--churn", words.churn,
                 "what changes the zones meanwhile: none, updates (of an RRset each), reload")
      ->check(CLI::IsMember(kChurns));
  app.add_option("--updates-per-second", options.run.updates_per_second,
                 "publications of --churn updates")
      ->check(CLI::Range(1.0, 1e6));
  app.add_option("--compare", words.compare,
                 "alternate with a twin without: workers (but one), do, churn (the default with "
                 "--churn)")
      ->check(CLI::IsMember(kCompares));
  app.add_option("--rounds", options.rounds, "how often, each of --seconds")
      ->check(CLI::Range(1, 1000));
  app.add_option("--seconds", options.length.seconds, "length of a run")
      ->check(CLI::Range(0.05, 3600.0));
  app.add_option("--rings", options.length.rings,
                 "instead of --seconds: rings of 1,024 questions that each worker serves")
      ->check(CLI::Range(1, 1 << 30));
  app.add_option("--reserve-mib", words.reserve_mib,
                 "addresses for the tables; valgrind has no 64 GiB in one piece")
      ->check(CLI::Range(link::kChunkSize >> 20, link::kReservedSize >> 20));
  app.add_flag("--json", options.json, "print JSON");
}

// The first thing that does not fit together, or nothing.
std::string check(const Options& options) {
  if (options.tables.zones > options.tables.names) return "more zones than names: lower --zones";
  switch (options.compare) {
    case Compare::kWorkers:
      return options.run.workers > 1 ? "" : "--compare workers needs --workers 2 or more";
    case Compare::kDo: return options.run.dnssec_ok ? "" : "--compare do needs --do 1";
    case Compare::kChurn:
      return options.run.churn != ChurnKind::kNone ? "" : "--compare churn needs --churn";
    case Compare::kNothing: break;
  }
  return "";
}

}  // namespace
}  // namespace bowline::perf

int main(int argc, char** argv) {
  using namespace bowline::perf;
  Options options;
  Words words;
  CLI::App app("Answers a second of the whole packet path, in process.");
  declare(app, options, words);
  CLI11_PARSE(app, argc, argv);
  options.tables.mix = kMixes.at(words.mix);
  options.tables.dnssec = kDnssec.at(words.dnssec);
  options.tables.huge_pages = words.pages == "2m";
  options.tables.reserved_bytes = words.reserve_mib / (bowline::link::kChunkSize >> 20) *
                                  bowline::link::kChunkSize;
  options.run.dnssec_ok = words.dnssec_ok == 1;
  options.run.churn = kChurns.at(words.churn);
  options.compare = kCompares.at(words.compare);
  if (options.compare == Compare::kNothing && options.run.churn != ChurnKind::kNone) {
    options.compare = Compare::kChurn;
  }
  if (const std::string fault = check(options); !fault.empty()) return fail(fault);
  return run(options);
}
