// The configuration transaction of a server, its commits, and what is wrong with conf-set, beside
// answers of knotd 3.2.6.
#include "control/main/conf_transaction.h"

#include <catch2/catch.hpp>
#include <deque>

#include "control/config/export.h"
#include "control/main/conf_verbs.h"

namespace {

using namespace bowline::control;
using bowline::control::config::Config;

Config parse(const std::string& text) {
  auto config = config::load_config_text(text);
  if (!config) FAIL(config.error());
  return *config;
}

// A server: what is in effect, a store's thread whose jobs run when the test says, a clock.
struct Server {
  std::shared_ptr<const Config> config;
  std::deque<std::function<void()>> jobs;
  std::uint64_t now_ms = 1000;
  int applied = 0;
  confdb::MemoryHistory history;
  ConfTransaction transaction;

  explicit Server(const std::string& text)
      : config(std::make_shared<const Config>(parse(text))),
        transaction({[this] { return config; },
                     [this](std::shared_ptr<const Config> next) {
                       config = std::move(next);
                       ++applied;
                       return Report{};
                     },
                     [this](std::function<void()> job) { jobs.push_back(std::move(job)); },
                     [this] { return now_ms; }, history}) {}

  void work() {
    for (; !jobs.empty(); jobs.pop_front()) jobs.front()();
  }

  ConfTransaction::Result commit(std::uint64_t confirm_s = 0) {
    ConfTransaction::Result result;
    transaction.commit("me", confirm_s, [&](const auto& done) { result = done; });
    work();
    return result;
  }

  ConfTransaction::Result rollback(std::uint64_t number) {
    ConfTransaction::Result result;
    transaction.rollback(number, "me", [&](const auto& done) { result = done; });
    work();
    return result;
  }

  // A commit of server.identity.
  ConfTransaction::Result set_identity(const std::string& value, std::uint64_t confirm_s = 0) {
    REQUIRE_FALSE(transaction.begin());
    REQUIRE(transaction.draft()->set("server.identity", {value}));
    return commit(confirm_s);
  }

  std::string identity() const { return config->server().identity.value_or("none"); }
};

const char* const kStart = "server:\n    identity: start\n";

std::string error_of(const std::optional<api::Failure>& failure) {
  return failure ? failure->error : "";
}

}  // namespace

TEST_CASE("one transaction at a time, of the server") {
  Server server(kStart);
  CHECK(server.transaction.draft() == nullptr);
  CHECK(error_of(server.commit().failure) == "no active transaction");
  CHECK_FALSE(server.transaction.abort());  // no error, as with knotd
  REQUIRE_FALSE(server.transaction.begin());
  CHECK(error_of(server.transaction.begin()) == "too many transactions");
  CHECK_FALSE(server.transaction.block());  // no reload meanwhile
  CHECK(error_of(server.rollback(0).failure) == "too many transactions");
  REQUIRE(server.transaction.draft()->set("server.identity", {"next"}));
  REQUIRE_FALSE(server.transaction.abort());
  CHECK(server.identity() == "start");
  CHECK(server.transaction.block());
  CHECK(error_of(server.transaction.begin()) == "too many transactions");
  server.transaction.unblock(false);
  CHECK_FALSE(server.transaction.begin());
}

TEST_CASE("a commit is checked as a whole, and stays open when it is refused") {
  Server server(kStart);
  REQUIRE_FALSE(server.transaction.begin());
  REQUIRE(server.transaction.draft()->set("zone[a.test]", {}));
  REQUIRE(server.transaction.draft()->set("zone[a.test].master", {"nobody"}));
  const auto refused = server.commit();
  CHECK(error_of(refused.failure) == "semantic check");
  CHECK(server.applied == 0);
  REQUIRE(server.transaction.draft() != nullptr);
  REQUIRE(server.transaction.draft()->unset("zone[a.test].master", {}));
  const auto done = server.commit();
  CHECK_FALSE(done.failure);
  CHECK(done.number == 1);
  CHECK(server.applied == 1);
  CHECK(server.config->zones().size() == 1);
  CHECK(server.transaction.draft() == nullptr);
}

TEST_CASE("while a commit is at work nothing else is") {
  Server server(kStart);
  REQUIRE_FALSE(server.transaction.begin());
  REQUIRE(server.transaction.draft()->set("server.identity", {"next"}));
  bool done = false;
  server.transaction.commit("me", 0, [&](const auto&) { done = true; });
  CHECK(server.transaction.draft() == nullptr);
  CHECK(error_of(server.transaction.begin()) == "too many transactions");
  CHECK(error_of(server.transaction.abort()) == "too many transactions");
  CHECK_FALSE(done);
  server.work();
  CHECK(done);
  CHECK_FALSE(server.transaction.begin());
}

