// A worker answers while control publishes and frees: under TSan and ASan, and with answers that
// tell of mixed versions.
//
// What a reader must always see: each answer is of a version that was published no later than the
// answer and no earlier than the last one that the worker had left when the burst began; so
// addresses never go back.
#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "dataplane/io/memory.h"
#include "dataplane/worker.h"
#include "support/frames.h"
#include "support/small_zone.h"

namespace bowline::dataplane::test {
namespace {

constexpr unsigned kVersions = 250;

std::string address_text(unsigned version) { return "10.0.0." + std::to_string(version); }

TEST_CASE("worker and publisher: every answer is of a live version, in order") {
  SmallZone zone;
  zone.publish(address_text(1));
  Paired paired(zone);
  std::atomic<bool> done{false};
  unsigned last_seen = 0;
  std::size_t wrong = 0, answered = 0;

  std::thread serving([&] {
    ThreadLink link(0, paired.board);
    MemoryIo io;
    Worker<MemoryIo> worker(io, link, {.poll_busy = true, .listeners = listeners()});
    const Octets frame = make_frame({.payload = make_question("www.example.test.")});
    for (unsigned round = 0; !done.load(std::memory_order_acquire) || round == 0; ++round) {
      io.forget_sent();
      for (std::size_t i = 0; i < answer::kBurst; ++i) io.arrive(frame);
      worker.breathe();
      const std::uint8_t* const first = io.sent()[0].data + io.sent()[0].size - 4;
      for (const MemoryIo::Sent& sent : io.sent()) {
        const std::uint8_t* const address = sent.data + sent.size - 4;
        wrong += address[0] != 10 || address[3] < last_seen || address[3] != first[3];
        last_seen = address[3];
        ++answered;
      }
      // Now and then it sleeps, and comes back.
      if (round % 7 == 0 && link.before_sleep()) link.after_sleep();
    }
  });

  for (unsigned version = 2; version <= kVersions; ++version) {
    zone.publish(address_text(version));
    zone.reclaim(paired.exchange().slots.oldest_in_use(zone.epoch()));
  }
  done.store(true, std::memory_order_release);
  serving.join();
  CHECK(wrong == 0);
  CHECK(answered > 0);
  CHECK(last_seen >= 1);
  CHECK(paired.exchange().slots.seen(0) == link::EpochSlots::kOffline);
}

TEST_CASE("worker and main thread: pairings change while it serves and sleeps") {
  SmallZone zones[2];
  zones[0].publish(address_text(1));
  zones[1].publish(address_text(2));
  Paired first(zones[0]), second(zones[1]);
  std::atomic<bool> done{false};
  std::size_t wrong = 0;
  PairingBoard& board = first.board;

  std::thread serving([&] {
    ThreadLink link(0, board);
    MemoryIo io;
    Worker<MemoryIo> worker(io, link, {.poll_busy = true, .listeners = listeners()});
    const Octets frame = make_frame({.payload = make_question("www.example.test.")});
    for (unsigned round = 0; !done.load(std::memory_order_acquire); ++round) {
      io.forget_sent();
      io.arrive(frame);
      worker.breathe();
      const MemoryIo::Sent& sent = io.sent()[0];
      const unsigned version = sent.data[sent.size - 1];
      wrong += version != 1 && version != 2;
      if (round % 3 == 0 && link.before_sleep()) link.after_sleep();
    }
  });

  while (!board.all_use_wanted(1)) std::this_thread::yield();
  for (unsigned i = 0; i < 200; ++i) {
    Paired& next = i % 2 == 0 ? second : first;
    const auto pairing = std::make_unique<Pairing>(next.pairing);
    pairing->number = i + 2;
    std::memset(static_cast<void*>(&next.exchange().asks[0]), 0, 64);  // as a fresh exchange has it
    board.want(*pairing);
    while (!board.all_use_wanted(1)) std::this_thread::yield();
    // The one before is not used any more: its exchange may be reused, which TSan watches.
    board.want(next.pairing);
    while (!board.all_use_wanted(1)) std::this_thread::yield();
  }
  done.store(true, std::memory_order_release);
  serving.join();
  CHECK(wrong == 0);
}

}  // namespace
}  // namespace bowline::dataplane::test
