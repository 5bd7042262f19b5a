#include "dataplane/stream/expiry.h"

#include <algorithm>
#include <cassert>

namespace bowline::dataplane {

void Expiry::enter(Id id, Waiting kind, std::uint64_t now_ms) {
  if (id >= entries_.size()) entries_.resize(id + 1);
  if (entries_[id].present) leave(id);
  Queue& queue = queues_[index(kind)];
  entries_[id] = {now_ms, queue.last, kNobody, kind, true};
  (queue.last == kNobody ? queue.first : entries_[queue.last].after) = id;
  queue.last = id;
}

void Expiry::leave(Id id) {
  assert(has(id));
  Entry& entry = entries_[id];
  Queue& queue = queues_[index(entry.kind)];
  (entry.before == kNobody ? queue.first : entries_[entry.before].after) = entry.after;
  (entry.after == kNobody ? queue.last : entries_[entry.after].before) = entry.before;
  entry.present = false;
}

std::uint64_t Expiry::expiry_of_first(unsigned kind) const {
  const Id first = queues_[kind].first;
  if (first == kNobody || limit_ms_[kind] == 0) return kNever;
  return entries_[first].since_ms + limit_ms_[kind];
}

Expiry::Id Expiry::expired(std::uint64_t now_ms) const {
  for (unsigned kind = 0; kind < kWaitingKinds; ++kind) {
    if (expiry_of_first(kind) <= now_ms) return queues_[kind].first;
  }
  return kNobody;
}

std::uint64_t Expiry::next_ms() const {
  std::uint64_t next = kNever;
  for (unsigned kind = 0; kind < kWaitingKinds; ++kind) {
    next = std::min(next, expiry_of_first(kind));
  }
  return next;
}

Expiry::Id Expiry::longest() const {
  for (const Queue& queue : queues_) {
    if (queue.first != kNobody) return queue.first;
  }
  return kNobody;
}

bool Expiry::goes_before(Id one, Id other) const {
  assert(has(one) && has(other));
  const Entry& a = entries_[one];
  const Entry& b = entries_[other];
  return a.kind != b.kind ? a.kind < b.kind : a.since_ms < b.since_ms;
}

}  // namespace bowline::dataplane
