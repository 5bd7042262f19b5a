// What status --watch makes of two looks at the server.
#include "control/client/watch.h"

#include <catch2/catch.hpp>

using namespace bowline::control;
using client::Sample;

namespace {

Sample sample(double time_s, std::uint64_t noerror, std::uint64_t nxdomain, std::uint64_t dropped) {
  return {time_s,
          {{"dataplane.rcode-noerror", noerror},
           {"dataplane.rcode-nxdomain", nxdomain},
           {"dataplane.drop-short", dropped},
           {"dataplane.sleeps", noerror * 7}},
          {{"udp-workers", "2"}, {"zones-served", "3"}, {"tables-memory", "4.0 MiB"}}};
}

}  // namespace

TEST_CASE("watch: counters become rates, most answers first") {
  const auto activity = client::activity_of(sample(10, 100, 0, 5), sample(12, 300, 1000, 25));
  CHECK(activity.queries == Approx(610));
  CHECK(activity.dropped == Approx(10));
  REQUIRE(activity.rcodes.size() == 2);
  CHECK(activity.rcodes[0].first == "nxdomain");
  CHECK(activity.rcodes[0].second == Approx(500));
  CHECK(client::activity_line(sample(12, 300, 1000, 25), activity) ==
        "queries/s=610 dropped/s=10 nxdomain/s=500 noerror/s=100 workers=2 zones=3 memory=4.0 MiB");
}

TEST_CASE("watch: counters that went back with a new generation are no negative rates") {
  const auto activity = client::activity_of(sample(10, 1000, 50, 5), sample(11, 10, 60, 5));
  CHECK(activity.queries == Approx(10));
  CHECK(activity.rcodes[0].second == Approx(10));
}

TEST_CASE("watch: no line of the screen is wider than the terminal") {
  Sample now = sample(12, 300, 0, 0);
  now.status["version"] = std::string(500, 'x');
  const auto lines =
      client::activity_screen(now, client::activity_of(sample(11, 0, 0, 0), now), 40, false);
  CHECK_THAT(lines.front(), Catch::Contains("300 queries a second"));
  for (const std::string& line : lines) CHECK(line.size() < 40);
}
