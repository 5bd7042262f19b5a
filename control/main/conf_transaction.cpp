#include "control/main/conf_transaction.h"

#include <ctime>

#include <fmt/format.h>

#include "control/config/compare.h"
#include "control/log/log.h"

namespace bowline::control {

namespace {

using api::Failure;
using config::Config;
using log::Category;

// Words of knotc.
constexpr const char* kTooMany = "too many transactions";
constexpr const char* kNoTransaction = "no active transaction";

constexpr const char* kOwnName = "bowline-control";

}  // namespace

// ---- Main thread ------------------------------------------------------------------------------

std::optional<Failure> ConfTransaction::refuse_busy() const {
  if (state_ == State::kNone) return std::nullopt;
  return Failure{{}, kTooMany, "one is open: conf-commit or conf-abort it first"};
}

bool ConfTransaction::become_busy(State from) {
  return state_.compare_exchange_strong(from, State::kBusy);
}

ConfTransaction::Refused ConfTransaction::begin() {
  if (const auto left = unconfirmed_s()) {
    return Failure{{}, kTooMany,
                   fmt::format("commit {} waits {} s more for conf-confirm: confirm it, or "
                               "conf-rollback {}",
                               waiting()->number, *left, waiting()->number - 1)};
  }
  // The base is looked at while nobody can change it.
  if (!become_busy(State::kNone)) return refuse_busy();
  base_ = parts_.current();
  draft_ = std::make_unique<config::Draft>(*base_);
  state_ = State::kOpen;
  return std::nullopt;
}

// Without a transaction there is nothing to be done, and that is no error, as with knotd.
ConfTransaction::Refused ConfTransaction::abort() {
  if (!become_busy(State::kOpen)) {
    if (state_ == State::kNone) return std::nullopt;
    return Failure{{}, kTooMany, "it is being committed"};
  }
  draft_.reset();
  base_.reset();
  state_ = State::kNone;
  return std::nullopt;
}

config::Draft* ConfTransaction::draft() {
  return state_ == State::kOpen ? draft_.get() : nullptr;
}

void ConfTransaction::commit(const std::string& user, std::uint64_t confirm_s, Done done) {
  if (!become_busy(State::kOpen)) return done({Failure{{}, kNoTransaction, {}}, 0, {}});
  parts_.post([this, user, confirm_s, done = std::move(done)] {
    const Result result = commit_draft(user, confirm_s);
    if (!result.failure) {
      draft_.reset();
      base_.reset();
    }
    state_ = result.failure ? State::kOpen : State::kNone;
    done(result);
  });
}

void ConfTransaction::confirm(Done done) {
  if (!waiting() || !become_busy(State::kNone)) {
    return done({Failure{{}, kNoTransaction, "no commit waits for conf-confirm"}, 0, {}});
  }
  parts_.post([this, done = std::move(done)] {
    Result result;
    if (const auto unconfirmed = waiting()) result.number = unconfirmed->number;
    if (auto kept = parts_.history.confirm(); !kept) {
      result.failure = Failure{{}, "operation failed", kept.error()};
    } else {
      set_waiting(std::nullopt);
      log::info(Category::kControl, "configuration commit {} confirmed", result.number);
    }
    state_ = State::kNone;
    done(result);
  });
}

void ConfTransaction::rollback(std::uint64_t number, const std::string& user, Done done) {
  if (!become_busy(State::kNone)) return done({refuse_busy(), 0, {}});
  parts_.post([this, number, user, done = std::move(done)] {
    const Result result = go_back(number, user, fmt::format("back to commit {}", number));
    state_ = State::kNone;
    done(result);
  });
}

void ConfTransaction::tick() {
  const auto unconfirmed = waiting();
  if (!unconfirmed || parts_.now_ms() < unconfirmed->deadline_ms) return;
  if (!become_busy(State::kNone)) return;
  parts_.post([this, number = unconfirmed->number] {
    undo_unconfirmed(number);
    state_ = State::kNone;
  });
}

std::optional<std::uint64_t> ConfTransaction::unconfirmed_s() const {
  const auto unconfirmed = waiting();
  if (!unconfirmed) return std::nullopt;
  const std::uint64_t now = parts_.now_ms();
  return now < unconfirmed->deadline_ms ? (unconfirmed->deadline_ms - now + 999) / 1000 : 0;
}

std::optional<ConfTransaction::Unconfirmed> ConfTransaction::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_;
}

