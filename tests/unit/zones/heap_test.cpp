#include "zones/heap.h"

#include <map>
#include <random>

#include "tables.h"

using namespace bowline;
using namespace bowline::zones;

TEST_CASE("a block takes the size of its class") {
  struct Row {
    std::size_t asked, taken;
  };
  for (const Row row : {Row{1, 16}, Row{16, 16}, Row{17, 32}, Row{512, 512}, Row{513, 640},
                        Row{2048, 2048}, Row{2049, 4096}, Row{4097, 8192}, Row{65536, 65536},
                        Row{65537, 131072}, Row{1 << 20, 1 << 20}}) {
    INFO(row.asked);
    CHECK(allocated_size(row.asked) == row.taken);
  }
}

TEST_CASE("no two blocks overlap, and freed ones come again") {
  test::Tables tables;
  std::mt19937_64 random(test::seed());
  INFO("BOWLINE_SEED=" << test::seed());
  std::map<std::uint64_t, std::uint64_t> live;  // begin -> end, in octets
  std::vector<std::pair<Ref, std::size_t>> blocks;
  Arena arena(tables.heap());
  for (int i = 0; i < 50000; ++i) {
    if (blocks.size() > 500 && random() % 2 == 0) {
      const std::size_t at = random() % blocks.size();
      std::swap(blocks[at], blocks.back());
      live.erase(std::uint64_t{blocks.back().first} * link::kGranule);
      arena.free(blocks.back().first, blocks.back().second);
      blocks.pop_back();
      continue;
    }
    const std::size_t size = 1 + random() % (std::size_t{1} << (4 + random() % 15));
    const Ref ref = arena.allocate(size);
    const std::uint64_t begin = std::uint64_t{ref} * link::kGranule;
    const auto [place, inserted] = live.emplace(begin, begin + size);
    REQUIRE(inserted);
    REQUIRE(begin >= kUnit);  // the header's unit is left alone
    if (place != live.begin()) REQUIRE(std::prev(place)->second <= begin);
    if (std::next(place) != live.end()) REQUIRE(begin + size <= std::next(place)->first);
    blocks.emplace_back(ref, size);
  }
  const std::size_t used = tables.heap().usage().chunk_octets;
  for (const auto& [ref, size] : blocks) arena.free(ref, size);
  for (const auto& [ref, size] : blocks) arena.allocate(size);
  CHECK(tables.heap().usage().chunk_octets == used);
}

TEST_CASE("without memory an allocation throws and nothing is lost") {
  unsigned calls = 0;
  std::vector<std::byte> unused(64);
  Heap heap(unused.data(), [&](unsigned, std::size_t) {
    ++calls;
    return false;
  });
  Arena arena(heap);
  CHECK_THROWS_AS(arena.allocate(100), OutOfMemory);
  CHECK_THROWS_AS(arena.allocate(1 << 20), OutOfMemory);
  CHECK(calls == 2);
  CHECK(heap.usage().chunk_octets == 0);
}
