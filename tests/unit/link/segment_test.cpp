#include "link/segment.h"

#include <catch2/catch.hpp>

using namespace bowline::link;

namespace {

constexpr std::uint64_t kLayout = layout_hash({8, 16, 24});

SegmentHeader good() { return make_segment_header(SegmentKind::kTables, kLayout, 4096, 7); }

struct Row {
  const char* description;
  void (*spoil)(SegmentHeader&);
  const char* says;
};

const Row kRows[] = {
    {"no magic", [](SegmentHeader& h) { h.magic = 0; }, "magic"},
    {"another ABI", [](SegmentHeader& h) { h.abi = kAbi + 1; }, "ABI 2"},
    {"another kind", [](SegmentHeader& h) { h.kind = 2; }, "another kind"},
    {"another layout", [](SegmentHeader& h) { h.layout_hash ^= 1; }, "another build"},
    {"another size", [](SegmentHeader& h) { h.size = 8192; }, "8192 bytes, there are 4096"},
    {"another generation", [](SegmentHeader& h) { h.generation = 8; }, "generation 8 instead of 7"},
};

}  // namespace

TEST_CASE("check_segment accepts its own header and names what differs", "[link][segment]") {
  CHECK_FALSE(check_segment(good(), SegmentKind::kTables, kLayout, 4096, 7));
  for (const Row& row : kRows) {
    INFO(row.description);
    SegmentHeader header = good();
    row.spoil(header);
    const auto failure = check_segment(header, SegmentKind::kTables, kLayout, 4096, 7);
    REQUIRE(failure);
    CHECK_THAT(failure->message, Catch::Contains(row.says));
  }
}

TEST_CASE("layout_hash sees order, values and number of its facts", "[link][segment]") {
  STATIC_REQUIRE(layout_hash({1, 2}) != layout_hash({2, 1}));
  STATIC_REQUIRE(layout_hash({1, 2}) != layout_hash({1, 2, 0}));
  STATIC_REQUIRE(layout_hash({1, 2}) != layout_hash({1, 3}));
  STATIC_REQUIRE(layout_hash({8, 16, 24}) == kLayout);
}