void ConfTransaction::set_waiting(std::optional<Unconfirmed> value) {
  const std::lock_guard lock(mutex_);
  waiting_ = value;
}

// ---- Store's thread ---------------------------------------------------------------------------

bool ConfTransaction::block() { return become_busy(State::kNone); }

void ConfTransaction::unblock(bool is_new) {
  if (auto* const memory = dynamic_cast<confdb::MemoryHistory*>(&parts_.history);
      memory != nullptr && is_new) {
    memory->forget();
    set_waiting(std::nullopt);
  }
  state_ = State::kNone;
}

ConfTransaction::Result ConfTransaction::commit_draft(const std::string& user,
                                                      std::uint64_t confirm_s) {
  auto next = draft_->finish();
  if (!next) return {Failure{{}, "semantic check", next.error()}, 0, {}};
  confdb::NewCommit commit{config::compare(*base_, *next), user, ::time(nullptr), 0, {}};
  return put_into_effect(std::move(*next), std::move(commit), confirm_s);
}

ConfTransaction::Result ConfTransaction::put_into_effect(Config next, confdb::NewCommit commit,
                                                         std::uint64_t confirm_s) {
  Result result;
  if (commit.changes.empty()) return result;
  if (confirm_s != 0) commit.confirm_by_s = commit.time_s + static_cast<std::int64_t>(confirm_s);
  const auto number = parts_.history.commit(commit);
  if (!number) {
    result.failure = Failure{{}, "operation failed", number.error()};
    return result;
  }
  result.number = *number;
  log::info(Category::kControl, "configuration commit {} by {}: {}{}", *number, commit.user,
            commit.summary.empty() ? confdb::summarize(commit.changes) : commit.summary,
            confirm_s != 0 ? fmt::format("; to be confirmed within {} s", confirm_s) : "");
  result.report = parts_.apply(std::make_shared<const Config>(std::move(next)));
  if (confirm_s == 0) {
    set_waiting(std::nullopt);
  } else {
    set_waiting(Unconfirmed{*number, parts_.now_ms() + confirm_s * 1000});
  }
  return result;
}

ConfTransaction::Result ConfTransaction::go_back(std::uint64_t number, const std::string& user,
                                                 const std::string& why) {
  const auto changes = confdb::undo(parts_.history, number);
  if (!changes) return {Failure{{}, "not exists", changes.error()}, 0, {}};
  const auto before = parts_.current();
  config::Draft draft(*before);
  if (auto done = draft.apply(*changes); !done) {
    return {Failure{{}, "operation failed", done.error()}, 0, {}};
  }
  auto next = draft.finish();
  if (!next) return {Failure{{}, "semantic check", next.error()}, 0, {}};
  confdb::NewCommit commit{config::compare(*before, *next), user, ::time(nullptr), 0, {}};
  commit.summary = why + ": " + confdb::summarize(commit.changes);
  return put_into_effect(std::move(*next), std::move(commit), 0);
}

// Should the disk refuse it, the former configuration is in effect nevertheless, and the next start
// finds the commit unconfirmed.
void ConfTransaction::undo_unconfirmed(std::uint64_t number) {
  const std::string why = fmt::format("commit {} was not confirmed in time", number);
  const auto changes = confdb::undo(parts_.history, number - 1);
  const Result result = go_back(number - 1, kOwnName, why);
  set_waiting(std::nullopt);
  if (!result.failure) return;
  log::error(Category::kControl, "{}, and cannot be undone on disk before the next start: {}", why,
             result.failure->data);
  if (!changes) return;
  config::Draft draft(*parts_.current());
  if (auto done = draft.apply(*changes); !done) return;
  if (auto former = draft.finish()) {
    (void)parts_.apply(std::make_shared<const Config>(std::move(*former)));
  }
}

}  // namespace bowline::control
