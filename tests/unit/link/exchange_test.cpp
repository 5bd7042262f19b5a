#include "link/exchange.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <vector>

#include "random.h"

using namespace bowline::link;
using test::Random;

namespace {

constexpr ExchangeIdentity kIdentity = {.pairing = 12, .generation = 3, .threads = 4};

NewExchange make_exchange(const CounterTotals& carried = {}) {
  auto created = create_exchange(kIdentity, carried);
  REQUIRE(created);
  return std::move(*created);
}

std::uint64_t at(const CounterTotals& totals, Counter counter) {
  return totals[static_cast<std::size_t>(counter)];
}

}  // namespace

TEST_CASE("both sides see one exchange", "[link][exchange]") {
  NewExchange keeper = make_exchange();
  auto control = attach_exchange(keeper.fd.get(), kIdentity);
  auto dataplane = attach_exchange(keeper.fd.get(), kIdentity);
  REQUIRE(control);
  REQUIRE(dataplane);
  Exchange& here = **control;
  Exchange& there = **dataplane;
  REQUIRE(&here != &there);

  RingWriter<> asks(there.asks[3]);
  RingReader<> service(here.asks[3]);
  REQUIRE(asks.try_push(std::string_view("a question")) == Push::kDone);
  std::vector<std::byte> buffer(kMaxRingMessage);
  std::uint32_t length = 0;
  REQUIRE(service.pop(buffer, length) == Pop::kMessage);
  CHECK(length == 10);

  there.dataplane.mapped_through.store(5, std::memory_order_release);
  CHECK(here.dataplane.mapped_through.load(std::memory_order_acquire) == 5);
  CHECK(here.slots.oldest_in_use(8) == 8);  // fresh slots are offline
  CHECK(here.threads == 4);
}

TEST_CASE("fresh rings cost no memory", "[link][exchange]") {
  const NewExchange keeper = make_exchange();
  struct stat status {};
  REQUIRE(::fstat(keeper.fd.get(), &status) == 0);
  CHECK(status.st_blocks * 512 < 128 * 1024);
  CHECK(status.st_size > std::int64_t{2} * kMaxThreads * kRingBytes);
}

TEST_CASE("what belongs to another pair or build is refused", "[link][exchange]") {
  struct Row {
    const char* description;
    ExchangeIdentity expected;
    void (*spoil)(Exchange&);
    const char* says;
  };
  const auto nothing = [](Exchange&) {};
  const Row rows[] = {
      {"pairing", {13, 3, 4}, nothing, "another pairing"},
      {"threads", {12, 3, 5}, nothing, "another pairing"},
      {"generation", {12, 4, 4}, nothing, "generation 3 instead of 4"},
      {"layout", kIdentity, [](Exchange& e) { e.segment.layout_hash ^= 1; }, "another build"},
      {"kind", kIdentity, [](Exchange& e) { e.segment.kind = 1; }, "another kind"},
      {"size", kIdentity, [](Exchange& e) { e.segment.size = 4096; }, "4096 bytes"},
  };
  for (const Row& row : rows) {
    INFO(row.description);
    const NewExchange keeper = make_exchange();
    row.spoil(*keeper.mapping);
    const auto attached = attach_exchange(keeper.fd.get(), row.expected);
    REQUIRE_FALSE(attached);
    CHECK_THAT(attached.error(), Catch::Contains(row.says));
  }
}

TEST_CASE("a memfd that could change its size is refused", "[link][exchange]") {
  const Fd loose(::memfd_create("loose", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  REQUIRE(::ftruncate(loose.get(), sizeof(Exchange)) == 0);
  CHECK_THAT(attach_exchange(loose.get(), kIdentity).error(), Catch::Contains("not sealed"));
  const Fd small(::memfd_create("small", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  REQUIRE(::ftruncate(small.get(), 4096) == 0);
  REQUIRE(::fcntl(small.get(), F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) == 0);
  CHECK_THAT(attach_exchange(small.get(), kIdentity).error(), Catch::Contains("4096 bytes"));

  const NewExchange keeper = make_exchange();
  CHECK(::ftruncate(keeper.fd.get(), 4096) == -1);
  CHECK(::ftruncate(keeper.fd.get(), sizeof(Exchange) + 4096) == -1);
}

TEST_CASE("totals survive a dataplane and never count one twice", "[link][exchange]") {
  CounterTotals carried{};
  carried[static_cast<std::size_t>(Counter::received_udp)] = 100;
  NewExchange first = make_exchange(carried);
  Counters one;
  Counters two;
  one.add(Counter::received_udp, 5);
  two.add(Counter::received_udp, 7);
  one.commit(first.mapping->counters[0]);
  two.commit(first.mapping->counters[kMaxThreads - 1]);
  CHECK(at(sum_counters(*first.mapping), Counter::received_udp) == 112);

  SECTION("the dataplane died") {
    NewExchange second = make_exchange(carried_totals(*first.mapping, true));
    CHECK(at(sum_counters(*second.mapping), Counter::received_udp) == 112);
  }
  SECTION("control died: the dataplane lives on and commits to the new exchange") {
    NewExchange second = make_exchange(carried_totals(*first.mapping, false));
    one.touch_all();
    two.touch_all();
    one.add(Counter::received_udp);
    one.commit(second.mapping->counters[0]);
    two.commit(second.mapping->counters[kMaxThreads - 1]);
    CHECK(at(sum_counters(*second.mapping), Counter::received_udp) == 113);
  }
}

TEST_CASE("control outlives an exchange full of garbage", "[link][exchange][hostile]") {
  const std::uint64_t seed = test::base_seed();
  INFO("BOWLINE_SEED=" << seed);
  NewExchange keeper = make_exchange();
  Exchange& exchange = *keeper.mapping;
  Random random(seed);
  std::vector<std::byte> buffer(kMaxRingMessage);
  StallWatch watch;
  std::uint64_t messages = 0;
  for (int round = 0; round < 20; ++round) {
    // Everything before the rings, then the start of each ring's data, with small lengths too.
    const auto words = std::span(reinterpret_cast<std::uint64_t*>(&exchange),
                                 offsetof(Exchange, asks) / sizeof(std::uint64_t));
    for (std::uint64_t& word : words) word = random.next();
    for (unsigned i = 0; i < kMaxThreads; ++i) {
      RingMemory<>& asks = exchange.asks[i];
      asks.head = random.one_in(2) ? 8 * random.below(kRingBytes / 8) : random.next();
      for (std::size_t at = 0; at < 4096; at += 8) {
        const std::uint64_t word = random.one_in(4) ? random.next() : random.below(300);
        std::memcpy(asks.data + at, &word, sizeof word);
      }
      exchange.replies[i].tail = random.next();
      RingReader<> reader(asks);
      RingWriter<> writer(exchange.replies[i]);
      std::uint32_t length = 0;
      for (int pops = 0; pops < 64 && reader.pop(buffer, length) == Pop::kMessage; ++pops) {
        const auto ask = read_ask(std::span(buffer).first(length));
        if (ask) CHECK(ask->payload.size() < length);
        ++messages;
      }
      for (int pushes = 0; pushes < 20; ++pushes) {
        if (writer.try_push(buffer) != Push::kDone) break;
      }
    }
    CHECK(exchange.slots.oldest_in_use(77) <= 77);
    CHECK_FALSE(watch.check(exchange.slots, 77));
    (void)sum_counters(exchange);
  }
  CHECK(messages > 0);
}
