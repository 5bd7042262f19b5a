// Who of control, the dataplane and its threads is late.
#include "control/keeper/heartbeats.h"

#include <catch2/catch.hpp>

#include "link/exchange.h"

using namespace bowline;
using control::keeper::Heartbeats;

namespace {

constexpr std::uint64_t kLate = Heartbeats::kLate_ms;

struct Processes {
  Processes() : made(link::create_exchange({1, 1, 3}, {})) { REQUIRE(made); }

  link::Exchange& exchange() { return *made->mapping; }
  void control() { exchange().control.beat.fetch_add(1); }
  void dataplane() { exchange().dataplane.beat.fetch_add(1); }
  void thread(unsigned i) {
    exchange().counters[i].value[static_cast<std::size_t>(link::Counter::loops)].fetch_add(1);
  }

  link::Outcome<link::NewExchange> made;
};

constexpr Heartbeats::Expected kAll{true, true, 3};

}  // namespace

TEST_CASE("heartbeats: who stands still is late, who beats again is not") {
  Processes processes;
  Heartbeats beats;
  std::uint64_t now = 1'000'000;
  CHECK(beats.look(processes.exchange(), {}, now).empty());
  const auto all_but = [&](unsigned still) {
    if (still != 0) processes.control();
    if (still != 1) processes.dataplane();
    for (unsigned i = 0; i < 3; ++i) {
      if (still != 2 + i) processes.thread(i);
    }
  };
  const char* const names[] = {"bowline-control", "bowline-dataplane",
                               "thread 0 of bowline-dataplane", "thread 1 of bowline-dataplane",
                               "thread 2 of bowline-dataplane"};
  for (unsigned still = 0; still < 5; ++still) {
    INFO(names[still]);
    all_but(5);
    CHECK(beats.look(processes.exchange(), kAll, now).empty());
    all_but(still);
    CHECK(beats.look(processes.exchange(), kAll, now += kLate).empty());
    all_but(still);
    CHECK(beats.look(processes.exchange(), kAll, ++now) == names[still]);
    all_but(5);
    CHECK(beats.look(processes.exchange(), kAll, ++now).empty());
  }
  CHECK(beats.look(processes.exchange(), kAll, now + kLate + 1) ==
        "bowline-control, bowline-dataplane, thread 0 of bowline-dataplane, thread 1 of "
        "bowline-dataplane, thread 2 of bowline-dataplane");
}

TEST_CASE("heartbeats: who is not expected has all the time once it is") {
  Processes processes;
  Heartbeats beats;
  std::uint64_t now = 1'000'000;
  CHECK(beats.look(processes.exchange(), {}, now).empty());
  CHECK(beats.look(processes.exchange(), {}, now += 100 * kLate).empty());
  CHECK(beats.look(processes.exchange(), kAll, now += kLate).empty());
  CHECK_FALSE(beats.look(processes.exchange(), kAll, now += kLate).empty());
}

TEST_CASE("heartbeats: a new exchange is no silence") {
  Processes processes;
  Heartbeats beats;
  std::uint64_t now = 1'000'000;
  processes.control();
  CHECK(beats.look(processes.exchange(), kAll, now).empty());
  Processes next;
  CHECK(beats.look(next.exchange(), {true, false, 0}, now += 10 * kLate).empty());
  CHECK(beats.look(next.exchange(), {true, false, 0}, now += kLate + 1) == "bowline-control");
}
