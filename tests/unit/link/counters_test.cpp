#include "link/counters.h"

#include <catch2/catch.hpp>
#include <memory>
#include <set>
#include <string>

using namespace bowline::link;

namespace {

std::uint64_t at(const CounterTotals& totals, Counter counter) {
  return totals[static_cast<std::size_t>(counter)];
}

std::uint64_t at(const CounterBlock& block, Counter counter) {
  return block.value[static_cast<std::size_t>(counter)].load();
}

}  // namespace

TEST_CASE("counter names are unique, in dashes, each with help", "[link][counters]") {
  std::set<std::string_view> names;
  for (const CounterInfo& info : kCounterInfo) {
    INFO(info.name);
    CHECK(names.insert(info.name).second);
    CHECK(info.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") ==
          std::string_view::npos);
    CHECK_FALSE(info.help.empty());
  }
}

TEST_CASE("counts show after commit, totals are sums over threads", "[link][counters]") {
  const auto blocks = std::make_unique<CounterBlock[]>(2);
  Counters first;
  Counters second;
  first.add(Counter::received_udp, 3);
  first.add(Counter::drop_fragment);
  CHECK(at(blocks[0], Counter::received_udp) == 0);
  first.commit(blocks[0]);
  CHECK(at(blocks[0], Counter::received_udp) == 3);
  CHECK(first.total(Counter::drop_fragment) == 1);

  second.add(Counter::drop_fragment, 4);
  second.add(Counter::drop_bad_checksum, 2);
  second.add(Counter::rcode_refused, 9);
  second.commit(blocks[1]);
  first.add(Counter::received_udp);
  first.commit(blocks[0]);

  CounterTotals totals{};
  add_block(totals, blocks[0]);
  add_block(totals, blocks[1]);
  CHECK(at(totals, Counter::received_udp) == 4);
  CHECK(at(totals, Counter::drop_fragment) == 5);
  CHECK(group_total(totals, CounterGroup::drop) == 7);
  CHECK(group_total(totals, CounterGroup::rcode) == 9);
}

TEST_CASE("every counter is committed, and again to a new block", "[link][counters]") {
  Counters counters;
  for (std::size_t i = 0; i < kCounterCount; ++i) counters.add(static_cast<Counter>(i), i + 1);
  const auto blocks = std::make_unique<CounterBlock[]>(3);
  counters.commit(blocks[0]);
  counters.commit(blocks[1]);  // nothing changed: nothing is stored
  counters.touch_all();
  counters.commit(blocks[2]);
  for (std::size_t i = 0; i < kCounterCount; ++i) {
    CHECK(blocks[0].value[i].load() == i + 1);
    CHECK(blocks[1].value[i].load() == 0);
    CHECK(blocks[2].value[i].load() == i + 1);
  }
}
