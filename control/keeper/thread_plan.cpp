#include "control/keeper/thread_plan.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

namespace bowline::control::keeper {

namespace {

// Gives the threads from `first` to `end` that have no core one each, in turn.
void spread(const std::vector<unsigned>& cpus, unsigned first, unsigned end, ThreadPlan& plan) {
  for (unsigned i = first; i < end; ++i) {
    if (plan.cores[i] != link::kNoCore) continue;
    plan.cores[i] = static_cast<std::int16_t>(cpus[(i - first) % cpus.size()]);
  }
}

}  // namespace

dns::Result<ThreadPlan> plan_threads(const ThreadWishes& wishes) {
  const unsigned xdp =
      std::accumulate(wishes.xdp_queues.begin(), wishes.xdp_queues.end(), 0U);
  const unsigned dpdk = wishes.devices * wishes.device_queues;
  const unsigned streams_at_least = 1;
  const unsigned sockets_at_least = wishes.socket_workers == 0 ? 0 : 1;
  if (xdp + dpdk + wishes.socket_workers == 0) {
    return dns::Error{
        "nothing to serve: dataplane.backend leaves out sockets: add sockets, or set xdp.listen "
        "or dataplane.devices"};
  }
  if (xdp + dpdk + sockets_at_least + streams_at_least > link::kMaxThreads) {
    return dns::Error{fmt::format(
        "too many threads: {} queues of xdp.listen and {} of dataplane.devices, one thread each, "
        "besides sockets; {} threads are the most: use fewer queues (ethtool -L DEVICE combined N, "
        "dataplane.device-queues)",
        xdp, dpdk, link::kMaxThreads)};
  }
  ThreadPlan plan;
  unsigned next = 0;
  for (const unsigned queues : wishes.xdp_queues) {
    plan.first_of_interface.push_back(next);
    next += queues;
  }
  for (unsigned device = 0; device < wishes.devices; ++device) {
    plan.first_of_device.push_back(next);
    next += wishes.device_queues;
  }
  plan.first_of_sockets = next;
  plan.socket_workers =
      std::min(wishes.socket_workers, link::kMaxThreads - next - streams_at_least);
  plan.workers = next + plan.socket_workers;
  plan.threads =
      plan.workers + std::clamp(wishes.streams, streams_at_least, link::kMaxThreads - plan.workers);
  plan.cores.fill(link::kNoCore);
  for (std::size_t i = 0; i < wishes.cores.size() && i < plan.workers; ++i) {
    plan.cores[i] = static_cast<std::int16_t>(wishes.cores[i]);
  }
  if (!wishes.affinity.empty()) {
    spread(wishes.affinity, plan.first_of_sockets, plan.workers, plan);
    if (wishes.streams_too) spread(wishes.affinity, plan.workers, plan.threads, plan);
  }
  return plan;
}

}  // namespace bowline::control::keeper
