#include "zones/tree.h"

#include <random>

#include "tables.h"

using namespace bowline;
using namespace bowline::zones;

namespace {

// Names that share long beginnings, so that blocks have prefixes beyond what they hold, and octets
// of which many are alike, so that entries have equal keys.
std::string random_label(std::mt19937& random, bool long_start) {
  std::string label = long_start ? "the-very-same-beginning-of-many-" : "";
  for (auto left = 1 + random() % 12; left > 0; --left) {
    label += static_cast<char>('a' + random() % 3);
  }
  return label;
}

}  // namespace

TEST_CASE("searches made together find what each finds alone") {
  test::Tables tables;
  Arena arena(tables.heap());
  std::mt19937 random(test::seed());
  const dns::Name apex = test::name("test.");
  ZoneBuilder builder(arena, tables.secret(), apex);
  const auto address = test::rdata(dns::RrType::kA, "192.0.2.1");
  REQUIRE(builder.add(apex, dns::RrType::kSoa, 60, test::rdata(dns::RrType::kSoa, test::kSoaText)));
  for (unsigned i = 0; i < 5000; ++i) {
    const std::string owner = random_label(random, i % 2 == 0) +
                              (i % 3 == 0 ? "." + random_label(random, false) : "") + ".test.";
    REQUIRE(builder.add(test::name(owner), dns::RrType::kA, 60, address));
  }
  tables.publish(builder.build());
  const Zone& zone = *tables.zone("test.");

  std::vector<TreeKey> keys;
  for (unsigned i = 0; i < 4096; ++i) {
    const dns::Name name = test::name(random_label(random, i % 2 == 0) + ".");
    keys.push_back(TreeKey::of_owner({name.data(), name.size() - 1}));
  }
  for (std::size_t count = 0; count <= kMaxTreeSearches; ++count) {
    for (std::size_t first = 0; first + count <= keys.size(); first += 97) {
      std::vector<TreeSearch> searches(count);
      for (std::size_t i = 0; i < count; ++i) {
        searches[i] = {&keys[first + i], i % 11 == 10 ? 0 : zone.order, nullptr};
      }
      tree_floor_all(tables.base(), searches);
      for (const TreeSearch& search : searches) {
        TreePath path;
        CHECK(search.node == tree_floor(tables.base(), search.tree, *search.key, path));
      }
    }
  }
}
