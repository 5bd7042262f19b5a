// The other side of a ring is captured: every byte that it can write holds anything, at any time.
// Its peer must not crash, read or write outside (ASan), or go on for ever, and must stay corrupt
// once it has said so.
#include <catch2/catch.hpp>
#include <atomic>
#include <cstdio>
#include <memory>
#include <thread>
#include <vector>

#include "link/ring.h"
#include "random.h"

using namespace bowline::link;
using test::Random;

namespace {

constexpr std::uint32_t kBytes = 512;
using Memory = RingMemory<kBytes>;
using Bytes = std::vector<std::byte>;

// Values that sit on an edge of some check, and others.
std::uint64_t nasty(Random& random, std::uint64_t near) {
  switch (random.below(6)) {
    case 0:
      return near + random.below(3 * kBytes) - kBytes;
    case 1:
      return near + 8 * random.below(kBytes / 8);
    case 2:
      return random.below(2) - 1;
    case 3:
      return std::uint64_t{1} << random.below(64);
    case 4:
      return random.below(kBytes);
    default:
      return random.next();
  }
}

void scribble(Memory& memory, Random& random) {
  switch (random.below(4)) {
    case 0:
      memory.head = nasty(random, memory.head);
      break;
    case 1:
      memory.tail = nasty(random, memory.tail);
      break;
    case 2: {
      const auto length = static_cast<std::uint32_t>(nasty(random, Memory::kMaxMessage));
      std::memcpy(memory.data + 8 * random.below(kBytes / 8), &length, sizeof length);
      break;
    }
    default:
      memory.data[random.below(kBytes)] = static_cast<std::byte>(random.next());
  }
}

// Pops until the ring is empty or corrupt. Nobody writes meanwhile, so that comes within one
// capacity.
bool drains(RingReader<kBytes>& reader) {
  Bytes buffer(Memory::kMaxMessage);  // exact, so that ASan sees a byte too many
  for (std::uint32_t pops = 0; pops <= kBytes / 8; ++pops) {
    std::uint32_t length = 0;
    switch (reader.pop(buffer, length)) {
      case Pop::kMessage:
        if (length > Memory::kMaxMessage) return false;
        break;
      case Pop::kEmpty:
        return true;
      case Pop::kCorrupt:
        return reader.pop(buffer, length) == Pop::kCorrupt && !reader.empty();
    }
  }
  return false;
}

}  // namespace

TEST_CASE("impossible cursors and lengths are corrupt", "[link][ring][hostile]") {
  struct Row {
    const char* description;
    std::uint64_t head;
    std::uint32_t length;
    Pop expected;
  };
  const Row rows[] = {
      {"nothing there", 0, 0, Pop::kEmpty},
      {"an empty message", 8, 0, Pop::kMessage},
      {"as long as it may be", 8 + Memory::kMaxMessage, Memory::kMaxMessage, Pop::kMessage},
      {"longer than it may be", kBytes, Memory::kMaxMessage + 1, Pop::kCorrupt},
      {"reaches past head", 16, 9, Pop::kCorrupt},
      {"length that overflows when rounded", kBytes, UINT32_MAX, Pop::kCorrupt},
      {"length that is negative", kBytes, 0x80000000, Pop::kCorrupt},
      {"head off the grid", 12, 1, Pop::kCorrupt},
      {"head past the capacity", kBytes + 8, 0, Pop::kCorrupt},
      {"head before tail", UINT64_MAX - 7, 0, Pop::kCorrupt},
  };
  for (const Row& row : rows) {
    INFO(row.description);
    const auto memory = std::make_unique<Memory>();
    RingReader<kBytes> reader(*memory);
    memory->head = row.head;
    std::memcpy(memory->data, &row.length, sizeof row.length);
    Bytes buffer(Memory::kMaxMessage);
    std::uint32_t length = 4711;
    CHECK(reader.pop(buffer, length) == row.expected);
    CHECK(length == (row.expected == Pop::kMessage ? row.length : 4711));
    if (row.expected == Pop::kCorrupt) {
      memory->head = 0;
      CHECK(reader.pop(buffer, length) == Pop::kCorrupt);
    }
  }
}

