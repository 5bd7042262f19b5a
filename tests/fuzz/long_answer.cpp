// The long run of answers: generated zones and queries, each answer against the oracle
// (tests/oracle). Started by tests/fuzz/long. LONG_JOBS in the environment says how many threads
// there are to be; without it one.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <vector>

#include "long.h"
#include "trial.h"

namespace {

using namespace bowline::oracle;

// Many queries for each set of zones: making zones costs as much as some hundred answers.
constexpr std::uint64_t kQueriesOfZones = 1000;

// Sets of zones, which the threads take one by one. Each has a seed of its own, which is enough to
// make it again.
class Sets {
 public:
  explicit Sets(const bowline::test::Run& run) : run_(run) {}

  void work() {
    while (faults_ == 0) {
      const std::uint64_t set = next_++;
      if (set * kQueriesOfZones >= run_.executions) return;
      try_set(run_.seed + set,
              std::min(kQueriesOfZones, run_.executions - set * kQueriesOfZones));
    }
  }
  std::uint64_t done() const { return done_; }
  std::uint64_t faults() const { return faults_; }

 private:
  void try_set(std::uint64_t seed, std::uint64_t count) {
    Choices choices(seed);
    Trial trial(choices);
    const std::optional<Difference> found = trial.ask(choices, count);
    if (!found) {
      done_ += count;
      return;
    }
    ++faults_;
    const std::lock_guard<std::mutex> lock(output_);
    std::printf("answer: again with: tests/fuzz/long answer %llu %llu\n%s",
                static_cast<unsigned long long>(kQueriesOfZones),
                static_cast<unsigned long long>(seed), trial.explain(*found).c_str());
  }

  const bowline::test::Run& run_;
  std::atomic<std::uint64_t> next_ = 0, done_ = 0, faults_ = 0;
  std::mutex output_;
};

}  // namespace

int main(int argc, char** argv) {
  const bowline::test::Run run("answer", argc, argv);
  const char* const jobs = std::getenv("LONG_JOBS");
  Sets sets(run);
  std::vector<std::thread> others;
  for (int i = 1; i < (jobs == nullptr ? 1 : std::atoi(jobs)); ++i) {
    others.emplace_back([&] { sets.work(); });
  }
  sets.work();
  for (std::thread& other : others) other.join();
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - run.start;
  std::printf("answer: %.0f queries a second\n", static_cast<double>(sets.done()) / time.count());
  return run.end(sets.done(), sets.faults());
}
