// Trial: random conf operations on a database in a process of its own, which is killed at random
// moments, beside a model. Committed transactions survive, others vanish, the database always
// opens.
//
// Tests only; one thread. The caller opens no database of that path.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "control/config/config.h"
#include "link/outcome.h"
#include "model.h"

namespace bowline::test {

// What a configuration holds, by a walk over it.
State flatten(const control::config::Config& config);
// For messages.
std::string to_text(const State& state);

class Trial {
 public:
  struct Plan {
    std::uint64_t operations = 0;
    std::size_t one_kill_in = 100;  // operations, about
  };

  // `path`: of the database, which is made.
  Trial(std::string path, std::uint64_t seed);
  ~Trial();

  // False: `fault()` says what was wrong, and after which operations.
  bool run(const Plan& plan);
  const std::string& fault() const { return fault_; }
  std::uint64_t done() const { return done_; }
  std::uint64_t kills() const { return kills_; }
  std::uint64_t commits() const { return commits_; }

 private:
  bool step(const Plan& plan);
  bool check(const Operation& operation, const std::string& answer);
  void start_subject();
  void kill_subject();
  // Opens what the subject left, and compares it with what may be there.
  bool check_after_crash(const Operation& operation);
  bool check_round_trip();
  bool fail(const std::string& what);

  const std::string path_;
  Random random_;
  Model model_;
  pid_t subject_ = 0;
  link::Fd channel_;
  std::string fault_;
  std::string recent_;  // the last operations
  std::uint64_t done_ = 0;
  std::uint64_t kills_ = 0;
  std::uint64_t commits_ = 0;
};

}  // namespace bowline::test
