#include "trial.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>

#include "control/confdb/database.h"
#include "control/config/edit.h"
#include "control/config/export.h"
#include "control/config/visit.h"

namespace bowline::test {

namespace {

using control::confdb::Database;
using control::config::Config;
using Kind = Operation::Kind;
namespace confdb = control::confdb;
namespace config = control::config;

constexpr std::size_t kMaxMessage = 64 << 10;
constexpr char kSeparator = '\x1f';
constexpr std::size_t kRecent = 4000;   // octets of operations that a fault shows
constexpr useconds_t kLongestDelay = 3000;  // microseconds; a commit takes about as long

std::string receive(int socket) {
  static std::array<char, kMaxMessage> octets;
  const ssize_t got = ::recv(socket, octets.data(), octets.size(), 0);
  return got <= 0 ? std::string() : std::string(octets.data(), static_cast<std::size_t>(got));
}

std::string encode(const Operation& operation) {
  std::string text(1, static_cast<char>('A' + static_cast<int>(operation.kind)));
  for (const std::string& word : operation.words) text += kSeparator + word;
  return text;
}

Operation decode(const std::string& text) {
  Operation operation{static_cast<Kind>(text[0] - 'A'), {}};
  for (std::size_t at = 1; at < text.size();) {
    const std::size_t end = std::min(text.find(kSeparator, at + 1), text.size());
    operation.words.push_back(text.substr(at + 1, end - at - 1));
    at = end;
  }
  return operation;
}

// ---- The subject ------------------------------------------------------------------------------

// What a server does, without one: a database, the configuration, a transaction.
class Subject {
 public:
  Subject(Database& database, Config config) : database_(database), config_(std::move(config)) {}

  // "ok", "ok NUMBER" of a commit, or the error.
  std::string run(const Operation& operation) {
    const std::vector<std::string>& words = operation.words;
    switch (operation.kind) {
      case Kind::kBegin:
        draft_ = std::make_unique<config::Draft>(config_);
        return "ok";
      case Kind::kSet:
        return answer(draft_->set(words[0], {words.begin() + 1, words.end()}));
      case Kind::kUnset:
        return answer(draft_->unset(words[0], {words.begin() + 1, words.end()}));
      case Kind::kAbort:
        draft_.reset();
        return "ok";
      case Kind::kCommit:
        return commit(*draft_, 0);
      case Kind::kCommitToConfirm:
        return commit(*draft_, ::time(nullptr) + 3600);
      case Kind::kConfirm:
        return answer(database_.confirm());
      case Kind::kRollback:
        return rollback(std::stoull(words[0]));
    }
    return "unknown operation";
  }

 private:
  static std::string answer(const dns::Result<void>& result) {
    return result ? "ok" : result.error();
  }

  std::string commit(const config::Draft& draft, std::int64_t confirm_by) {
    auto next = draft.finish();
    if (!next) return next.error();
    confdb::NewCommit commit{config::compare(config_, *next), "trial", 1, confirm_by, {}};
    if (!commit.changes.empty()) {
      const auto number = database_.commit(commit);
      if (!number) return number.error();
      config_ = std::move(*next);
      draft_.reset();
      return "ok " + std::to_string(*number);
    }
    draft_.reset();
    return "ok 0";
  }

  std::string rollback(std::uint64_t number) {
    const auto changes = confdb::undo(database_, number);
    // There is nothing yet.
    if (!changes && number == 0) return "ok 0";
    if (!changes) return changes.error();
    config::Draft draft(config_);
    if (auto done = draft.apply(*changes); !done) return done.error();
    return commit(draft, 0);
  }

