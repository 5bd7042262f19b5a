// Epoch slots: tell control when no thread can still be reading what an update took out of the
// tables.
//
// One EpochSlots lies in the exchange, for the threads of the dataplane; another in control's
// private memory, for control's own reading threads, where a captured dataplane cannot reach it.
// Control frees by the least of both.
//
//   field       writer             meaning
//   slots[i]    thread i           every root that the thread uses from now on is of this epoch or
//                                  newer; kOffline: it uses none
//   slots[*]    control            clear(), only for a process that is dead
//
//   who       change              why
//   thread i  kOffline -> e       go_online(): it will read the root (seq_cst store, seq_cst load)
//   thread i  e -> e', e' >= e    leave(): the burst that read version e' is over (release)
//   thread i  e -> kOffline       go_offline(): before it sleeps, and when it ends (release)
//
// Control retires a block at epoch E when publish() that took it out of reach returned E, and
// reuses it once oldest_in_use() >= E.
//
// Why this is safe. Let a scan have found slot value s >= E, or kOffline.
//  1. s >= E. The thread had loaded epoch s before it stored s, and publish() stores a root before
//     its epoch, so every root it loads later is of version s or newer, which cannot reach the
//     block. What it read of older versions lies before its release store, which the scan acquired.
//  2. kOffline, and the thread stays away: as above, its reads lie before the store of kOffline.
//  3. kOffline, but the thread is just coming back. Then the scan (seq_cst load) precedes its
//     go_online() (seq_cst store) in the single total order of such operations. publish() stored
//     its root before the scan and the thread loads the root after its store, both seq_cst, so it
//     finds version E or newer.
// A slot never runs ahead of its thread; a stale value only delays reuse. A wrong value written by
// a captured dataplane harms only that dataplane, which then reads bytes (never writes) of reused
// blocks. A thread that died or hangs pins memory: StallWatch finds it, the process is restarted.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cassert>
#include <cstdint>
#include <optional>

#include "link/publish.h"

namespace bowline::link {

inline constexpr unsigned kMaxReaders = 64;  // threads of one process that read tables

class EpochSlots {
 public:
  // Zero, so that fresh shared memory is a table of threads that are offline.
  static constexpr std::uint64_t kOffline = 0;

  // Returns the oldest epoch that an online thread may still read, `current` if there is none.
  // REQUIRES: control; `current` is the epoch that the last publish() returned.
  std::uint64_t oldest_in_use(std::uint64_t current) const {
    std::uint64_t oldest = current;
    for (const Slot& slot : slots_) {
      const std::uint64_t epoch = slot.epoch.load(std::memory_order_seq_cst);  // with go_online()
      if (epoch != kOffline) oldest = std::min(oldest, epoch);
    }
    return oldest;
  }

  // Value of one slot, kOffline or an epoch. REQUIRES: slot < kMaxReaders.
  std::uint64_t seen(unsigned slot) const {
    return slots_[slot].epoch.load(std::memory_order_relaxed);
  }

  // Takes every thread offline. REQUIRES: the process whose threads they were is dead.
  void clear() {
    for (Slot& slot : slots_) slot.epoch.store(kOffline, std::memory_order_seq_cst);
  }

 private:
  friend class EpochReader;
  struct alignas(kCacheLine) Slot {
    std::atomic<std::uint64_t> epoch;
  };

  Slot slots_[kMaxReaders];  // writer of [i]: thread i
};
static_assert(sizeof(EpochSlots) == kMaxReaders * kCacheLine);

// One thread's way to the tables of one generation. Lives in that thread's private memory.
class EpochReader {
 public:
  EpochReader() = default;

  // The thread is offline at first. REQUIRES: slot < kMaxReaders and used by no other thread; both
  // `slots` and `header` stay mapped.
  EpochReader(EpochSlots& slots, unsigned slot, const TablesHeader& header)
      : slot_(&slots.slots_[slot].epoch), line_(&header.line) {
    assert(slot < kMaxReaders);
  }

  explicit operator bool() const { return slot_ != nullptr; }
  bool online() const { return online_; }

  // Announces that the thread starts, or wakes. enter() must follow before anything is read.
  // REQUIRES: !online().
  void go_online() {
    assert(!online_);
    epoch_ = line_->epoch.load(std::memory_order_acquire);
    slot_->store(epoch_, std::memory_order_seq_cst);  // pairs with oldest_in_use()
    online_ = true;
  }

  // Begins a burst: returns the root to use until leave(), kNullRef if nothing is published yet.
  // REQUIRES: online().
  Ref enter() {
    epoch_ = line_->epoch.load(std::memory_order_acquire);  // with the release in publish()
    return line_->root.load(std::memory_order_seq_cst);     // with the root store in publish()
  }

  // Ends the burst: nothing that enter() led to is used after this.
  void leave() { slot_->store(epoch_, std::memory_order_release); }

  // Announces that the thread reads nothing until go_online(). REQUIRES: online(), no burst open.
  void go_offline() {
    assert(online_);
    slot_->store(EpochSlots::kOffline, std::memory_order_release);
    online_ = false;
  }

  // Epoch that the last enter() saw; its root may be newer.
  std::uint64_t epoch() const { return epoch_; }

 private:
  std::atomic<std::uint64_t>* slot_ = nullptr;
  const PublishLine* line_ = nullptr;
  std::uint64_t epoch_ = 0;
  bool online_ = false;
};

// Finds a thread that stands still. Control's private memory; counts checks, not time, since tests
// move the clock.
class StallWatch {
 public:
  static constexpr unsigned kChecks = 100;  // with one check each 100 ms: ten seconds

  // Looks once. Returns a slot that has been online at the same epoch, older than `current`, for
  // kChecks looks in a row: its process has to be restarted.
  std::optional<unsigned> check(const EpochSlots& slots, std::uint64_t current) {
    for (unsigned i = 0; i < kMaxReaders; ++i) {
      const std::uint64_t epoch = slots.seen(i);
      const bool lags = epoch != EpochSlots::kOffline && epoch < current;
      still_[i] = lags && epoch == last_[i] ? still_[i] + 1 : 0;
      last_[i] = epoch;
      if (still_[i] >= kChecks) return i;
    }
    return std::nullopt;
  }

 private:
  std::array<std::uint64_t, kMaxReaders> last_{};
  std::array<unsigned, kMaxReaders> still_{};
};

}  // namespace bowline::link
