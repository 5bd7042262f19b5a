#include "control/main/xdp_maps.h"

namespace bowline::control {

void XdpMaps::take(link::Received& received) {
  counters_[received.message.port.number] = std::move(received.fds[0]);
  drop_list_.attach(std::move(received.fds[1]));
}

dns::Result<ebpf::CounterTotals> XdpMaps::counters() const {
  ebpf::CounterTotals sums{};
  for (const auto& [port, map] : counters_) {
    const auto totals = ebpf::read_counters(map.get());
    if (!totals) return dns::Error{totals.error()};
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += (*totals)[i];
  }
  return sums;
}

}  // namespace bowline::control