  Database& database_;
  Config config_;
  std::unique_ptr<config::Draft> draft_;
};

[[noreturn]] void be_subject(const std::string& path, int channel) {
  (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
  auto database = Database::open(path, {});
  if (!database) ::_exit(1);
  auto loaded = (*database)->load();
  if (!loaded) ::_exit(1);
  Subject subject(**database, std::move(*loaded));
  for (std::string text; !(text = receive(channel)).empty();) {
    const std::string answer = subject.run(decode(text));
    if (::send(channel, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) break;
  }
  ::_exit(0);
}

}  // namespace

State flatten(const Config& config) {
  State state;
  config::visit(config, {},
                [&](const config::Section& section, std::string_view id,
                    const config::Option& option, const config::Setting& setting) {
                  Items& items = state[{std::string(section.name), std::string(id)}];
                  if (option.name != section.id) {
                    items[std::string(option.name)] = setting.values;
                  }
                  return true;
                });
  return state;
}

std::string to_text(const State& state) {
  std::string text;
  for (const auto& [entry, items] : state) {
    text += entry.first + "[" + entry.second + "]\n";
    for (const auto& [item, values] : items) {
      text += "  " + item + " =";
      for (const std::string& value : values) text += " '" + value + "'";
      text += "\n";
    }
  }
  return text;
}

Trial::Trial(std::string path, std::uint64_t seed) : path_(std::move(path)), random_(seed) {}

Trial::~Trial() { kill_subject(); }

bool Trial::fail(const std::string& what) {
  fault_ = "after " + std::to_string(done_) + " operations: " + what + "\n" + recent_;
  return false;
}

void Trial::start_subject() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return;
  channel_ = link::Fd(ends[0]);
  link::Fd child(ends[1]);
  subject_ = ::fork();
  if (subject_ != 0) return;
  channel_.reset();
  be_subject(path_, child.get());
}

void Trial::kill_subject() {
  if (subject_ <= 0) return;
  (void)::kill(subject_, SIGKILL);
  (void)::waitpid(subject_, nullptr, 0);
  subject_ = 0;
  channel_.reset();
}

bool Trial::run(const Plan& plan) {
  if (auto made = Database::create(path_, {}); !made) return fail(made.error());
  start_subject();
  while (done_ < plan.operations) {
    if (!step(plan)) return false;
  }
  kill_subject();
  return check_after_crash({Kind::kBegin, {}}) && check_round_trip();
}

bool Trial::step(const Plan& plan) {
  const Operation operation = model_.choose(random_);
  recent_ += operation.to_text() + "\n";
  if (recent_.size() > 2 * kRecent) recent_.erase(0, recent_.size() - kRecent);
  ++done_;
  const std::string text = encode(operation);
  if (::send(channel_.get(), text.data(), text.size(), MSG_NOSIGNAL) < 0) {
    return fail("the subject has ended by itself");
  }
  const bool writes = operation.kind >= Kind::kCommit;
  if (random_.below(writes ? std::max<std::size_t>(plan.one_kill_in / 10, 1) : plan.one_kill_in) !=
      0) {
    return check(operation, receive(channel_.get()));
  }
  // Not a wait for anything: a random moment in its work.
  (void)::usleep(static_cast<useconds_t>(random_.below(kLongestDelay)));
  kill_subject();
  ++kills_;
  recent_ += "killed\n";
  if (!check_after_crash(operation)) return false;
  if (random_.below(10) == 0 && !check_round_trip()) return false;
  start_subject();
  return true;
}

bool Trial::check(const Operation& operation, const std::string& answer) {
  const bool ok = answer.starts_with("ok");
  if (ok != model_.succeeds(operation)) return fail("answered: '" + answer + "'");
  if (!ok) return true;
  const std::uint64_t number = answer.size() > 3 ? std::stoull(answer.substr(3)) : 0;
  commits_ += number != 0;
  model_.apply(operation, number);
  return true;
}

bool Trial::check_after_crash(const Operation& operation) {
  if (auto sound = Database::verify(path_); !sound) return fail(sound.error());
  auto database = Database::open(path_, {});
  if (!database) return fail(database.error());
  if (auto settled = (*database)->settle(); !settled) return fail(settled.error());
  auto loaded = (*database)->load();
  if (!loaded) return fail(loaded.error());
  const auto commits = (*database)->commits();
  if (!commits) return fail(commits.error());
  const std::uint64_t newest = commits->empty() ? 0 : commits->back().number;
  const State found = flatten(*loaded);
  // Where the operation fails it leaves what was there.
  auto allowed = model_.after_crash(model_.succeeds(operation) ? operation
                                                               : Operation{Kind::kBegin, {}});
  if (std::ranges::find(allowed, found) == allowed.end()) {
    return fail("committed was\n" + to_text(allowed[0]) + "found was\n" + to_text(found));
  }
  model_.adopt(found, newest);
  return true;
}

// export, import, export: the same text, and the same entries.
bool Trial::check_round_trip() {
  auto database = Database::open(path_, {.read_only = true});
  if (!database) return fail(database.error());
  const auto loaded = (*database)->load();
  if (!loaded) return fail(loaded.error());
  const std::string text = config::export_text(*loaded);
  const auto again = config::load_config_text(text, "export");
  if (!again) return fail("the export is refused: " + again.error() + "\n" + text);
  if (flatten(*again) != model_.committed()) return fail("the export is another one:\n" + text);
  if (config::export_text(*again) != text) return fail("a second export differs");
  return true;
}

}  // namespace bowline::test
