// Time limits by a table of moments: no clock but the test's.
#include "dataplane/stream/expiry.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <map>
#include <random>

namespace bowline::dataplane {
namespace {

Expiry limited() {
  Expiry expiry;
  expiry.set_limit(Waiting::kRequest, 10'000);
  expiry.set_limit(Waiting::kTransfer, 500);
  expiry.set_limit(Waiting::kControl, 6'000);
  expiry.set_limit(Waiting::kEnd, 1'000);
  return expiry;
}

TEST_CASE("expiry: each kind has its own limit") {
  struct Case {
    Waiting kind;
    std::uint64_t last_good_ms, first_bad_ms;
  };
  for (const Case& one : {Case{Waiting::kRequest, 10'099, 10'100},
                          Case{Waiting::kTransfer, 599, 600},
                          Case{Waiting::kControl, 6'099, 6'100},
                          Case{Waiting::kEnd, 1'099, 1'100}}) {
    Expiry expiry = limited();
    expiry.enter(3, one.kind, 100);
    CHECK(expiry.next_ms() == one.first_bad_ms);
    CHECK(expiry.expired(one.last_good_ms) == Expiry::kNobody);
    CHECK(expiry.expired(one.first_bad_ms) == 3);
    expiry.leave(3);
    CHECK(expiry.expired(one.first_bad_ms) == Expiry::kNobody);
    CHECK(expiry.next_ms() == Expiry::kNever);
  }
}

TEST_CASE("expiry: a limit of 0 is none") {
  Expiry expiry = limited();
  expiry.set_limit(Waiting::kTransfer, 0);
  expiry.enter(0, Waiting::kTransfer, 0);
  CHECK(expiry.next_ms() == Expiry::kNever);
  CHECK(expiry.expired(UINT64_MAX - 1) == Expiry::kNobody);
}

TEST_CASE("expiry: new activity starts the time again, progress does not") {
  Expiry expiry = limited();
  expiry.enter(1, Waiting::kRequest, 0);
  expiry.enter(2, Waiting::kRequest, 10);
  expiry.enter(1, Waiting::kRequest, 20);
  CHECK(expiry.longest() == 2);
  CHECK(expiry.expired(10'010) == 2);
  expiry.leave(2);
  CHECK(expiry.longest() == 1);
  CHECK(expiry.next_ms() == 10'020);
}

TEST_CASE("expiry: the idle go before the busy") {
  Expiry expiry = limited();
  CHECK(expiry.longest() == Expiry::kNobody);
  expiry.enter(5, Waiting::kTransfer, 0);
  expiry.enter(6, Waiting::kControl, 0);
  CHECK(expiry.longest() == 5);
  expiry.enter(7, Waiting::kRequest, 100);
  CHECK(expiry.longest() == 7);
  expiry.enter(8, Waiting::kEnd, 200);
  CHECK(expiry.longest() == 8);
  CHECK(expiry.goes_before(8, 7));
  CHECK(expiry.goes_before(7, 5));
  CHECK_FALSE(expiry.goes_before(5, 7));
  expiry.enter(9, Waiting::kRequest, 99);
  CHECK(expiry.goes_before(9, 7));
}

TEST_CASE("expiry: agrees with a plain list") {
  const char* const text = std::getenv("BOWLINE_SEED");
  const std::uint64_t seed = text != nullptr ? std::strtoull(text, nullptr, 10) : 51;
  INFO("BOWLINE_SEED=" << seed);
  std::mt19937_64 random(seed);
  Expiry expiry = limited();
  const std::uint64_t limits[] = {1'000, 10'000, 500, 6'000};
  struct Entry {
    unsigned kind;
    std::uint64_t since;
  };
  std::map<std::uint32_t, Entry> model;
  std::uint64_t now = 0;
  for (int step = 0; step < 20'000; ++step) {
    now += random() % 40;
    const auto id = static_cast<std::uint32_t>(random() % 60);
    if (random() % 4 == 0 && model.contains(id)) {
      expiry.leave(id);
      model.erase(id);
    } else {
      const auto kind = static_cast<unsigned>(random() % kWaitingKinds);
      expiry.enter(id, static_cast<Waiting>(kind), now);
      model[id] = {kind, now};
    }
    std::uint64_t next = Expiry::kNever;
    for (const auto& [each, entry] : model) next = std::min(next, entry.since + limits[entry.kind]);
    REQUIRE(expiry.next_ms() == next);
    for (auto gone = expiry.expired(now); gone != Expiry::kNobody; gone = expiry.expired(now)) {
      REQUIRE(model.contains(gone));
      REQUIRE(model[gone].since + limits[model[gone].kind] <= now);
      expiry.leave(gone);
      model.erase(gone);
    }
    for (const auto& [each, entry] : model) REQUIRE(entry.since + limits[entry.kind] > now);
  }
}

}  // namespace
}  // namespace bowline::dataplane
