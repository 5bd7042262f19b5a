// What the long runs share: their arguments, and the line at their end.
//
// Programs of tests/fuzz/long_*.cpp only; one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "../support/random.h"

namespace bowline::test {

// PROGRAM EXECUTIONS SEED, as tests/fuzz/long calls it.
struct Run {
  const char* name;
  std::uint64_t executions = 0;
  std::uint64_t seed = 0;
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();

  Run(const char* of, int argc, char** argv) : name(of) {
    if (argc != 3) {
      std::fprintf(stderr, "usage: long_%s EXECUTIONS SEED (see tests/fuzz/long)\n", name);
      std::exit(2);
    }
    executions = std::strtoull(argv[1], nullptr, 10);
    seed = std::strtoull(argv[2], nullptr, 10);
  }

  // Prints the result and gives the exit status.
  int end(std::uint64_t done, std::uint64_t faults) const {
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
    std::printf("%s: seed %llu, executions %llu, %.1f s, %llu faults\n", name,
                static_cast<unsigned long long>(seed), static_cast<unsigned long long>(done),
                time.count(), static_cast<unsigned long long>(faults));
    return faults == 0 ? 0 : 1;
  }
};

}  // namespace bowline::test
