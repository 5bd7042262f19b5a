#include "bench_runs.h"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <chrono>
#include <cstring>
#include <thread>

namespace bowline::perf {

void RunFigures::add(const WorkerFigures& worker) {
  answers += worker.answers;
  octets += worker.octets;
  verified += worker.verified;
  signatures += worker.signatures;
  cycles += worker.serving.cycles;
  filling_s += worker.filling_s;
  per_second += static_cast<double>(worker.answers) / worker.serving.wall_s;
  per_cpu_second += static_cast<double>(worker.answers) / worker.serving.cpu_s;
  work.add(worker.work);
  stages.add(worker.stages);
  if (fault.empty()) fault = worker.fault;
}

void RunFigures::add(const RunFigures& run) {
  answers += run.answers;
  octets += run.octets;
  verified += run.verified;
  signatures += run.signatures;
  cycles += run.cycles;
  runs += run.runs;
  per_second += run.per_second;
  per_cpu_second += run.per_cpu_second;
  filling_s += run.filling_s;
  work.add(run.work);
  stages.add(run.stages);
  churn.publications += run.churn.publications;
  churn.seconds += run.churn.seconds;
  if (fault.empty()) fault = run.fault;
}

dns::Result<std::unique_ptr<BenchRuns>> BenchRuns::make(BenchTables& tables, unsigned workers) {
  std::unique_ptr<BenchRuns> runs(new BenchRuns(tables));
  auto exchange = link::create_exchange({1, 1, workers}, {});
  if (!exchange) return dns::Error{exchange.error()};
  runs->exchange_ = std::move(*exchange);
  dataplane::Pairing& pairing = runs->pairing_;
  pairing.header = &tables.header();
  pairing.tables = tables.view();
  std::memcpy(pairing.secret.bytes.data(), pairing.header->hash_secret,
              pairing.secret.bytes.size());
  pairing.exchange = runs->exchange_->mapping.get();
  pairing.slots = &pairing.exchange->slots;
  pairing.number = 1;
  runs->board_.want(pairing);
  return runs;
}

template <typename Probe>
RunFigures BenchRuns::measure(const RunPlan& plan, RunLength length) {
  std::vector<WorkerFigures> results(plan.workers);
  std::vector<std::thread> threads;
  std::atomic<bool> stop{false};
  BenchChurn churn(plan.churn, plan.updates_per_second, tables_, *pairing_.slots);
  const auto more = [&](const WorkerFigures& figures) {
    return length.rings == 0
               ? figures.answers == 0 || !stop.load(std::memory_order_relaxed)
               : figures.answers < length.rings * dataplane::MemoryIo::kMaxBuffers;
  };
  for (unsigned i = 0; i < plan.workers; ++i) {
    threads.emplace_back([&, i] {
      results[i] = std::make_unique<BenchWorker<Probe>>(tables_, board_, i, plan.dnssec_ok,
                                                        plan.burst)
                       ->run(more);
    });
  }
  if (length.rings == 0) {
    std::this_thread::sleep_for(std::chrono::duration<double>(length.seconds));
    stop = true;
  }
  for (std::thread& thread : threads) thread.join();
  RunFigures all;
  all.runs = 1;
  for (const WorkerFigures& each : results) all.add(each);
  all.churn = churn.stop();
  if (all.fault.empty()) all.fault = all.churn.fault;
  return all;
}

RunFigures BenchRuns::run(const RunPlan& plan, RunLength length) {
  return measure<answer::NoProbe>(plan, length);
}

RunFigures BenchRuns::run_probed(const RunPlan& plan, RunLength length) {
  return measure<StageProbe>(plan, length);
}

PairFigures BenchRuns::alternate(const RunPlan& plan, const RunPlan& twin, RunLength length,
                                 unsigned rounds) {
  assert(rounds > 0);
  PairFigures pair;
  RunFigures before = run(twin, length);
  pair.twin.add(before);
  for (unsigned i = 0; i < rounds && pair.run.fault.empty() && pair.twin.fault.empty(); ++i) {
    const RunFigures between = run(plan, length);
    const RunFigures after = run(twin, length);
    pair.run.add(between);
    pair.twin.add(after);
    pair.ratios.push_back(2 * between.per_second / (before.per_second + after.per_second));
    pair.twin_ratios.push_back(after.per_second / before.per_second);
    before = after;
  }
  return pair;
}

double median_of(std::vector<double> values) {
  assert(!values.empty());
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 != 0 ? values[half] : (values[half - 1] + values[half]) / 2;
}

}  // namespace bowline::perf
