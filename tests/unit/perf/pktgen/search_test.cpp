#include "perf/pktgen/search.h"

#include <catch2/catch.hpp>

using namespace bowline::perf::pktgen;

namespace {

struct Found {
  std::uint64_t rate;
  unsigned trials;
  bool by_sender;
};

// A server that answers `capacity` a second, and a sender that sends at most `most`.
Found search(double guess, double capacity, double most, double bound) {
  RateSearch search(guess, bound);
  unsigned trials = 0;
  for (auto rate = search.next(); rate; rate = search.next()) {
    const double sent = std::min(static_cast<double>(*rate), most);
    search.tell({*rate, sent, sent > capacity ? 1 - capacity / sent : 0});
    REQUIRE(++trials <= kMaxTrials);
  }
  return {search.found(), trials, search.limited_by_sender()};
}

}  // namespace

TEST_CASE("the highest rate is found from wherever the search begins") {
  for (const double capacity : {1'000.0, 777'777.0, 8'000'000.0}) {
    for (const double factor : {0.2, 0.9, 1.0, 1.1, 4.0}) {
      INFO(capacity << " from " << factor * capacity);
      const Found found = search(factor * capacity, capacity, 1e12, 0.0001);
      CHECK(static_cast<double>(found.rate) <= capacity * 1.0002);
      CHECK(static_cast<double>(found.rate) >= capacity * 0.985);
      CHECK_FALSE(found.by_sender);
    }
  }
}

TEST_CASE("a sender that cannot send more is no loss of the server") {
  const Found found = search(1'000'000, 1e12, 3'000'000, 0.0001);
  CHECK(found.by_sender);
  CHECK(static_cast<double>(found.rate) >= 2'950'000);
  CHECK(static_cast<double>(found.rate) <= 3'000'000 / kReached);
}

TEST_CASE("nothing passes: the search ends and finds nothing") {
  RateSearch search(1'000'000, 0.0001);
  unsigned trials = 0;
  for (auto rate = search.next(); rate; rate = search.next(), ++trials) {
    search.tell({*rate, static_cast<double>(*rate), 0.5});
  }
  CHECK(search.found() == 0);
  CHECK(trials == kMaxTrials);
  CHECK_FALSE(RateSearch(0, 0.1).next());
}