TEST_CASE("a consumer's impossible cursor is corrupt for the producer", "[link][ring][hostile]") {
  for (const std::uint64_t tail : {std::uint64_t{4}, std::uint64_t{kBytes + 8}, UINT64_MAX - 7}) {
    INFO(tail);
    const auto memory = std::make_unique<Memory>();
    RingWriter<kBytes> writer(*memory);
    const Bytes message(Memory::kMaxMessage - 8);
    for (int i = 0; i < 4; ++i) REQUIRE(writer.try_push(message) == Push::kDone);
    REQUIRE(writer.try_push(message) == Push::kFull);
    memory->tail = tail;
    CHECK(writer.try_push(message) == Push::kCorrupt);
    memory->tail = kBytes;
    CHECK(writer.try_push(message) == Push::kCorrupt);
  }
  SECTION("and it never goes back") {
    const auto memory = std::make_unique<Memory>();
    RingWriter<kBytes> writer(*memory);
    const Bytes message(Memory::kMaxMessage - 8);
    for (int i = 0; i < 4; ++i) REQUIRE(writer.try_push(message) == Push::kDone);
    memory->tail = 256;
    for (int i = 0; i < 2; ++i) REQUIRE(writer.try_push(message) == Push::kDone);
    memory->tail = 128;
    CHECK(writer.try_push(message) == Push::kCorrupt);
  }
}

TEST_CASE("random garbage between the pops", "[link][ring][hostile]") {
  std::uint64_t corrupt = 0;
  std::uint64_t intact = 0;
  for (std::uint64_t round = 0; round < 100'000; ++round) {
    const std::uint64_t seed = test::base_seed() + round;
    Random random(seed);
    const auto memory = std::make_unique<Memory>();
    RingWriter<kBytes> writer(*memory);
    RingReader<kBytes> reader(*memory);
    bool good = true;
    bool pushes = true;
    for (int step = 0; step < 12 && good; ++step) {
      const Bytes message(random.below(Memory::kMaxMessage + 1), std::byte{1});
      for (std::uint64_t i = random.below(4); i > 0; --i) {
        pushes = writer.try_push(message) != Push::kCorrupt && pushes;
      }
      for (std::uint64_t i = random.below(3); i > 0; --i) scribble(*memory, random);
      good = drains(reader);
    }
    if (!good) {
      INFO("BOWLINE_SEED=" << seed);
      FAIL("the reader did not end, or forgot that the ring is corrupt");
    }
    reader.empty() ? ++intact : ++corrupt;
  }
  // Both ends must have been reached, else the garbage was too tame or too wild.
  CHECK(corrupt > 1000);
  CHECK(intact > 1000);
}

#ifndef __SANITIZE_THREAD__  // the races below are the point of it
TEST_CASE("garbage while the reader and the writer work", "[link][ring][hostile]") {
  const std::uint64_t seed = test::base_seed();
  INFO("BOWLINE_SEED=" << seed);
  const auto memory = std::make_unique<Memory>();
  std::atomic<bool> stop{false};
  std::thread attacker([&] {
    Random random(seed);
    while (!stop) scribble(*memory, random);
  });
  Bytes buffer(Memory::kMaxMessage);
  const Bytes message(100);
  bool bounded = true;
  std::uint64_t messages = 0;
  for (int pairing = 0; pairing < 20'000; ++pairing) {
    RingReader<kBytes> reader(*memory);
    RingWriter<kBytes> writer(*memory);
    for (int i = 0; i < 64; ++i) {
      writer.try_push(message);
      std::uint32_t length = 0;
      if (reader.pop(buffer, length) != Pop::kMessage) continue;
      bounded = bounded && length <= Memory::kMaxMessage;
      ++messages;
    }
    if (pairing % 16 == 0) memory->head = 0;
  }
  stop = true;
  attacker.join();
  CHECK(bounded);
  CHECK(messages > 0);
}
#endif
