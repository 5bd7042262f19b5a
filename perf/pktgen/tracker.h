// Tracker: which questions are under way, since when, and which one an answer belongs to.
//
// A ring of the last questions by sequence number. An answer is counted once; what comes for a
// question that was answered is a duplicate, for one that was given up late. One thread; time is a
// parameter, in nanoseconds.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "perf/pktgen/flow.h"

namespace bowline::perf::pktgen {

// 400 ms at 10 M questions/s; a sixteenth of what an answer can tell apart: the rest is late.
inline constexpr std::uint64_t kMaxTracked = std::uint64_t{1} << 22;

enum class Match : std::uint8_t { kAnswer, kLate, kDuplicate, kStranger };

struct Answered {
  Match match = Match::kStranger;
  std::uint32_t entry = 0;     // of the plan, as given to sent(); kAnswer only, as the rest
  std::uint64_t sequence = 0;
  std::uint64_t latency_ns = 0;
};

class Tracker {
 public:
  // Remembers `capacity` questions, rounded up to a power of two, and gives one up after
  // `timeout_ns`. `first`: the sequence number to begin with; answers to earlier ones are late.
  // REQUIRES: 1 <= capacity <= kMaxTracked.
  Tracker(std::uint64_t capacity, std::uint64_t timeout_ns, std::uint64_t first = 0)
      : timeout_ns_(timeout_ns), first_(first), slots_(std::bit_ceil(capacity)), next_(first),
        oldest_(first) {}

  // The sequence number of the next question.
  std::uint64_t next() const { return next_; }
  std::uint64_t under_way() const { return under_way_; }
  std::uint64_t lost() const { return lost_; }
  // How many questions may be sent before the oldest is forgotten.
  std::uint64_t room() const { return slots_.size() - (next_ - oldest_); }

  // Question next() goes out now. REQUIRES: room() != 0.
  void sent(std::uint32_t entry, std::uint64_t now_ns) {
    Slot& slot = slots_[next_ & (slots_.size() - 1)];
    slot.sent_ns = now_ns;
    slot.entry = entry;
    slot.state = State::kUnderWay;
    ++next_;
    ++under_way_;
  }
  // The last `count` of them did not go out after all.
  void take_back(std::uint64_t count) {
    next_ -= count;
    under_way_ -= count;
  }

  Answered answer(std::uint16_t port, std::uint16_t id, std::uint64_t now_ns) {
    if (static_cast<std::uint16_t>(port - kFirstPort) >= kPorts) return {};
    const std::uint64_t back =
        (next_ - 1 - sequence_of(port, id)) & ((std::uint64_t{1} << kSequenceBits) - 1);
    if (back >= next_) return {};
    if (back >= slots_.size() || next_ - 1 - back < first_) return {Match::kLate};
    const std::uint64_t sequence = next_ - 1 - back;
    Slot& slot = slots_[sequence & (slots_.size() - 1)];
    if (slot.state != State::kUnderWay) {
      return {slot.state == State::kAnswered ? Match::kDuplicate : Match::kLate};
    }
    slot.state = State::kAnswered;
    --under_way_;
    return {Match::kAnswer, slot.entry, sequence, now_ns - slot.sent_ns};
  }

  // Gives up what is older than the timeout, and the oldest if there is no room for `wanted` more.
  void expire(std::uint64_t now_ns, std::uint64_t wanted) {
    for (; oldest_ != next_; ++oldest_) {
      Slot& slot = slots_[oldest_ & (slots_.size() - 1)];
      if (slot.state != State::kUnderWay) continue;
      if (now_ns - slot.sent_ns <= timeout_ns_ && room() >= wanted) return;
      slot.state = State::kLost;
      --under_way_;
      ++lost_;
    }
  }

 private:
  enum class State : std::uint32_t { kUnderWay, kAnswered, kLost };
  struct Slot {
    std::uint64_t sent_ns;
    std::uint32_t entry;
    State state;
  };
  static_assert(sizeof(Slot) == 16);

  const std::uint64_t timeout_ns_;
  const std::uint64_t first_;
  std::vector<Slot> slots_;
  std::uint64_t next_, oldest_;
  std::uint64_t under_way_ = 0, lost_ = 0;
};

}  // namespace bowline::perf::pktgen
