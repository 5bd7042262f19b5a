// Sleep flags: a thread that waits for messages is woken by an eventfd, but only if it really
// sleeps.
//
//   field      writer       meaning
//   sleeping   the sleeper  1: it is in, or on its way into, a wait on its eventfd
//
//   who       change / action                    why
//   sleeper   sleeping: 0 -> 1 (seq_cst)         then it looks once more into each of its rings
//   sleeper   waits on its eventfd               only if all were empty
//   sleeper   sleeping: 1 -> 0 (relaxed)         it is awake; a wake-up too many is harmless
//   waker     pushes (seq_cst store of head)     then it loads `sleeping` (seq_cst)
//   waker     writes the eventfd                 only if `sleeping` is 1
//
// Why no wake-up is lost: the four accesses are seq_cst. Either the sleeper's second look comes
// after the push and finds the message, or its store of the flag comes before the waker's load,
// which finds 1. One flag and one eventfd for each waiting thread, however many rings it reads. A
// waker calls wake_if_asleep() once after all messages of a burst. The flag is a hint: a captured
// peer can at worst cause needless wake-ups, or none for its own messages.
#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

#include "link/segment.h"

namespace bowline::link {

struct alignas(kCacheLine) SleepFlag {
  std::atomic<std::uint32_t> sleeping;

  // The sleeper, before its last look into the rings.
  void about_to_sleep() { sleeping.store(1, std::memory_order_seq_cst); }

  // The sleeper, whether it slept or not.
  void awake() { sleeping.store(0, std::memory_order_relaxed); }

  // The waker, after its pushes. `event_fd` is the non-blocking eventfd of the sleeper.
  void wake_if_asleep(int event_fd) const {
    if (sleeping.load(std::memory_order_seq_cst) != 0) ::eventfd_write(event_fd, 1);
  }
};
static_assert(sizeof(SleepFlag) == kCacheLine && std::atomic<std::uint32_t>::is_always_lock_free);

// Empties an eventfd after a wait. REQUIRES: it is non-blocking.
inline void drain_event(int event_fd) {
  eventfd_t count = 0;
  ::eventfd_read(event_fd, &count);
}

}  // namespace bowline::link
