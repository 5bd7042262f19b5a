#include "bench_counters.h"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace bowline::perf {

namespace {

link::Fd open_counter(std::uint64_t what, int group) {
  perf_event_attr attributes{};
  attributes.type = PERF_TYPE_HARDWARE;
  attributes.size = sizeof attributes;
  attributes.config = what;
  attributes.exclude_kernel = 1;
  attributes.exclude_hv = 1;
  attributes.read_format = PERF_FORMAT_GROUP;
  constexpr pid_t kThisThread = 0;
  constexpr int kAnyCpu = -1;
  return link::Fd(static_cast<int>(::syscall(SYS_perf_event_open, &attributes, kThisThread,
                                             kAnyCpu, group, PERF_FLAG_FD_CLOEXEC)));
}

}  // namespace

BenchCounters::BenchCounters()
    : instructions_(open_counter(PERF_COUNT_HW_INSTRUCTIONS, -1)) {
  if (!instructions_) return;
  cycles_ = open_counter(PERF_COUNT_HW_CPU_CYCLES, instructions_.get());
  if (!cycles_) instructions_.reset();
}

CoreWork BenchCounters::now() const {
  struct {
    std::uint64_t count, instructions, cycles;
  } group{};
  if (!instructions_ || ::read(instructions_.get(), &group, sizeof group) != sizeof group) return {};
  return {group.instructions, group.cycles};
}

}  // namespace bowline::perf
