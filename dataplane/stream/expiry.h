// Expiry: which connection has waited too long, and which has waited longest. One thread; the clock
// is the caller's.
//
// Every connection is in one of four queues by what it waits for. All in a queue have the same
// time limit, so a queue in the order of entry is in the order of expiry: each step costs O(1),
// however many connections there are.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace bowline::dataplane {

enum class Waiting : std::uint8_t {
  kEnd,       // the client's end: we have ended our side
  kRequest,   // nothing is under way: the client's next request
  kTransfer,  // the rest of a request, or room for a reply
  kControl,   // the answer to an ask
};
inline constexpr unsigned kWaitingKinds = 4;

class Expiry {
 public:
  using Id = std::uint32_t;
  static constexpr Id kNobody = UINT32_MAX;
  static constexpr std::uint64_t kNever = UINT64_MAX;

  // 0: no limit.
  void set_limit(Waiting kind, std::uint64_t limit_ms) { limit_ms_[index(kind)] = limit_ms; }

  // Puts `id` at the end of the queue of `kind`, taking it out of where it was.
  void enter(Id id, Waiting kind, std::uint64_t now_ms);
  // Takes `id` out. REQUIRES: it is in a queue.
  void leave(Id id);
  bool has(Id id) const { return id < entries_.size() && entries_[id].present; }
  // REQUIRES: has(id).
  Waiting kind_of(Id id) const { return entries_[id].kind; }

  // One whose limit has passed, or kNobody.
  Id expired(std::uint64_t now_ms) const;
  // The next moment at which expired() may change, kNever if there is none.
  std::uint64_t next_ms() const;
  // The one that is missed least: the first of the first queue, in the order of Waiting, that has
  // any. kNobody: there is no connection.
  Id longest() const;
  // Whether `one` is missed less than `other`, by the same order. REQUIRES: both are in a queue.
  bool goes_before(Id one, Id other) const;

 private:
  struct Entry {
    std::uint64_t since_ms = 0;
    Id before = kNobody;
    Id after = kNobody;
    Waiting kind = Waiting::kRequest;
    bool present = false;
  };
  struct Queue {
    Id first = kNobody;
    Id last = kNobody;
  };

  static unsigned index(Waiting kind) { return static_cast<unsigned>(kind); }
  std::uint64_t expiry_of_first(unsigned kind) const;

  std::array<Queue, kWaitingKinds> queues_;
  std::array<std::uint64_t, kWaitingKinds> limit_ms_{};
  std::vector<Entry> entries_;
};

}  // namespace bowline::dataplane
