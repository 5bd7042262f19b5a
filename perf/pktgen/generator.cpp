#include "perf/pktgen/generator.h"

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include <algorithm>
#include <chrono>

namespace bowline::perf::pktgen {
namespace {

constexpr std::uint64_t kNobody_ns = 10 * kSecond_ns;  // without any answer: nobody is there
constexpr std::uint64_t kFindTime_ns = kSecond_ns;     // for the server's MAC
constexpr std::uint64_t kAskAgain_ns = kSecond_ns / 10;
// Of the first answers each one is checked, then one of so many: less than 1 % of the time.
constexpr std::uint64_t kAllChecked = 1'000, kSample = 256;

std::uint64_t now_ns() {
  return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch() /
                                    std::chrono::nanoseconds(1));
}

dns::Bytes octets_of(rte_mbuf* frame) {
  return {rte_pktmbuf_mtod(frame, const std::uint8_t*), rte_pktmbuf_data_len(frame)};
}

void set_size(rte_mbuf* frame, std::size_t size) {
  frame->data_len = static_cast<std::uint16_t>(size);
  frame->pkt_len = static_cast<std::uint32_t>(size);
}

// Sends one frame that `write` writes into a buffer and tells the size of, if it is not 0.
template <typename Write>
bool send_one(const Device& device, Write write) {
  rte_mbuf* frame = rte_pktmbuf_alloc(device.buffers);
  if (frame == nullptr) return false;
  set_size(frame, write(rte_pktmbuf_mtod(frame, std::uint8_t*)));
  if (frame->pkt_len != 0 && rte_eth_tx_burst(device.port, 0, &frame, 1) == 1) return true;
  rte_pktmbuf_free(frame);
  return false;
}

// At a rate, all that goes out until the timeout. With a window, what may overtake a lost question:
// kOvertakers are 8 ms at 8 M/s, and a ring that stays in the second-level cache.
std::uint64_t tracked(const Load& load) {
  constexpr std::uint64_t kOvertakers = 65'536, kLeast = 4'096;
  if (load.rate == 0) return std::max(2 * load.window, kOvertakers);
  return std::clamp(load.rate / 1'000 * (load.timeout_ns / 1'000'000 + 1), kLeast, kMaxTracked);
}

}  // namespace

struct Generator::Run {
  explicit Run(const Load& what, std::uint64_t first, std::uint64_t now)
      : load(what), tracker(tracked(what), what.timeout_ns, first),
        pacer(std::max<std::uint64_t>(what.rate, 1), now) {}

