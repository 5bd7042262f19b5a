// ConfTransaction: the one configuration transaction of a server, and the commits that it makes.
//
// It belongs to the server, not to a client's connection: whoever may use the control socket can go
// on with it. What it is doing at a time:
//
//   state     leaves by
//   kNone     begin() -> kOpen; rollback(), confirm(), a deadline, block() -> kBusy
//   kOpen     abort() -> kNone; commit() -> kBusy
//   kBusy     the store's thread is at work -> kNone, or kOpen if a commit is refused
//
// A commit is checked, then on disk (of a server with a database), then in effect. One with a
// deadline is undone unless confirm() comes in time; until then there is no further transaction.
// All from the main thread but what says otherwise; callbacks come on the store's thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "control/api/response.h"
#include "control/confdb/history.h"
#include "control/config/edit.h"
#include "control/main/reconfigure.h"

namespace bowline::control {

class ConfTransaction {
 public:
  struct Parts {
    // The configuration in effect; from any thread.
    std::function<std::shared_ptr<const config::Config>()> current;
    // Puts a configuration into effect; on the store's thread.
    std::function<Report(std::shared_ptr<const config::Config>)> apply;
    // Has a job done on the store's thread.
    std::function<void(std::function<void()>)> post;
    std::function<std::uint64_t()> now_ms;  // of a clock that no one sets
    confdb::History& history;               // the store's thread only; outlives this
  };

  struct Result {
    std::optional<api::Failure> failure;  // nothing has changed
    std::uint64_t number = 0;             // of the commit; 0: there was nothing to change
    Report report;
  };
  using Done = std::function<void(const Result&)>;
  using Refused = std::optional<api::Failure>;

  explicit ConfTransaction(Parts parts) : parts_(std::move(parts)) {}

  Refused begin();
  Refused abort();
  // The draft to edit. Null: no transaction is open.
  config::Draft* draft();
  // What the draft began with. REQUIRES: draft() != nullptr.
  const config::Config& base() const { return *base_; }

  // `confirm_s`: seconds until it is undone unless confirmed; 0: it stays. After a failure the
  // transaction is still open.
  void commit(const std::string& user, std::uint64_t confirm_s, Done done);
  void confirm(Done done);
  // Back to the state after commit `number`: a commit of its own.
  void rollback(std::uint64_t number, const std::string& user, Done done);
  // Undoes what was not confirmed in time. Called once or twice a second.
  void tick();

  // Keeps transactions away while the configuration is read anew; on the store's thread. False: one
  // is open.
  bool block();
  // The end of that. `is_new`: another configuration is in effect, which is no commit of a history
  // in memory.
  void unblock(bool is_new);

  // Seconds until the newest commit is undone. Nothing: none waits. Any thread.
  std::optional<std::uint64_t> unconfirmed_s() const;

 private:
  enum class State : std::uint8_t { kNone, kOpen, kBusy };
  struct Unconfirmed {
    std::uint64_t number = 0;
    std::uint64_t deadline_ms = 0;
  };

  // On the store's thread.
  Result commit_draft(const std::string& user, std::uint64_t confirm_s);
  Result go_back(std::uint64_t number, const std::string& user, const std::string& why);
  Result put_into_effect(config::Config next, confdb::NewCommit commit, std::uint64_t confirm_s);
  void undo_unconfirmed(std::uint64_t number);

  std::optional<api::Failure> refuse_busy() const;
  bool become_busy(State from);
  std::optional<Unconfirmed> waiting() const;
  void set_waiting(std::optional<Unconfirmed> value);

  const Parts parts_;
  std::atomic<State> state_{State::kNone};
  // Of the thread whose turn it is by the state.
  std::shared_ptr<const config::Config> base_;
  std::unique_ptr<config::Draft> draft_;
  mutable std::mutex mutex_;  // of what follows
  std::optional<Unconfirmed> waiting_;
};

}  // namespace bowline::control
