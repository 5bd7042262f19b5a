// BenchRuns: runs of workers over the same tables, one after the other or alternating with a twin.
//
// For bench_answer; one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench_churn.h"
#include "bench_clock.h"
#include "bench_tables.h"
#include "bench_worker.h"
#include "dataplane/pairing.h"
#include "link/exchange.h"

namespace bowline::perf {

// What a run is; two runs of a pair differ in one of these.
struct RunPlan {
  unsigned workers = 1;
  unsigned burst = answer::kBurst;
  bool dnssec_ok = false;
  ChurnKind churn = ChurnKind::kNone;
  double updates_per_second = 1000;
};

// How long it goes on: for some time, a ring at least, or if `rings` is not 0 for so many rings of each worker.
struct RunLength {
  double seconds = 1;
  std::uint64_t rings = 0;
};

// What all workers of a run did, or of several runs of one plan.
struct RunFigures {
  std::uint64_t answers = 0, octets = 0, verified = 0, signatures = 0, cycles = 0, runs = 0;
  double per_second = 0, per_cpu_second = 0;  // of all workers, summed over the runs
  double filling_s = 0;
  CoreWork work;
  StageCycles stages;
  ChurnFigures churn;
  std::string fault;

  void add(const WorkerFigures& worker);
  void add(const RunFigures& run);
  double answers_per_second() const { return per_second / static_cast<double>(runs); }
  double answers_per_cpu_second() const { return per_cpu_second / static_cast<double>(runs); }
  double per_answer(double total) const { return total / static_cast<double>(answers); }
  double cycles_per_answer() const { return per_answer(static_cast<double>(cycles)); }
};

// Two plans side by side: twin, this, twin, and so on, so that what disturbs all of them shows in
// the twin's difference from itself.
struct PairFigures {
  RunFigures run, twin;
  std::vector<double> ratios;       // of answers a second: this to the mean of the twins beside it
  std::vector<double> twin_ratios;  // the twin after to the twin before
};

class BenchRuns {
 public:
  // For up to `workers` at once. REQUIRES: `tables` outlives it.
  static dns::Result<std::unique_ptr<BenchRuns>> make(BenchTables& tables, unsigned workers);

  RunFigures run(const RunPlan& plan, RunLength length);
  // The same with a clock at the borders of stages, for `stages` alone.
  RunFigures run_probed(const RunPlan& plan, RunLength length);
  // Each run of each plan goes on for `length`. Ends early at a fault. REQUIRES: rounds > 0.
  PairFigures alternate(const RunPlan& plan, const RunPlan& twin, RunLength length,
                        unsigned rounds);

 private:
  explicit BenchRuns(BenchTables& tables) : tables_(tables) {}

  template <typename Probe>
  RunFigures measure(const RunPlan& plan, RunLength length);

  BenchTables& tables_;
  std::optional<link::NewExchange> exchange_;
  dataplane::Pairing pairing_;
  dataplane::PairingBoard board_;
};

// REQUIRES: there is one.
double median_of(std::vector<double> values);

}  // namespace bowline::perf