  const Load load;
  Tracker tracker;
  Pacer pacer;
  Outcome outcome;
};

Outcome Generator::run(const Load& load, const Progress& progress) {
  Run run(load, first_, now_ns());
  send_for(run, progress);
  run.outcome.answers_in_time = run.outcome.answers;
  while (run.tracker.under_way() != 0) {
    for (std::uint16_t queue = 0; queue < device_.queues; ++queue) receive(run, queue);
    run.tracker.expire(now_ns(), 0);
  }
  run.outcome.lost = run.tracker.lost();
  run.outcome.sent = run.outcome.answers + run.outcome.lost;
  first_ = run.tracker.next();
  return std::move(run.outcome);
}

void Generator::send_for(Run& run, const Progress& progress) {
  const std::uint64_t start = now_ns();
  std::uint64_t now = start, second = start + kSecond_ns, before = 0;
  for (; run.outcome.per_second.size() < run.load.seconds; now = now_ns()) {
    if (now >= second) {
      run.outcome.per_second.push_back(run.outcome.answers - before);
      before = run.outcome.answers;
      second += kSecond_ns;
      run.outcome.lost = run.tracker.lost();
      progress(run.outcome);
      continue;
    }
    if (stop_.load(std::memory_order_relaxed)) break;
    if (run.outcome.answers == 0 && now - start > kNobody_ns) break;
    for (std::uint16_t queue = 0; queue < device_.queues; ++queue) receive(run, queue);
    send(run);
  }
  run.outcome.seconds = static_cast<double>(now - start) / kSecond_ns;
}

void Generator::receive(Run& run, std::uint16_t queue) {
  [[gnu::uninitialized]] rte_mbuf* frames[kDpdkBurst];
  const std::uint16_t count = rte_eth_rx_burst(device_.port, queue, frames, kDpdkBurst);
  if (count == 0) return;
  const std::uint64_t now = now_ns();
  for (std::uint16_t i = 0; i < count; ++i) {
    if (i + 1 < count) __builtin_prefetch(octets_of(frames[i + 1]).data());
    take(run, octets_of(frames[i]), now);
  }
  rte_pktmbuf_free_bulk(frames, count);
}

void Generator::take(Run& run, dns::Bytes frame, std::uint64_t now_ns) {
  const auto arrival = read_arrival(ends_, frame);
  if (!arrival) return take_other(run, frame);
  const Answered answered = run.tracker.answer(arrival->port, arrival->id, now_ns);
  switch (answered.match) {
    case Match::kAnswer:
      ++run.outcome.answers;
      ++run.outcome.rcodes[arrival->flags & 15];
      run.outcome.latency.add(answered.latency_ns);
      if (run.outcome.answers <= kAllChecked || run.outcome.answers % kSample == 0) {
        check(run, frame, *arrival, answered);
      }
      return;
    case Match::kLate:
      ++run.outcome.late;
      return;
    case Match::kDuplicate:
      ++run.outcome.duplicates;
      return;
    case Match::kStranger:
      ++run.outcome.strange;
      return;
  }
}

void Generator::take_other(Run& run, dns::Bytes frame) {
  const bool answered = send_one(
      device_, [&](std::uint8_t* at) { return neighbours_.reply(frame, at); });
  if (!answered) ++run.outcome.other_frames;
}

void Generator::check(Run& run, dns::Bytes frame, const Arrival& arrival,
                      const Answered& answered) {
  const Flow flow = flow_of(answered.sequence, ends_.sources.count);
  ++run.outcome.checked;
  const char* const fault = checker_.check(frame, arrival, answered.entry, flow);
  if (fault == nullptr) return;
  if (run.outcome.wrong++ == 0) {
    const auto name = dns::NameView::parse(
        questions_[answered.entry & ~kDnssecOk].from_name());
    run.outcome.first_wrong = (name ? name->to_text() : "?") + ": " + fault;
  }
}

// Entries of the burst after the next one, octets of the next one.
void Generator::prefetch(std::size_t count) const {
  if (at_ + 2 * count > plan_.size()) return;  // a burst or two of each round go without
  for (std::size_t i = at_; i < at_ + count; ++i) {
    questions_.prefetch_octets(plan_[i] & ~kDnssecOk);
    questions_.prefetch_entry(plan_[i + count] & ~kDnssecOk);
  }
}

void Generator::send(Run& run) {
  const std::uint64_t now = now_ns();
  run.tracker.expire(now, kDpdkBurst);
  const std::uint64_t under_way = run.tracker.under_way();
  const std::uint64_t due = run.load.rate != 0                ? run.pacer.due(now)
                            : under_way < run.load.window ? run.load.window - under_way
                                                              : 0;
  const auto count = static_cast<std::uint16_t>(std::min<std::uint64_t>(due, kDpdkBurst));
  [[gnu::uninitialized]] rte_mbuf* frames[kDpdkBurst];
  if (count == 0 || rte_pktmbuf_alloc_bulk(device_.buffers, frames, count) != 0) return;
  prefetch(count);
  std::size_t at = at_;
  for (std::uint16_t i = 0; i < count; ++i) {
    const std::uint32_t entry = plan_[at];
    if (++at == plan_.size()) at = 0;
    const Flow flow = flow_of(run.tracker.next(), ends_.sources.count);
    set_size(frames[i], writer_.write(questions_[entry & ~kDnssecOk], (entry & kDnssecOk) != 0,
                                      flow, rte_pktmbuf_mtod(frames[i], std::uint8_t*)));
    run.tracker.sent(entry, now);
  }
  const std::uint16_t sent = rte_eth_tx_burst(device_.port, queue_, frames, count);
  if (++queue_ == device_.queues) queue_ = 0;
  if (sent < count) {
    rte_pktmbuf_free_bulk(frames + sent, count - sent);
    run.tracker.take_back(count - sent);
  }
  at_ = (at_ + sent) % plan_.size();
  run.pacer.sent(sent);
  run.outcome.sent += sent;
}

std::optional<Mac> find_server(const Device& device, const Ends& ends,
                               const std::atomic<bool>& stop) {
  const Neighbours neighbours(ends);
  const std::uint64_t start = now_ns();
  std::uint64_t ask_at = start;
  for (std::uint64_t now = start; now - start < kFindTime_ns && !stop; now = now_ns()) {
    if (now >= ask_at) {
      send_one(device, [&](std::uint8_t* at) { return neighbours.ask(at); });
      ask_at += kAskAgain_ns;
    }
    for (std::uint16_t queue = 0; queue < device.queues; ++queue) {
      rte_mbuf* frames[kDpdkBurst];
      const std::uint16_t count = rte_eth_rx_burst(device.port, queue, frames, kDpdkBurst);
      std::optional<Mac> heard;
      for (std::uint16_t i = 0; i < count; ++i) {
        if (!heard) heard = neighbours.heard(octets_of(frames[i]));
        send_one(device, [&](std::uint8_t* at) {
          return neighbours.reply(octets_of(frames[i]), at);
        });
      }
      if (count != 0) rte_pktmbuf_free_bulk(frames, count);
      if (heard) return heard;
    }
  }
  return std::nullopt;
}

}  // namespace bowline::perf::pktgen
