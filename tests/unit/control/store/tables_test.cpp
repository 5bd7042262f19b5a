// Chunks reach the keeper, the dataplane is waited for, and nothing is freed under a reader.
#include "control/store/tables.h"
#include "zones/layout.h"

#include <catch2/catch.hpp>
#include <thread>

#include "bench.h"

namespace {

using namespace bowline;
using namespace control::store;

// Pairs control with an exchange, and gives it to the test as the dataplane's view.
link::Exchange& pair(TablesBench& bench, std::uint64_t number) {
  auto made = link::create_exchange({number, 1, 2}, {});
  REQUIRE(made);
  bench.pairing().set(std::move(made->mapping), number, 2);
  return **bench.pairing().get().exchange;
}

}  // namespace

TEST_CASE("the first chunk is announced with a header that can be checked") {
  TablesBench bench;
  const auto told = bench.told();
  REQUIRE(told.size() == 1);
  CHECK(told[0].type == link::HandoverType::kChunk);
  CHECK(told[0].index == 0);
  CHECK(told[0].serial == 1);
  CHECK(told[0].generation == 1);
  const link::SegmentHeader header = bench.tables().header().segment;
  CHECK_FALSE(link::check_segment(header, link::SegmentKind::kTables, zones::kTablesLayout,
                                  told[0].size, 1));
}

TEST_CASE("serials count chunks in the order of their making") {
  TablesBench bench;
  for (int i = 0; i < 3; ++i) (void)bench.tables().heap().take_units(10);  // 64 MiB each
  const auto told = bench.told();
  REQUIRE(told.size() == 4);
  for (std::size_t i = 0; i < told.size(); ++i) {
    CHECK(told[i].serial == i + 1);
    CHECK(told[i].index == i);
  }
  CHECK(bench.tables().stats().chunks == 4);
}

TEST_CASE("publishing waits until the dataplane has mapped every chunk") {
  TablesBench bench;
  link::Exchange& exchange = pair(bench, 1);
  std::atomic<bool> done{false};
  std::thread publisher([&] {
    REQUIRE(bench.tables().publisher().publish({}));
    done = true;
  });
  bool early = false;
  for (int i = 0; i < 10'000; ++i) {
    std::this_thread::yield();
    early |= done || bench.tables().header().line.root.load() != link::kNullRef;
  }
  exchange.dataplane.mapped_through = 1;
  publisher.join();
  CHECK_FALSE(early);
  CHECK(bench.tables().header().line.root.load() != link::kNullRef);
}

TEST_CASE("a dataplane that dies meanwhile is not waited for") {
  TablesBench bench;
  pair(bench, 1);
  std::thread publisher([&] { CHECK(bench.tables().publisher().publish({})); });
  bench.pairing().clear();
  publisher.join();
}

TEST_CASE("nothing is freed while a thread of the dataplane may read it") {
  TablesBench bench;
  link::Exchange& exchange = pair(bench, 1);
  exchange.dataplane.mapped_through = 1000;
  zones::Publisher& publisher = bench.tables().publisher();
  REQUIRE(publisher.publish({}));
  link::EpochReader reader(exchange.slots, 5, bench.tables().header());
  reader.go_online();
  REQUIRE(reader.enter() != link::kNullRef);
  link::Settings settings;
  settings.tcp_max_clients = 7;
  REQUIRE(publisher.publish_settings(settings));
  for (int i = 0; i < 5; ++i) bench.tables().upkeep();
  CHECK(publisher.retired_blocks() != 0);
  reader.leave();
  reader.go_offline();
  for (int i = 0; i < 2; ++i) bench.tables().upkeep();
  CHECK(publisher.retired_blocks() == 0);
}

TEST_CASE("a thread that stands still for a hundred checks has the dataplane restarted") {
  TablesBench bench;
  link::Exchange& exchange = pair(bench, 1);
  exchange.dataplane.mapped_through = 1000;
  REQUIRE(bench.tables().publisher().publish({}));
  link::EpochReader reader(exchange.slots, 3, bench.tables().header());
  reader.go_online();
  REQUIRE(bench.tables().publisher().publish({}));
  (void)bench.told();
  for (unsigned i = 0; i < link::StallWatch::kChecks; ++i) bench.tables().upkeep();
  CHECK(bench.told().empty());
  bench.tables().upkeep();
  const auto told = bench.told();
  REQUIRE(told.size() == 1);
  CHECK(told[0].type == link::HandoverType::kRestartDataplane);
}
