// ThreadLink: one serving thread's end of the link to control: the tables to answer from, asks and
// their replies, counters, and sleep.
//
// Life of a burst: begin() gives the version to answer from; ask(), take_replies() as needed; end()
// gives the version up and makes the counters visible. Without a burst open the thread may sleep:
// before_sleep(), the wait, after_sleep(). Private to its thread; nothing here blocks or allocates
// but the constructor.
#pragma once

#include <cassert>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "answer/query.h"
#include "dataplane/pairing.h"
#include "link/context.h"
#include "link/counters.h"
#include "zones/reader.h"

namespace bowline::dataplane {

// How long a client is taken to wait for what control has to find out: as stub resolvers do.
inline constexpr std::uint64_t kAskDeadline_ns = 5'000'000'000;
// Replies of control sent on in one burst, so that a flood of them does not starve the packets.
inline constexpr unsigned kRepliesPerBurst = 64;

// CLOCK_MONOTONIC, which is the same in both processes.
std::uint64_t monotonic_ns();

class ThreadLink {
 public:
  // REQUIRES: index < kMaxThreads; board.wanted() is not null and outlives this, as board does.
  ThreadLink(unsigned index, PairingBoard& board);
  ~ThreadLink();
  ThreadLink(const ThreadLink&) = delete;
  ThreadLink& operator=(const ThreadLink&) = delete;

  unsigned index() const { return index_; }
  bool stop_requested() const { return board_.stop_requested(); }

  // Begins a burst. What it gives is valid until end().
  const answer::Sources& begin() {
    if (board_.wanted() != pairing_) [[unlikely]] move();
    if (!reader_.online()) reader_.go_online();
    sources_.view.root = pairing_->tables.at<zones::Root>(reader_.enter());
    sources_.settings = pairing_->tables.at<link::Settings>(sources_.view.root->settings);
    return sources_;
  }

  // What the open burst is answered from.
  const answer::Sources& sources() const { return sources_; }

  // Ends the burst.
  void end() {
    reader_.leave();
    if (asked_) [[unlikely]] {
      asked_ = false;
      pairing_->exchange->service_sleep.wake_if_asleep(pairing_->service_bell);
    }
    counters.commit(pairing_->exchange->counters[index_]);
  }

  // Hands the request that `query` holds unchanged to control. Sets worker, flags, hash and
  // deadline of `context`; the rest is the caller's. False, and counted: control cannot take it.
  bool ask(const answer::Query& query, link::ClientContext& context);

  // Calls take(const link::Reply&) for each reply to a client of this thread that is still in time.
  template <typename Take>
  void take_replies(Take&& take) {
    for (unsigned i = 0; i < kRepliesPerBurst && replies_; ++i) {
      std::uint32_t length = 0;
      const link::Pop popped = replies_.pop({buffer_.get(), link::kMaxRingMessage}, length);
      if (popped == link::Pop::kEmpty) return;
      if (popped == link::Pop::kCorrupt) return close_rings();
      if (const auto reply = check_reply({buffer_.get(), length})) take(*reply);
    }
  }

  // Gives up the tables and says whether the thread may block now. REQUIRES: no burst is open.
  bool before_sleep();
  void after_sleep() { pairing_->exchange->thread_sleep[index_].awake(); }

  // The number of the exchange: changes when control, and what it was asked, is gone.
  std::uint64_t exchange_number() const { return pairing_->number; }

  link::Counters counters;

 private:
  void move();
  void close_rings();
  std::optional<link::Reply> check_reply(std::span<const std::byte> message);

  const unsigned index_;
  PairingBoard& board_;
  const Pairing* pairing_ = nullptr;
  link::EpochReader reader_;
  link::RingWriter<> asks_;
  link::RingReader<> replies_;
  std::unique_ptr<std::byte[]> buffer_;
  answer::Sources sources_;
  bool asked_ = false;
};

// The counter of the response code in a reply's header, as far as the header has it.
link::Counter rcode_counter(dns::Bytes message);

}  // namespace bowline::dataplane
