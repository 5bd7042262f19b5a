// BenchCounters: instructions and cycles of the core, in user mode, of the thread that made it.
//
// For bench_worker.h. A kernel or a guest without them gives zeros. One thread.
#pragma once

#include <cstdint>

#include "link/outcome.h"

namespace bowline::perf {

struct CoreWork {
  std::uint64_t instructions = 0, cycles = 0;

  void add(const CoreWork& from, const CoreWork& to) {
    instructions += to.instructions - from.instructions;
    cycles += to.cycles - from.cycles;
  }
  void add(const CoreWork& other) { add({}, other); }
};

class BenchCounters {
 public:
  BenchCounters();

  // What the thread has done since. A system call.
  CoreWork now() const;

 private:
  link::Fd instructions_, cycles_;  // both or none; the first leads the group
};

}  // namespace bowline::perf
