// Clocks of the benchmarks: a stretch of time, and cycles by stage of the packet path.
//
// Plain values; each belongs to the thread that it measures.
#pragma once

#include <x86intrin.h>

#include <array>
#include <cstdint>
#include <ctime>

#include "answer/burst.h"

namespace bowline::perf {

inline double seconds_of(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// Wall time is what counts; CPU time tells when others disturbed. Cycles are the TSC's.
struct Stretch {
  double wall_s = 0, cpu_s = 0;
  std::uint64_t cycles = 0;

  static Stretch now() {
    return {seconds_of(CLOCK_MONOTONIC), seconds_of(CLOCK_THREAD_CPUTIME_ID), __rdtsc()};
  }
  void add(const Stretch& from, const Stretch& to) {
    wall_s += to.wall_s - from.wall_s;
    cpu_s += to.cpu_s - from.cpu_s;
    cycles += to.cycles - from.cycles;
  }
};

// Cycles of the TSC by stage. A border is where the counter is read, once a burst and stage: work
// in flight across it counts for the stage that it ends in.
class StageCycles {
 public:
  // Opens a stretch of bursts, of which nothing before is counted.
  void start() { last_ = __rdtsc(); }
  void ended(answer::PathStage stage) {
    const std::uint64_t now = __rdtsc();
    cycles_[static_cast<std::size_t>(stage)] += now - last_;
    last_ = now;
  }
  void add(const StageCycles& other) {
    for (std::size_t i = 0; i < cycles_.size(); ++i) cycles_[i] += other.cycles_[i];
  }
  std::uint64_t of(answer::PathStage stage) const {
    return cycles_[static_cast<std::size_t>(stage)];
  }

 private:
  std::uint64_t last_ = 0;
  std::array<std::uint64_t, answer::kStages> cycles_{};
};

// What the worker tells of its stages. REQUIRES: `cycles` outlives it.
struct StageProbe {
  StageCycles* cycles = nullptr;
  void ended(answer::PathStage stage) const { cycles->ended(stage); }
};

}  // namespace bowline::perf
