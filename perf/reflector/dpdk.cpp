#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "perf/eal.h"
#include "perf/reflector/ports.h"
#include "perf/reflector/reflect.h"

namespace bowline::perf {
namespace {

// Serves one burst.
void breathe(std::uint16_t port, Counts& counts) {
  rte_mbuf* frames[kDpdkBurst];
  const std::uint16_t count = rte_eth_rx_burst(port, 0, frames, kDpdkBurst);
  if (count == 0) return;
  std::uint16_t kept = 0;
  for (std::uint16_t i = 0; i < count; ++i) {
    if (reflect(rte_pktmbuf_mtod(frames[i], std::uint8_t*), rte_pktmbuf_data_len(frames[i]))) {
      frames[kept++] = frames[i];
    } else {
      rte_pktmbuf_free(frames[i]);
    }
  }
  const std::uint16_t sent = rte_eth_tx_burst(port, 0, frames, kept);
  for (std::uint16_t i = sent; i < kept; ++i) rte_pktmbuf_free(frames[i]);
  counts.received += count;
  counts.reflected += sent;
  counts.bursts += 1;
}

}  // namespace

dns::Result<Counts> reflect_dpdk(const std::string& device, const std::atomic<bool>& stop) {
  const auto opened = open_device("reflector", device);
  if (!opened) return dns::Error{opened.error()};
  Counts counts;
  while (!stop.load(std::memory_order_relaxed)) breathe(opened->port, counts);
  close_device(*opened);
  return counts;
}

}  // namespace bowline::perf
