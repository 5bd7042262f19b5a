// What a reader may rely on: from enter() to leave() everything that its root leads to stays as it
// was published, and roots never go back. One writer takes copy-on-write steps through a small
// pool, frees as early as the slots allow, poisons at once and reuses at once; readers check each
// word they reach and go off and on line at random. The words are plain memory, so TSan also proves
// that the slots order the last read before the poison.
//
// That the test can fail was shown by changing link/epoch.h: see the comment at the end of this
// file.
#include "link/epoch.h"

#include <catch2/catch.hpp>
#include <atomic>
#include <cstring>
#include <deque>
#include <memory>
#include <thread>
#include <vector>

#include "random.h"

using namespace bowline::link;
using test::Random;

namespace {

constexpr std::uint64_t kPoison = 0xdeaddeaddeaddead;
constexpr unsigned kLeaves = 8;
constexpr unsigned kPool = 512;  // small, so that a block comes back within microseconds

struct Block {
  std::uint64_t version;
  std::uint64_t check;  // ~version
  std::uint64_t leaf_number;
  Ref leaves[kLeaves];  // of a root
};

struct World {
  alignas(kCacheLine) std::byte header_memory[sizeof(TablesHeader)] = {};
  TablesHeader* header = nullptr;
  EpochSlots slots{};
  std::vector<Block> pool{kPool};
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> wrong{0};
  std::atomic<std::uint64_t> bursts{0};

  World() {
    const std::array<std::uint8_t, kHashSecretBytes> secret{};
    header = init_tables(header_memory, sizeof header_memory, 1, kTablesLayout, secret);
  }
  Block& block(Ref ref) { return pool[ref - 1]; }
};

class Writer {
 public:
  explicit Writer(World& world) : world_(world) {
    for (Ref ref = 1; ref <= kPool; ++ref) free_.push_back(ref);
    for (Block& block : world_.pool) std::memset(&block, 0xdd, sizeof block);
  }

  // Publishes the version in which one leaf is new.
  void update(std::uint64_t version, unsigned leaf) {
    const Ref new_leaf = take();
    world_.block(new_leaf) = {version, ~version, leaf, {}};
    const Ref new_root = take();
    Block next = root_ != kNullRef ? world_.block(root_) : Block{};
    next.version = version;
    next.check = ~version;
    const Ref old_leaf = std::exchange(next.leaves[leaf], new_leaf);
    world_.block(new_root) = next;
    epoch_ = publish(*world_.header, new_root);
    retire(old_leaf);
    retire(std::exchange(root_, new_root));
  }

 private:
  void retire(Ref ref) {
    if (ref != kNullRef) retired_.push_back({epoch_, ref});
  }

  // Frees whatever may be freed, then takes what was freed last: the shortest life.
  Ref take() {
    reclaim();
    while (free_.empty()) {
      std::this_thread::yield();
      reclaim();
    }
    const Ref ref = free_.back();
    free_.pop_back();
    return ref;
  }

  void reclaim() {
    const std::uint64_t oldest = world_.slots.oldest_in_use(epoch_);
    while (!retired_.empty() && retired_.front().epoch <= oldest) {
      Block& block = world_.block(retired_.front().ref);
      block.version = block.check = block.leaf_number = kPoison;
      for (Ref& leaf : block.leaves) leaf = 1;
      free_.push_back(retired_.front().ref);
      retired_.pop_front();
    }
  }

  struct Retired {
    std::uint64_t epoch;
    Ref ref;
  };
  World& world_;
  std::vector<Ref> free_;
  std::deque<Retired> retired_;
  Ref root_ = kNullRef;
  std::uint64_t epoch_ = kFirstEpoch;
};

// Returns whether all that `root` leads to is one version or older, whole and in place.
bool consistent(World& world, Ref root, std::uint64_t& last_version) {
  const Block& top = world.block(root);
  const std::uint64_t version = top.version;
  bool good = top.check == ~version && version >= last_version;
  for (unsigned i = 0; i < kLeaves && good; ++i) {
    if (top.leaves[i] == kNullRef) continue;
    const Block& leaf = world.block(top.leaves[i]);
    good = leaf.check == ~leaf.version && leaf.leaf_number == i && leaf.version <= version;
  }
  last_version = version;
  return good && top.version == version;
}

void read_until_stopped(World& world, unsigned slot, std::uint64_t seed) {
  Random random(seed + slot);
  EpochReader reader(world.slots, slot, *world.header);
  std::uint64_t last_version = 0;
  std::uint64_t bursts = 0;
  reader.go_online();
  while (!world.stop.load(std::memory_order_relaxed)) {
    const Ref root = reader.enter();
    if (root != kNullRef && !consistent(world, root, last_version)) ++world.wrong;
    if (random.one_in(512)) {
      std::this_thread::yield();  // a burst during which much is published
      if (root != kNullRef && !consistent(world, root, last_version)) ++world.wrong;
    }
    reader.leave();
    ++bursts;
    if (random.one_in(4)) {
      reader.go_offline();
      if (random.one_in(64)) std::this_thread::yield();
      reader.go_online();
    }
  }
  reader.go_offline();
  world.bursts += bursts;
}

}  // namespace

