#include "zones/builder.h"

#include <random>

#include "tables.h"
#include "zones/tree.h"
#include "zones/walker.h"
#include "zones/writer.h"

using namespace bowline;
using namespace bowline::zones;
using dns::RrType;

TEST_CASE("a record outside the zone is refused") {
  test::Tables tables;
  Arena arena(tables.heap());
  ZoneBuilder builder(arena, tables.secret(), test::name("a.test."));
  const std::vector<std::uint8_t> address = {192, 0, 2, 1};
  CHECK(builder.add(test::name("a.test."), RrType::kA, 1, address));
  CHECK(builder.add(test::name("x.A.TEST."), RrType::kA, 1, address));
  for (const std::string_view outside : {"test.", "b.test.", "aa.test.", "x\\.a.test.", "."}) {
    INFO(outside);
    CHECK_FALSE(builder.add(test::name(outside), RrType::kA, 1, address));
  }
}

TEST_CASE("a zone without a SOA at its apex is refused, and its memory comes back") {
  test::Tables tables;
  Arena arena(tables.heap());
  ZoneBuilder builder(arena, tables.secret(), test::name("test."));
  builder.add(test::name("www.test."), RrType::kA, 1, std::vector<std::uint8_t>{192, 0, 2, 1});
  const auto none = builder.build();
  REQUIRE_FALSE(none.ok());
  CHECK(none.error() == "zone test. has no SOA record at its apex");
  builder.add(test::name("test."), RrType::kNs, 1, test::rdata(RrType::kNs, "ns.test."));
  CHECK_FALSE(builder.build().ok());
}

TEST_CASE("any order of the records gives the same zone; duplicates count once") {
  std::vector<test::Tables::Line> lines = {
      {"test.", RrType::kNs, "ns.test."},       {"test.", RrType::kSoa, test::kSoaText},
      {"ns.test.", RrType::kA, "192.0.2.1"},    {"ns.test.", RrType::kA, "192.0.2.2"},
      {"NS.test.", RrType::kA, "192.0.2.1"},    {"a.b.test.", RrType::kTxt, "x"},
      {"*.b.test.", RrType::kTxt, "y"},         {"sub.test.", RrType::kNs, "ns.sub.test."},
      {"ns.sub.test.", RrType::kA, "192.0.2.3"}, {"b.test.", RrType::kMx, "10 ns.test."}};
  std::mt19937_64 random(test::seed());
  for (int round = 0; round < 50; ++round) {
    test::Tables tables;
    std::shuffle(lines.begin(), lines.end(), random);
    tables.load("test.", lines);
    const Zone& zone = *tables.zone("test.");
    CHECK(zone.record_count == 9);
    CHECK(zone.names.count == 7);
    const auto fault = check_zone(tables.base(), zone, tables.secret());
    INFO("BOWLINE_SEED=" << test::seed() << " round " << round << ": " << fault.value_or(""));
    CHECK_FALSE(fault);
  }
}

TEST_CASE("zones of every size fill their index and order") {
  for (const unsigned count : {1U, 9U, 10U, 11U, 60U, 61U, 395U, 400U, 5000U, 60000U}) {
    test::Tables tables;
    Arena arena(tables.heap());
    ZoneBuilder builder(arena, tables.secret(), test::name("test."));
    builder.add(test::name("test."), RrType::kSoa, 60, test::rdata(RrType::kSoa, test::kSoaText));
    const std::vector<std::uint8_t> address = {192, 0, 2, 1};
    for (unsigned i = 1; i < count; ++i) {
      builder.add(test::name("n" + std::to_string(i * 7919 % 100003) + ".test."), RrType::kA, 60,
                  address);
    }
    tables.publish(builder.build());
    const Zone& zone = *tables.zone("test.");
    INFO(count);
    CHECK(zone.names.count == count);
    const auto fault = check_version(tables.publisher().current(), tables.secret(), true);
    INFO(fault.value_or(""));
    CHECK_FALSE(fault);
  }
}

