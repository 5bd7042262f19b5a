// bench_answer: answers a second and core of the whole packet path, without a kernel or a wire.
//
// Made-up zones (bench_tables.h) are published in real tables; each worker thread serves questions
// about them from memory to memory (bench_worker.h). Making the questions is not timed; it is
// reported as fill_ns_per_query. Cycles by stage come from a run of their own, after the one that
// gives answers a second, for reading the clock takes time as well.
#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bench_tables.h"
#include "bench_worker.h"

namespace bowline::perf {
namespace {

// Of --seconds, what the run for cycles by stage takes.
constexpr double kProbedShare = 0.25;

struct Options {
  TablesPlan plan;
  bool dnssec_ok = false;
  unsigned workers = 1;
  unsigned burst = answer::kBurst;
  double seconds = 2;
  bool json = false;
};

// What all workers of a run did.
struct Figures {
  std::uint64_t answers = 0, octets = 0, verified = 0, cycles = 0;
  double per_second = 0, per_cpu_second = 0, filling_s = 0;
  StageCycles stages;
  std::string fault;

  void add(const WorkerFigures& worker) {
    answers += worker.answers;
    octets += worker.octets;
    verified += worker.verified;
    cycles += worker.serving.cycles;
    filling_s += worker.filling_s;
    per_second += static_cast<double>(worker.answers) / worker.serving.wall_s;
    per_cpu_second += static_cast<double>(worker.answers) / worker.serving.cpu_s;
    stages.add(worker.stages);
    if (fault.empty()) fault = worker.fault;
  }
  double per_query(double total) const { return total / static_cast<double>(answers); }
};

template <typename Probe>
Figures measure(const Options& options, const BenchTables& tables, dataplane::PairingBoard& board,
                double seconds) {
  std::vector<WorkerFigures> results(options.workers);
  std::vector<std::thread> threads;
  std::atomic<bool> stop{false};
  for (unsigned i = 0; i < options.workers; ++i) {
    threads.emplace_back([&, i] {
      const auto worker = std::make_unique<BenchWorker<Probe>>(tables, board, i, options.dnssec_ok,
                                                               options.burst);
      results[i] = worker->run(
          [&](const WorkerFigures&) { return !stop.load(std::memory_order_relaxed); });
    });
  }
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  stop = true;
  for (std::thread& thread : threads) thread.join();
  Figures all;
  for (const WorkerFigures& each : results) all.add(each);
  return all;
}

const std::map<std::string, Mix> kMixes = {
    {"hit", Mix::kHit},               {"hot", Mix::kHot},     {"nxdomain", Mix::kNxdomain},
    {"delegation", Mix::kDelegation}, {"cname", Mix::kCname}, {"wildcard", Mix::kWildcard}};

const std::map<std::string, Dnssec> kDnssec = {
    {"none", Dnssec::kNone}, {"nsec", Dnssec::kNsec}, {"nsec3", Dnssec::kNsec3}};

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

nlohmann::ordered_json by_stage(const Figures& probed) {
  nlohmann::ordered_json out;
  for (const auto& [name, stage] : kStageNames) {
    out[name] = probed.per_query(static_cast<double>(probed.stages.of(stage)));
  }
  return out;
}

nlohmann::ordered_json report(const Options& options, const BenchTables& tables, double build_s,
                              const Figures& plain, const Figures& probed) {
  return {
      {"names", options.plan.names},
      {"zones", options.plan.zones},
      {"mix", name_in(kMixes, options.plan.mix)},
      {"dnssec", name_in(kDnssec, options.plan.dnssec)},
      {"do", options.dnssec_ok ? 1 : 0},
      {"workers", options.workers},
      {"burst", options.burst},
      {"pages", options.plan.huge_pages ? "2m" : "4k"},
      {"answers", plain.answers},
      {"answers_per_second", plain.per_second},
      {"answers_per_second_per_worker", plain.per_second / options.workers},
      {"answers_per_cpu_second", plain.per_cpu_second},
      {"cycles_per_query", plain.per_query(static_cast<double>(plain.cycles))},
      {"cycles_by_stage", by_stage(probed)},
      {"fill_ns_per_query", plain.per_query(plain.filling_s * 1e9)},
      {"fill_included", false},
      {"octets_per_answer", plain.per_query(static_cast<double>(plain.octets))},
      {"verified", plain.verified},
      {"build_seconds", build_s},
      {"table_bytes", tables.stats().bytes},
  };
}

int fail(const std::string& what) {
  std::fprintf(stderr, "bench_answer: %s\n", what.c_str());
  return 1;
}

int run(const Options& options) {
  const double start = seconds_of(CLOCK_MONOTONIC);
  auto tables = BenchTables::build(options.plan);
  if (!tables) return fail(tables.error());
  const double build_s = seconds_of(CLOCK_MONOTONIC) - start;
  auto exchange = link::create_exchange({1, 1, options.workers}, {});
  if (!exchange) return fail(exchange.error());
  dataplane::Pairing pairing;
  pairing.header = &(*tables)->header();
  pairing.tables = (*tables)->view();
  std::memcpy(pairing.secret.bytes.data(), pairing.header->hash_secret,
              pairing.secret.bytes.size());
  pairing.exchange = exchange->mapping.get();
  pairing.slots = &pairing.exchange->slots;
  pairing.number = 1;
  dataplane::PairingBoard board;
  board.want(pairing);
  const Figures plain = measure<answer::NoProbe>(options, **tables, board, options.seconds);
  if (!plain.fault.empty()) return fail(plain.fault);
  if (!options.json) {
    std::printf("%.2f million answers a second (%u workers), %.0f cycles each; %lu verified\n",
                plain.per_second / 1e6, options.workers,
                plain.per_query(static_cast<double>(plain.cycles)), plain.verified);
    return 0;
  }
  const Figures probed =
      measure<StageProbe>(options, **tables, board, options.seconds * kProbedShare);
  if (!probed.fault.empty()) return fail(probed.fault);
  std::printf("%s\n", report(options, **tables, build_s, plain, probed).dump(2).c_str());
  return 0;
}

}  // namespace
}  // namespace bowline::perf

