#include "link/wakeup.h"

#include <poll.h>

#include <catch2/catch.hpp>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "link/outcome.h"
#include "link/ring.h"
#include "random.h"

using namespace bowline::link;
using test::Random;

namespace {

constexpr std::uint32_t kBytes = 256;
// A lost wake-up would leave the sleeper here; nothing else takes this long.
constexpr int kHangMs = 20'000;

bool readable(int fd, int timeout_ms) {
  pollfd wait{fd, POLLIN, 0};
  return ::poll(&wait, 1, timeout_ms) == 1;
}

}  // namespace

TEST_CASE("only a sleeper is woken", "[link][wakeup]") {
  const Fd event(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  const auto flag = std::make_unique<SleepFlag>();
  flag->wake_if_asleep(event.get());
  CHECK_FALSE(readable(event.get(), 0));
  flag->about_to_sleep();
  flag->wake_if_asleep(event.get());
  CHECK(readable(event.get(), 0));
  flag->awake();
  drain_event(event.get());
  CHECK_FALSE(readable(event.get(), 0));
  drain_event(event.get());  // an empty one does not block
}

TEST_CASE("no wake-up is lost between two threads", "[link][wakeup]") {
  constexpr std::uint64_t kMessages = 100'000;
  const std::uint64_t seed = test::base_seed();
  INFO("BOWLINE_SEED=" << seed);
  const auto memory = std::make_unique<RingMemory<kBytes>>();
  const auto flag = std::make_unique<SleepFlag>();
  const Fd event(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  std::atomic<bool> hung{false};
  std::atomic<std::uint64_t> taken{0};

  std::thread producer([&] {
    Random random(seed);
    RingWriter<kBytes> writer(*memory);
    for (std::uint64_t i = 0; i < kMessages && !hung; ++i) {
      while (writer.try_push(std::span(&i, 1)) == Push::kFull && !hung) std::this_thread::yield();
      flag->wake_if_asleep(event.get());
      // Now and then let the consumer fall asleep, so that the next push has to wake it.
      while (random.one_in(8) && taken < i + 1 && !hung) std::this_thread::yield();
    }
  });
  RingReader<kBytes> reader(*memory);
  std::vector<std::byte> buffer(RingMemory<kBytes>::kMaxMessage);
  while (taken < kMessages && !hung) {
    std::uint32_t length = 0;
    if (reader.pop(buffer, length) == Pop::kMessage) {
      ++taken;
      continue;
    }
    flag->about_to_sleep();
    if (reader.empty() && !readable(event.get(), kHangMs)) hung = true;
    flag->awake();
    drain_event(event.get());
  }
  producer.join();
  CHECK_FALSE(hung);
  CHECK(taken == kMessages);
}
