// BenchChurn: a thread that changes the tables while workers answer from them.
//
// Starts with its construction and ends with stop(); one thread owns it.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

#include "bench_tables.h"
#include "link/epoch.h"

namespace bowline::perf {

enum class ChurnKind {
  kNone,
  kUpdates,  // one RRset a publication, at a rate
  kReload,   // all zones made and published anew, one time after the other
};

struct ChurnFigures {
  std::uint64_t publications = 0;
  double seconds = 0;
  std::string fault;  // in words, or nothing
};

class BenchChurn {
 public:
  // `rate`: updates a second; it does more at once to catch up. kNone: there is no thread.
  // REQUIRES: `tables` and `readers` outlive it; nobody else changes `tables`; rate > 0.
  BenchChurn(ChurnKind kind, double rate, BenchTables& tables, const link::EpochSlots& readers);
  ~BenchChurn() { stop(); }
  BenchChurn(const BenchChurn&) = delete;
  BenchChurn& operator=(const BenchChurn&) = delete;

  // Returns once the last change is published.
  ChurnFigures stop();

 private:
  void run_updates(double rate);
  void run_reloads();
  bool note(const dns::Result<void>& published);

  BenchTables& tables_;
  const link::EpochSlots& readers_;
  ChurnFigures figures_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace bowline::perf