int main(int argc, char** argv) {
  using namespace bowline;
  perf::Options options;
  std::string pages = "4k";
  std::string mix = "hit";
  std::string dnssec = "none";
  int dnssec_ok = 0;
  CLI::App app("Answers a second of the whole packet path, in process.");
  app.add_option("--names", options.plan.names, "names in all zones")
      ->check(CLI::Range(1, 1 << 30));
  app.add_option("--zones", options.plan.zones, "zones they are spread over")
      ->check(CLI::Range(1, 1 << 24));
  app.add_option("--mix", mix, "what is asked: hit, hot, nxdomain, delegation, cname, wildcard")
      ->check(CLI::IsMember(perf::kMixes));
  app.add_option("--dnssec", dnssec, "how zones are signed: none, nsec, nsec3")
      ->check(CLI::IsMember(perf::kDnssec));
  app.add_option("--do", dnssec_ok, "1: questions with EDNS and DO")->check(CLI::Range(0, 1));
  app.add_option("--workers", options.workers, "worker threads")
      ->check(CLI::Range(1U, link::kMaxThreads));
  app.add_option("--burst", options.burst, "packets taken together")
      ->check(CLI::Range(std::size_t{1}, answer::kBurst));
  app.add_option("--pages", pages, "pages of the tables: 4k or 2m")
      ->check(CLI::IsMember({"4k", "2m"}));
  app.add_option("--seconds", options.seconds, "length of the run")->check(CLI::Range(0.1, 3600.0));
  app.add_flag("--json", options.json, "print JSON");
  CLI11_PARSE(app, argc, argv);
  options.plan.mix = perf::kMixes.at(mix);
  options.plan.dnssec = perf::kDnssec.at(dnssec);
  options.plan.huge_pages = pages == "2m";
  options.dnssec_ok = dnssec_ok == 1;
  if (options.plan.zones > options.plan.names) {
    return perf::fail("more zones than names: lower --zones");
  }
  return perf::run(options);
}