TEST_CASE("no reader meets a freed block", "[link][epoch]") {
  constexpr std::uint64_t kUpdates = 1'000'000;
  const std::uint64_t seed = test::base_seed();
  INFO("BOWLINE_SEED=" << seed);
  const auto world = std::make_unique<World>();
  Writer writer(*world);
  std::vector<std::thread> readers;
  for (const unsigned slot : {0u, 7u, kMaxReaders - 1}) {
    readers.emplace_back([&world, slot, seed] { read_until_stopped(*world, slot, seed); });
  }
  Random random(seed);
  for (std::uint64_t version = 1; version <= kUpdates; ++version) {
    writer.update(version, static_cast<unsigned>(random.below(kLeaves)));
  }
  world->stop = true;
  for (std::thread& reader : readers) reader.join();
  CHECK(world->wrong == 0);
  CHECK(world->bursts > 1000);
  CHECK(world->slots.oldest_in_use(99) == 99);
}

TEST_CASE("a slot holds back exactly what its thread may read", "[link][epoch]") {
  const auto world = std::make_unique<World>();
  EpochReader reader(world->slots, 5, *world->header);
  CHECK_FALSE(reader.online());
  CHECK(world->slots.oldest_in_use(kFirstEpoch) == kFirstEpoch);

  reader.go_online();  // before anything is published: still a reader
  CHECK(reader.enter() == kNullRef);
  const std::uint64_t second = publish(*world->header, 11);
  CHECK(second == kFirstEpoch + 1);
  CHECK(world->slots.oldest_in_use(second) == kFirstEpoch);
  reader.leave();
  CHECK(world->slots.oldest_in_use(second) == kFirstEpoch);  // it may have taken root 0 only

  CHECK(reader.enter() == 11);
  const std::uint64_t third = publish(*world->header, 12);
  CHECK(world->slots.oldest_in_use(third) < second);  // in the burst nothing is given up
  reader.leave();
  CHECK(world->slots.oldest_in_use(third) == second);  // root 11 may still be in use
  CHECK(reader.enter() == 12);
  CHECK(reader.epoch() == third);
  reader.leave();
  CHECK(world->slots.oldest_in_use(third) == third);
  publish(*world->header, 13);
  reader.go_offline();
  CHECK(world->slots.oldest_in_use(third + 1) == third + 1);
  CHECK(world->slots.seen(5) == EpochSlots::kOffline);
}

TEST_CASE("the slots of a dead process are cleared", "[link][epoch]") {
  const auto world = std::make_unique<World>();
  EpochReader dead(world->slots, 1, *world->header);
  dead.go_online();
  dead.enter();
  const std::uint64_t now = publish(*world->header, 3);
  CHECK(world->slots.oldest_in_use(now) < now);
  world->slots.clear();
  CHECK(world->slots.oldest_in_use(now) == now);
}

TEST_CASE("a slot from the future is taken as the present", "[link][epoch][hostile]") {
  const auto world = std::make_unique<World>();
  std::memset(static_cast<void*>(&world->slots), 0xff, sizeof world->slots);
  CHECK(world->slots.oldest_in_use(42) == 42);
}

TEST_CASE("a thread that stands still is found after 100 checks", "[link][epoch]") {
  const auto world = std::make_unique<World>();
  EpochReader busy(world->slots, 2, *world->header);
  EpochReader stuck(world->slots, 9, *world->header);
  EpochReader asleep(world->slots, 10, *world->header);
  busy.go_online();
  stuck.go_online();
  stuck.enter();
  StallWatch watch;
  std::uint64_t current = kFirstEpoch;
  for (int i = 0; i < 300; ++i) CHECK_FALSE(watch.check(world->slots, current));  // idle, not stuck
  for (unsigned i = 1; i < StallWatch::kChecks; ++i) {
    current = publish(*world->header, 1);
    busy.enter();
    busy.leave();
    CHECK_FALSE(watch.check(world->slots, current));
  }
  current = publish(*world->header, 1);
  CHECK(watch.check(world->slots, current) == 9u);
  stuck.leave();
  stuck.enter();
  stuck.leave();
  CHECK_FALSE(watch.check(world->slots, current));
}

// How it was shown that the first test fails when it should: two x86 cores, three seeds each, with
// 10^6 updates (readings that were wrong; 0 as the code stands):
//   oldest_in_use() without its scan                          about 4,400
//   the writer frees one epoch early                          about 2,000
//   go_online() without its store                             about 2,100
//   go_online() with a relaxed store in place of seq_cst      2, in one run of three
//   publish() stores the epoch before the root                1, in one run of three
