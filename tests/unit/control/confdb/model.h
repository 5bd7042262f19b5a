// A plain model of a configuration under conf-set, conf-unset and commits, and what generates such
// operations: what a database must hold is found out without anything of control/config.
//
// Tests only; one thread an object.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../../../support/random.h"

namespace bowline::test {

// Items of the entries, by section and identifier (empty for a section without entries).
using Items = std::map<std::string, std::vector<std::string>>;
using State = std::map<std::pair<std::string, std::string>, Items>;

// One command. The words are its arguments.
struct Operation {
  enum class Kind : std::uint8_t {
    kBegin, kSet, kUnset, kAbort, kCommit, kCommitToConfirm, kConfirm, kRollback,
  };

  Kind kind = Kind::kBegin;
  std::vector<std::string> words;

  std::string to_text() const;
};

class Model {
 public:
  // What would be sensible next, and now and then what is not.
  Operation choose(Random& random) const;
  // Whether the operation is one that succeeds.
  bool succeeds(const Operation& operation) const;
  // Does it. REQUIRES: succeeds(); `number` is that of the commit if it is one, as the subject has
  // it.
  void apply(const Operation& operation, std::uint64_t number);

  // What may be committed if the subject was killed at that operation and started again.
  std::vector<State> after_crash(const Operation& operation) const;
  const State& committed() const { return committed_; }
  // The subject turned out to have done a commit that it could not report any more.
  void adopt(const State& state, std::uint64_t number);

  const std::map<std::uint64_t, State>& history() const { return history_; }

 private:
  std::vector<std::string> choose_set(Random& random) const;
  std::vector<std::string> choose_unset(Random& random) const;
  void note(std::uint64_t number);

  State committed_;
  std::optional<State> draft_;
  std::optional<State> unconfirmed_over_;  // the state before the commit that waits
  std::map<std::uint64_t, State> history_{{0, {}}};
};

}  // namespace bowline::test
