#include "control/keeper/heartbeats.h"

#include <fmt/format.h>

namespace bowline::control::keeper {

std::string Heartbeats::look(const link::Exchange& exchange, const Expected& expected,
                             std::uint64_t now_ms) {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  constexpr auto kLoops = static_cast<std::size_t>(link::Counter::loops);
  std::string late;
  const auto add = [&](const std::string& who) { late += (late.empty() ? "" : ", ") + who; };
  if (is_late(control_, expected.control, exchange.control.beat.load(kRelaxed), now_ms)) {
    add("bowline-control");
  }
  if (is_late(dataplane_, expected.dataplane, exchange.dataplane.beat.load(kRelaxed), now_ms)) {
    add("bowline-dataplane");
  }
  for (unsigned i = 0; i < link::kMaxThreads; ++i) {
    const std::uint64_t loops = exchange.counters[i].value[kLoops].load(kRelaxed);
    if (is_late(threads_[i], i < expected.threads, loops, now_ms)) {
      add(fmt::format("thread {} of bowline-dataplane", i));
    }
  }
  return late;
}

bool Heartbeats::is_late(Beat& beat, bool expected, std::uint64_t value, std::uint64_t now_ms) {
  const bool is_first = beat.seen_ms == 0;
  if (!expected || is_first || value != beat.value) {
    beat = {value, now_ms};
    return false;
  }
  return now_ms - beat.seen_ms > kLate_ms;
}

}  // namespace bowline::control::keeper
