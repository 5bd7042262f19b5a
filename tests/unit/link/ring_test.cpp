#include "link/ring.h"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <deque>
#include <memory>
#include <thread>
#include <vector>

#include "random.h"

using namespace bowline::link;
using test::Random;

namespace {

using Bytes = std::vector<std::byte>;

// Message `number` of a seed: any length that fits, bytes that tell place and number.
Bytes make_message(std::uint64_t seed, std::uint64_t number, std::uint32_t longest) {
  Random random(seed ^ (number * 0x2545f4914f6cdd1d));
  const std::uint64_t limit = random.one_in(4) ? longest + 1 : std::min(longest + 1, 40u);
  Bytes message(random.below(limit));
  for (std::byte& byte : message) byte = static_cast<std::byte>(random.next());
  return message;
}

bool holds(const Bytes& buffer, std::uint32_t length, const Bytes& message) {
  return std::ranges::equal(std::span(buffer).first(length), message);
}

std::uint64_t used_by(const Bytes& message) { return 8 + (message.size() + 7) / 8 * 8; }

}  // namespace

TEST_CASE("a message may come in parts and wrap around", "[link][ring]") {
  const auto memory = std::make_unique<RingMemory<64>>();
  RingWriter<64> writer(*memory);
  RingReader<64> reader(*memory);
  Bytes buffer(RingMemory<64>::kMaxMessage);
  const Bytes first = {std::byte{1}, std::byte{2}, std::byte{3}};
  const std::uint32_t second[2] = {0x04040404, 0x05050505};
  for (int round = 0; round < 100; ++round) {
    INFO(round);
    REQUIRE(writer.try_push(first, std::span<const std::byte>(), second) == Push::kDone);
    CHECK_FALSE(reader.empty());
    std::uint32_t length = 0;
    REQUIRE(reader.pop(buffer, length) == Pop::kMessage);
    REQUIRE(length == 11);
    CHECK(holds(buffer, 3, first));
    CHECK(buffer[3] == std::byte{4});
    CHECK(buffer[10] == std::byte{5});
    CHECK(reader.empty());
    CHECK(reader.pop(buffer, length) == Pop::kEmpty);
  }
}

TEST_CASE("a ring is a queue with a bound", "[link][ring]") {
  constexpr std::uint32_t kBytes = 1024;
  for (std::uint64_t round = 0; round < 20; ++round) {
    const std::uint64_t seed = test::base_seed() + round;
    INFO("BOWLINE_SEED=" << seed);
    const auto memory = std::make_unique<RingMemory<kBytes>>();
    RingWriter<kBytes> writer(*memory);
    RingReader<kBytes> reader(*memory);
    std::deque<Bytes> model;
    std::uint64_t model_bytes = 0;
    Random random(seed);
    Bytes buffer(RingMemory<kBytes>::kMaxMessage);
    bool same = true;
    for (std::uint64_t step = 0; step < 20'000; ++step) {
      if (random.one_in(2)) {
        const Bytes message = make_message(seed, step, RingMemory<kBytes>::kMaxMessage);
        const bool fits = model_bytes + used_by(message) <= kBytes;
        same = same && writer.try_push(message) == (fits ? Push::kDone : Push::kFull);
        if (fits) {
          model.push_back(message);
          model_bytes += used_by(message);
        }
      } else {
        std::uint32_t length = 0;
        const Pop result = reader.pop(buffer, length);
        same = same && result == (model.empty() ? Pop::kEmpty : Pop::kMessage);
        if (result != Pop::kMessage || model.empty()) continue;
        same = same && holds(buffer, length, model.front());
        model_bytes -= used_by(model.front());
        model.pop_front();
      }
    }
    REQUIRE(same);
  }
}

TEST_CASE("two threads: all messages arrive, in order and whole", "[link][ring]") {
  constexpr std::uint32_t kBytes = 4096;
  constexpr std::uint64_t kMessages = 250'000;
  for (std::uint64_t round = 0; round < 4; ++round) {
    const std::uint64_t seed = test::base_seed() + round;
    INFO("BOWLINE_SEED=" << seed);
    const auto memory = std::make_unique<RingMemory<kBytes>>();
    std::atomic<bool> failed{false};
    std::thread producer([&] {
      RingWriter<kBytes> writer(*memory);
      for (std::uint64_t i = 0; i < kMessages && !failed; ++i) {
        const Bytes message = make_message(seed, i, RingMemory<kBytes>::kMaxMessage);
        Push result = writer.try_push(message);
        while (result == Push::kFull && !failed) {
          std::this_thread::yield();
          result = writer.try_push(message);
        }
        if (result == Push::kCorrupt) failed = true;
      }
    });
    RingReader<kBytes> reader(*memory);
    Bytes buffer(RingMemory<kBytes>::kMaxMessage);
    std::uint64_t received = 0;
    while (received < kMessages && !failed) {
      std::uint32_t length = 0;
      const Pop result = reader.pop(buffer, length);
      if (result == Pop::kEmpty) std::this_thread::yield();
      if (result == Pop::kCorrupt) failed = true;
      if (result != Pop::kMessage) continue;
      const Bytes expected = make_message(seed, received, RingMemory<kBytes>::kMaxMessage);
      if (!holds(buffer, length, expected)) failed = true;
      ++received;
    }
    producer.join();
    CHECK(received == kMessages);
    REQUIRE_FALSE(failed);
    CHECK(reader.empty());
  }
}

TEST_CASE("the ring in use holds the largest message several times", "[link][ring]") {
  STATIC_REQUIRE(RingMemory<>::kMaxMessage == kMaxRingMessage);
  const auto memory = std::make_unique<RingMemory<>>();
  RingWriter<> writer(*memory);
  const Bytes largest(kMaxRingMessage);
  int pushed = 0;
  while (writer.try_push(largest) == Push::kDone) ++pushed;
  CHECK(pushed == kRingBytes / (kMaxRingMessage + 8));
  CHECK(writer.try_push(largest) == Push::kFull);
}