TEST_CASE("a zone that is replaced or removed gives all its memory back") {
  test::Tables tables;
  std::vector<test::Tables::Line> lines;
  std::vector<std::string> names;
  for (int i = 0; i < 3000; ++i) names.push_back("host" + std::to_string(i) + ".test.");
  for (const std::string& name : names) lines.push_back({name, RrType::kA, "192.0.2.1"});
  const auto in_use = [&] {
    tables.publisher().reclaim(UINT64_MAX);
    const Heap::Usage usage = tables.heap().usage();
    return usage.chunk_octets - usage.free_octets;
  };
  tables.load("test.", lines);
  tables.load("test.", lines);
  const std::size_t loaded = in_use();
  for (int i = 0; i < 5; ++i) tables.load("test.", lines);
  // The publisher's own arena keeps what it was given back: nothing grows from now on.
  const std::size_t chunks = tables.heap().usage().chunk_octets;
  for (int i = 0; i < 5; ++i) tables.load("test.", lines);
  in_use();
  CHECK(tables.heap().usage().chunk_octets == chunks);
  CHECK(tables.publisher().retired_blocks() == 0);
  CHECK(loaded > 0);
}

TEST_CASE("a thousand zones share one directory") {
  test::Tables tables;
  Arena arena(tables.heap());
  std::vector<ZoneDraft> drafts;
  for (int i = 0; i < 1000; ++i) {
    const dns::Name apex = test::name("zone" + std::to_string(i) + ".test.");
    ZoneBuilder builder(arena, tables.secret(), apex);
    builder.add(apex, RrType::kSoa, 60, test::rdata(RrType::kSoa, test::kSoaText));
    auto draft = builder.build();
    REQUIRE(draft.ok());
    drafts.push_back(std::move(*draft));
  }
  REQUIRE(tables.publisher().publish(std::move(drafts)).ok());
  CHECK(tables.publisher().zone_count() == 1000);
  CHECK_FALSE(check_version(tables.publisher().current(), tables.secret(), true));
  for (int i = 0; i < 1000; ++i) {
    const std::string text = "zone" + std::to_string(i) + ".test.";
    const Zone* const zone = tables.zone("www." + text);
    REQUIRE(zone != nullptr);
    CHECK(apex(*zone).to_text() == text);
  }
}

TEST_CASE("a query plan stays with its zone until another is put in its place") {
  test::Tables tables;
  Arena arena(tables.heap());
  const auto steps = [&] {
    std::vector<std::uint32_t> arguments;
    for (const PlanStep& step : plan(*tables.zone("test."))) arguments.push_back(step.argument);
    return arguments;
  };
  ZoneBuilder builder(arena, tables.secret(), test::name("test."));
  builder.set_plan(std::vector<PlanStep>{{1, 2, 0, 30}, {2, 0, 0, 31}});
  builder.add(test::name("test."), RrType::kSoa, 1, test::rdata(RrType::kSoa, test::kSoaText));
  tables.publish(builder.build());
  CHECK(steps() == std::vector<std::uint32_t>{30, 31});

  // A longer salt moves the plan within the block.
  ZoneWriter writer(arena, tables.secret(), *tables.zone("test."));
  REQUIRE(writer.add(test::name("test."), RrType::kNsec3Param, 1,
                     test::rdata(RrType::kNsec3Param, "1 0 0 AABBCCDDEE")).ok());
  tables.publish(writer.finish());
  CHECK(steps() == std::vector<std::uint32_t>{30, 31});

  ZoneWriter other(arena, tables.secret(), *tables.zone("test."));
  other.set_plan(std::vector<PlanStep>(kMaxPlanSteps, {0, 0, 0, 7}));
  tables.publish(other.finish());
  CHECK(steps() == std::vector<std::uint32_t>(kMaxPlanSteps, 7));
  CHECK_FALSE(check_version(tables.publisher().current(), tables.secret(), true));
}
