#include "bench_churn.h"

#include <chrono>

#include "bench_asker.h"
#include "bench_clock.h"

namespace bowline::perf {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kChurnSeed = 4711;

}  // namespace

BenchChurn::BenchChurn(ChurnKind kind, double rate, BenchTables& tables,
                       const link::EpochSlots& readers)
    : tables_(tables), readers_(readers) {
  if (kind == ChurnKind::kNone) return;
  thread_ = std::thread([this, kind, rate] {
    const double start = seconds_of(CLOCK_MONOTONIC);
    if (kind == ChurnKind::kUpdates) {
      run_updates(rate);
    } else {
      run_reloads();
    }
    figures_.seconds = seconds_of(CLOCK_MONOTONIC) - start;
  });
}

ChurnFigures BenchChurn::stop() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
  return figures_;
}

void BenchChurn::run_updates(double rate) {
  const auto step =
      std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / rate));
  BenchRandom random(kChurnSeed);
  auto due = Clock::now();
  while (!stop_.load(std::memory_order_relaxed)) {
    const auto ttl_s = static_cast<std::uint32_t>(60 + figures_.publications % 3600);
    if (!note(tables_.update(random.below(tables_.asked_names()), ttl_s, readers_))) return;
    due += step;
    std::this_thread::sleep_until(due);
  }
}

void BenchChurn::run_reloads() {
  while (!stop_.load(std::memory_order_relaxed)) {
    if (!note(tables_.reload(readers_))) return;
  }
}

bool BenchChurn::note(const dns::Result<void>& published) {
  if (published) {
    ++figures_.publications;
  } else {
    figures_.fault = published.error();
  }
  return figures_.fault.empty();
}

}  // namespace bowline::perf
