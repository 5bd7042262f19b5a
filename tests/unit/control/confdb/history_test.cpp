#include "control/confdb/history.h"

#include "scratch.h"
#include "control/config/edit.h"
#include "trial.h"

namespace {

using namespace bowline::control::confdb;
using bowline::control::config::Change;
using bowline::control::config::Config;
using bowline::test::parse;
namespace config = bowline::control::config;

// A history with a configuration beside it.
struct Case {
  bowline::test::Scratch scratch;
  std::unique_ptr<History> history;
  Config config = parse("");

  explicit Case(bool in_memory) {
    if (in_memory) {
      history = std::make_unique<MemoryHistory>();
    } else {
      auto made = Database::create(scratch / "db", {});
      REQUIRE(made);
      history = std::move(*made);
    }
  }

  std::uint64_t to(const std::string& text, std::int64_t confirm_by_s = 0) {
    Config next = parse(text);
    auto number = history->commit({config::compare(config, next), "me", 1, confirm_by_s, {}});
    REQUIRE(number);
    config = next;
    return *number;
  }

  // The text of the state after that commit.
  std::string back(std::uint64_t number) const {
    const auto changes = undo(*history, number);
    if (!changes) return changes.error();
    config::Draft draft(config);
    REQUIRE(draft.apply(*changes));
    const auto done = draft.finish();
    REQUIRE(done);
    return config::export_text(*done);
  }
};

std::string state_text(int number) {
  std::string text = "server:\n    identity: n" + std::to_string(number) + "\n";
  if (number % 3 != 0) text += "remote:\n  - id: r\n    address: 192.0.2.1\n";
  if (number % 3 == 1) {
    text += "zone:\n  - domain: z" + std::to_string(number) + ".test\n    master: r\n";
  }
  return text;
}

}  // namespace

TEST_CASE("the newest 50 commits can be undone, in memory and on disk") {
  const bool in_memory = GENERATE(true, false);
  Case one(in_memory);
  for (int i = 1; i <= 60; ++i) CHECK(one.to(state_text(i)) == static_cast<std::uint64_t>(i));
  const auto commits = one.history->commits();
  REQUIRE(commits);
  CHECK(commits->size() == kCommitsKept);
  CHECK(commits->front().number == 11);
  CHECK(commits->back().user == "me");
  CHECK_FALSE(commits->back().summary.empty());
  for (int i = 10; i <= 60; ++i) {
    CHECK(one.back(static_cast<std::uint64_t>(i)) == config::export_text(parse(state_text(i))));
  }
  CHECK(one.back(9).find("there is no commit 9") != std::string::npos);
  CHECK(one.back(61).find("there is no commit 61") != std::string::npos);
}

TEST_CASE("what waits for conf-confirm") {
  const bool in_memory = GENERATE(true, false);
  Case one(in_memory);
  one.to(state_text(1));
  CHECK(one.to(state_text(2), 77) == 2);
  auto waiting = one.history->unconfirmed();
  REQUIRE(waiting);
  REQUIRE(waiting->has_value());
  CHECK((*waiting)->number == 2);
  CHECK((*waiting)->deadline_s == 77);
  SECTION("is confirmed") { REQUIRE(one.history->confirm()); }
  SECTION("is settled by a further commit") { one.to(state_text(3)); }
  waiting = one.history->unconfirmed();
  REQUIRE(waiting);
  CHECK_FALSE(waiting->has_value());
}

TEST_CASE("a commit that is too large is kept without its changes") {
  const bool in_memory = GENERATE(true, false);
  Case one(in_memory);
  one.to(state_text(1));
  const Config next = parse(state_text(2));
  auto changes = config::compare(one.config, next);
  changes.front().before.values = {std::string(kMaxHistoryOctets, 'c')};
  CHECK_FALSE(one.history->commit({changes, "me", 1, 99, {}}));
  REQUIRE(one.history->commit({changes, "me", 1, 0, {}}));
  one.config = next;
  CHECK(one.back(1).find("too much to be undone") != std::string::npos);
}

TEST_CASE("summaries name what changed") {
  const Config empty = parse("");
  const auto summary = [&](const std::string& from, const std::string& to) {
    return summarize(config::compare(parse(from), parse(to)));
  };
  CHECK(summary("", "") == "nothing");
  CHECK(summary("", "zone:\n  - domain: a.\n    storage: /x\n") == "zone[a.] added");
  CHECK(summary("zone:\n  - domain: a.\n", "zone:\n  - domain: a.\n    storage: /x\n") ==
        "zone[a.].storage");
  CHECK(summary("server:\n    identity: a\n",
                "remote:\n  - id: r1\n    address: 192.0.2.1\n  - id: r2\n    address: 192.0.2.1\n"
                "  - id: r3\n    address: 192.0.2.1\n") ==
        "server.identity, remote[r1] added, remote[r2] added, and 1 more");
}
