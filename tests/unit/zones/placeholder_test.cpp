// Placeholders among zones: they are found, walked, replaced, removed, and give their memory back.
#include "zones/placeholder.h"

#include "tables.h"
#include "zones/walker.h"

using namespace bowline;
using namespace bowline::zones;
using dns::RrType;

namespace {

void check_tables(test::Tables& tables) {
  const auto fault = check_version(tables.publisher().current(), tables.secret(), true);
  INFO(fault.value_or(""));
  CHECK_FALSE(fault);
}

void hold(test::Tables& tables, std::string_view apex) {
  Arena arena(tables.heap());
  tables.publish(make_placeholder(arena, tables.secret(), test::name(apex)));
}

bool is_absent(const test::Tables& tables, std::string_view name) {
  const Zone* const zone = tables.zone(name);
  REQUIRE(zone != nullptr);
  return (zone->flags & kZoneAbsent) != 0;
}

}  // namespace

TEST_CASE("a placeholder is found at and below its apex, and the zone above it is not") {
  test::Tables tables;
  tables.load("test.", {{"www.sub.test.", RrType::kA, "192.0.2.1"}});
  hold(tables, "Sub.test.");
  hold(tables, ".");
  check_tables(tables);
  for (const char* name : {"sub.test.", "www.SUB.test.", "a.b.c.sub.test.", "other.", "."}) {
    INFO(name);
    CHECK(is_absent(tables, name));
  }
  CHECK_FALSE(is_absent(tables, "test."));
  CHECK_FALSE(is_absent(tables, "www.test."));
  CHECK(apex(*tables.zone("x.sub.test.")).to_text() == "sub.test.");
}

TEST_CASE("look-ups in a placeholder end at its empty apex") {
  test::Tables tables;
  hold(tables, "test.");
  const Zone& zone = *tables.zone("a.b.test.");
  const dns::NameKey key = tables.key("a.b.test.");
  const Closest closest = find_closest(tables.base(), zone, key);
  CHECK(closest.depth == 1);
  CHECK(closest.node == tables.base().at<Node>(zone.apex_node));
  CHECK(closest.node->flags == kNodeEmpty);
  CHECK_FALSE(find_rrset(tables.base(), *closest.node, RrType::kSoa));
  CHECK(zone.serial == 0);
  CHECK(zone.rr_class == 1);
}

TEST_CASE("a placeholder becomes a zone, a zone a placeholder, and both go") {
  test::Tables tables;
  hold(tables, "test.");
  tables.load("test.", {{"www.test.", RrType::kA, "192.0.2.1"}});
  CHECK_FALSE(is_absent(tables, "www.test."));
  check_tables(tables);
  hold(tables, "test.");
  CHECK(is_absent(tables, "www.test."));
  check_tables(tables);
  tables.publish(ZoneDraft::removal(tables.heap(), test::name("test.")));
  CHECK(tables.zone("www.test.") == nullptr);
  CHECK(tables.publisher().zone_count() == 0);
  check_tables(tables);
}

TEST_CASE("placeholders give all their memory back, published or not") {
  test::Tables tables;
  const auto round = [&] {
    {
      Arena arena(tables.heap());
      auto dropped = make_placeholder(arena, tables.secret(), test::name("x.test."));
      REQUIRE(dropped.ok());
    }
    hold(tables, "test.");
    hold(tables, "test.");
    tables.publish(ZoneDraft::removal(tables.heap(), test::name("test.")));
    tables.publisher().reclaim(UINT64_MAX);
    CHECK(tables.publisher().retired_blocks() == 0);
    const Heap::Usage usage = tables.heap().usage();
    return usage.chunk_octets - usage.free_octets;
  };
  for (int i = 0; i < 8000; ++i) round();  // until the arenas hold what they may hold
  const std::size_t before = round();
  for (int i = 0; i < 5000; ++i) round();
  CHECK(round() <= before + (64U << 10));  // a leak of one block each would be 320 KB
}
