// Pins hold back reclaiming, until they go or are revoked.
#include "control/store/version_pins.h"

#include <catch2/catch.hpp>

#include "bench.h"

using namespace bowline;
using namespace bowline::control;
using namespace bowline::control::store;

namespace {

// Publishes a version and returns its epoch.
std::uint64_t publish(Tables& tables) {
  const auto epoch = tables.publisher().publish({});
  REQUIRE(epoch);
  return *epoch;
}

bool is_readable(VersionPins::Pin& pin) {
  bool read = false;
  const bool there = pin.read([&](zones::View view) { read = view.root != nullptr; });
  CHECK(there == read);
  return there;
}

}  // namespace

TEST_CASE("there is nothing to pin before the first version") {
  TablesBench bench;
  CHECK(bench.tables().pins().take() == nullptr);
  publish(bench.tables());
  CHECK(bench.tables().pins().take() != nullptr);
}

TEST_CASE("the oldest pin counts") {
  TablesBench bench;
  Tables& tables = bench.tables();
  VersionPins& pins = tables.pins();
  const std::uint64_t first = publish(tables);
  auto old = pins.take();
  auto same = pins.take();
  const std::uint64_t second = publish(tables);
  auto young = pins.take();
  CHECK(pins.count() == 3);
  CHECK(pins.oldest_in_use(second, false) == first);
  old.reset();
  CHECK(pins.oldest_in_use(second, false) == first);
  same.reset();
  CHECK(pins.oldest_in_use(second, false) == second);
  young.reset();
  CHECK(pins.count() == 0);
  CHECK(pins.oldest_in_use(second, false) == second);
}

TEST_CASE("over the budget pins of older versions are revoked, newer ones stay") {
  TablesBench bench;
  Tables& tables = bench.tables();
  VersionPins& pins = tables.pins();
  publish(tables);
  const auto old = pins.take();
  const std::uint64_t current = publish(tables);
  const auto young = pins.take();
  CHECK(is_readable(*old));
  CHECK(pins.oldest_in_use(current, true) == current);
  CHECK_FALSE(is_readable(*old));
  CHECK(is_readable(*young));
  CHECK(pins.count() == 1);
}

TEST_CASE("upkeep frees what no pin needs") {
  TablesBench bench;
  Tables& tables = bench.tables();
  const auto upkeep = [&] {
    for (int i = 0; i < 3; ++i) tables.upkeep();
  };
  publish(tables);
  auto pin = tables.pins().take();
  publish(tables);
  upkeep();
  CHECK(tables.publisher().retired_octets() > 0);
  CHECK(tables.publisher().retired_blocks() > 0);
  pin.reset();
  upkeep();
  CHECK(tables.publisher().retired_octets() == 0);
  CHECK(tables.publisher().retired_blocks() == 0);
}