TEST_CASE("a commit that changes nothing is none") {
  Server server(kStart);
  CHECK(server.set_identity("start").number == 0);
  CHECK(server.applied == 0);
  CHECK(server.history.commits()->empty());
}

TEST_CASE("what is not confirmed in time is undone") {
  Server server(kStart);
  CHECK(server.set_identity("first").number == 1);
  const auto second = server.set_identity("second", 60);
  CHECK(second.number == 2);
  CHECK(server.identity() == "second");
  CHECK(error_of(server.transaction.begin()) == "too many transactions");
  CHECK(server.transaction.unconfirmed_s() == 60U);
  server.now_ms += 59'999;
  server.transaction.tick();
  server.work();
  CHECK(server.identity() == "second");
  SECTION("at the deadline") {
    server.now_ms += 1;
    server.transaction.tick();
    server.transaction.tick();
    server.work();
    CHECK(server.identity() == "first");
    const auto commits = server.history.commits();
    REQUIRE(commits->size() == 3);
    CHECK(commits->back().summary.find("not confirmed") != std::string::npos);
  }
  SECTION("or stays") {
    std::uint64_t number = 0;
    server.transaction.confirm([&](const auto& result) { number = result.number; });
    server.work();
    CHECK(number == 2);
    server.now_ms += 1'000'000;
    server.transaction.tick();
    server.work();
    CHECK(server.identity() == "second");
  }
  SECTION("or is rolled back by hand") {
    CHECK(server.rollback(1).number == 3);
    CHECK(server.identity() == "first");
  }
  CHECK_FALSE(server.transaction.unconfirmed_s());
  CHECK_FALSE(server.transaction.begin());
}

TEST_CASE("conf-confirm without anything to confirm") {
  Server server(kStart);
  std::string error;
  server.transaction.confirm([&](const auto& result) { error = error_of(result.failure); });
  CHECK(error == "no active transaction");
}

TEST_CASE("back to an earlier commit, and forth again") {
  Server server(kStart);
  for (const char* name : {"one", "two", "three"}) server.set_identity(name);
  CHECK(server.rollback(1).number == 4);
  CHECK(server.identity() == "one");
  CHECK(server.rollback(3).number == 5);
  CHECK(server.identity() == "three");
  CHECK(server.rollback(0).number == 6);
  CHECK(server.identity() == "start");
  CHECK(error_of(server.rollback(99).failure) == "not exists");
  // A reload of a file begins anew.
  REQUIRE(server.transaction.block());
  server.transaction.unblock(true);
  CHECK(error_of(server.rollback(1).failure) == "not exists");
  CHECK(server.set_identity("four").number == 7);
}

TEST_CASE("what conf-set and conf-unset refuse, in knotd's words") {
  const Config config = parse(
      "remote:\n  - id: a\n    address: 192.0.2.1\nzone:\n  - domain: b.test\n    master: a\n");
  const struct {
    const char* path;
    std::vector<std::string> values;
    const char* error;
  } sets[] = {
      {"zone[new.test]", {}, ""},
      {"zone.domain", {"new.test"}, ""},
      {"zone[b.test]", {}, "duplicate identifier"},
      {"zone[B.TEST.]", {}, "duplicate identifier"},
      {"zone[b.test].master", {"a"}, ""},
      {"zone[b.test].master", {"nope"}, "not exists"},
      {"zone[nope.test].master", {"a"}, "invalid identifier"},
      {"zone.master", {"a"}, ""},
      {"server.identity", {}, "missing value"},
      {"server", {}, "operation not supported"},
      {"zone", {}, "missing identifier"},
      {"nosuch.item", {"1"}, "invalid item"},
      {"server.nosuch", {"1"}, "invalid item"},
      {"server[a]", {}, "identifier not supported"},
      {"include", {}, "missing value"},
      {"include", {"/x"}, ""},
  };
  for (const auto& row : sets) {
    INFO(row.path);
    CHECK(error_of(check_set(config, row.path, row.values)) == row.error);
  }
  CHECK(error_of(check_unset(config, "")).empty());
  CHECK(error_of(check_unset(config, "zone[b.test]")).empty());
  CHECK(error_of(check_unset(config, "zone[nope.test]")) == "invalid identifier");
  CHECK(error_of(check_unset(config, "nosuch")) == "invalid item");
}
