#include "dataplane/thread_link.h"

#include <ctime>

#include "answer/reply.h"
#include "dns/message.h"

namespace bowline::dataplane {

using link::Counter;

std::uint64_t monotonic_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(now.tv_nsec);
}

ThreadLink::ThreadLink(unsigned index, PairingBoard& board)
    : index_(index),
      board_(board),
      buffer_(std::make_unique<std::byte[]>(link::kMaxRingMessage)) {
  move();
}

ThreadLink::~ThreadLink() {
  if (reader_.online()) reader_.go_offline();
  counters.commit(pairing_->exchange->counters[index_]);
}

// Leaves the pairing used so far for the wanted one. Tables, slots and exchange change on their
// own.
void ThreadLink::move() {
  const Pairing* const next = board_.wanted();
  assert(next != nullptr && next->header != nullptr && next->exchange != nullptr);
  if (pairing_ == nullptr || next->header != pairing_->header || next->slots != pairing_->slots) {
    if (reader_ && reader_.online()) reader_.go_offline();
    reader_ = link::EpochReader(*next->slots, index_, *next->header);
  }
  if (pairing_ == nullptr || next->number != pairing_->number) {
    asks_ = link::RingWriter<>(next->exchange->asks[index_]);
    replies_ = link::RingReader<>(next->exchange->replies[index_]);
    asked_ = false;
    counters.touch_all();
  }
  pairing_ = next;
  sources_.view.base.address = next->tables.base;
  sources_.secret = &next->secret;
  board_.use(index_, next);
}

// The other side is broken or captured: nothing of it is believed until there is a new exchange.
void ThreadLink::close_rings() {
  asks_ = {};
  replies_ = {};
  board_.report_corrupt(pairing_->number);
}

namespace {

link::AskKind ask_kind(const dns::QueryFacts& facts) {
  switch (facts.header.opcode()) {
    case dns::Opcode::kUpdate:
      return link::AskKind::kUpdate;
    case dns::Opcode::kNotify:
      return link::AskKind::kNotify;
    default:
      return facts.qtype == dns::RrType::kAxfr || facts.qtype == dns::RrType::kIxfr
                 ? link::AskKind::kTransfer
                 : link::AskKind::kSigned;
  }
}

}  // namespace

bool ThreadLink::ask(const answer::Query& query, link::ClientContext& context) {
  const bool control_takes = pairing_->asks_open && asks_ &&
                             pairing_->exchange->control.ready.load(std::memory_order_relaxed) != 0;
  if (!control_takes) {
    counters.add(Counter::ask_no_control);
    return false;
  }
  context.worker = static_cast<std::uint16_t>(index_);
  if (query.facts.has_edns) {
    context.flags |= link::kContextEdns;
    if (query.facts.edns.dnssec_ok) context.flags |= link::kContextDnssecOk;
  }
  if (query.facts.qname_size != 0) {
    context.question_hash = dns::hash_name(pairing_->secret, query.qname());
  }
  context.deadline_ns = monotonic_ns() + kAskDeadline_ns;
  const link::AskHeader header{ask_kind(query.facts), 0, 0, context};
  switch (link::push_message(asks_, header, std::as_bytes(query.bytes()))) {
    case link::Push::kDone:
      asked_ = true;
      counters.add(Counter::asks);
      return true;
    case link::Push::kFull:
      counters.add(Counter::ask_ring_full);
      return false;
    case link::Push::kCorrupt:
      close_rings();
      break;
  }
  counters.add(Counter::ask_no_control);
  return false;
}

std::optional<link::Reply> ThreadLink::check_reply(std::span<const std::byte> message) {
  const auto reply = link::read_reply(message);
  if (!reply || reply->header.context.worker != index_) {
    close_rings();
    return std::nullopt;
  }
  counters.add(Counter::ask_replies);
  if (monotonic_ns() > reply->header.context.deadline_ns) {
    counters.add(Counter::ask_stale);
    return std::nullopt;
  }
  return reply;
}

bool ThreadLink::before_sleep() {
  if (reader_.online()) reader_.go_offline();
  pairing_->exchange->thread_sleep[index_].about_to_sleep();
  const bool work_is_there = board_.wanted() != pairing_ || board_.stop_requested() ||
                             (replies_ && !replies_.empty());
  if (work_is_there) after_sleep();
  return !work_is_there;
}

Counter rcode_counter(dns::Bytes message) {
  if (message.size() < dns::kHeaderSize) return Counter::rcode_other;
  return answer::counter_of(static_cast<dns::Rcode>(message[3] & dns::flag::kRcodeMask));
}

}  // namespace bowline::dataplane
