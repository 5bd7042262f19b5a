#include "perf/eal.h"

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_mbuf.h>

#include <vector>

namespace bowline::perf {
namespace {

constexpr unsigned kBuffers = 8191;  // rings of both directions, a window and caches; 2^n - 1
constexpr unsigned kCache = 256;
constexpr std::uint16_t kRing = 2048;

dns::Result<void> start_eal(const std::string& program, const std::string& device) {
  const bool pci = device.find(':') < device.find(',') && device.find("net_") != 0;
  // net_memif calls it an error that there are no secondary processes.
  std::vector<std::string> words = {
      program,       "--in-memory", "-m",          "64",
      "--no-telemetry", "--log-level", "lib.*:error", "--log-level=pmd.net.memif:critical"};
  if (pci) {
    words.insert(words.end(), {"-a", device});
  } else {
    words.insert(words.end(), {"--no-pci", "--vdev", device});
  }
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  if (rte_eal_init(static_cast<int>(arguments.size()), arguments.data()) >= 0) return {};
  return dns::Error{std::string("DPDK does not start: ") + rte_strerror(rte_errno) +
                    "; it takes root and 32 free hugepages of 2 MiB "
                    "(echo 64 > /proc/sys/vm/nr_hugepages), and a device that exists: " + device};
}

std::string failed(const char* step, int error) {
  return std::string("the device: ") + step + ": " + rte_strerror(-error);
}

dns::Result<void> start_port(const Device& device) {
  const rte_eth_conf settings{};
  if (const int done = rte_eth_dev_configure(device.port, 1, 1, &settings); done < 0) {
    return dns::Error{failed("one queue each way", done)};
  }
  std::uint16_t receive = kRing, send = kRing;
  if (const int done = rte_eth_dev_adjust_nb_rx_tx_desc(device.port, &receive, &send); done < 0) {
    return dns::Error{failed("the size of its rings", done)};
  }
  const unsigned node = SOCKET_ID_ANY;
  if (const int done =
          rte_eth_rx_queue_setup(device.port, 0, receive, node, nullptr, device.buffers);
      done < 0) {
    return dns::Error{failed("its receive queue", done)};
  }
  if (const int done = rte_eth_tx_queue_setup(device.port, 0, send, node, nullptr); done < 0) {
    return dns::Error{failed("its send queue", done)};
  }
  if (const int done = rte_eth_dev_start(device.port); done < 0) {
    return dns::Error{failed("start", done)};
  }
  rte_eth_promiscuous_enable(device.port);
  return {};
}

}  // namespace

dns::Result<Device> open_device(const std::string& program, const std::string& device) {
  if (const auto started = start_eal(program, device); !started) {
    return dns::Error{started.error()};
  }
  Device out;
  if (rte_eth_dev_count_avail() != 1) {
    return dns::Error{"EAL found no device, or more than one, in: " + device};
  }
  out.port = static_cast<std::uint16_t>(rte_eth_find_next_owned_by(0, RTE_ETH_DEV_NO_OWNER));
  out.buffers = rte_pktmbuf_pool_create("buffers", kBuffers, kCache, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
                                        SOCKET_ID_ANY);
  if (out.buffers == nullptr) {
    return dns::Error{std::string("no memory for buffers: ") + rte_strerror(rte_errno)};
  }
  if (const auto started = start_port(out); !started) return dns::Error{started.error()};
  return out;
}

void close_device(const Device& device) {
  rte_eth_dev_stop(device.port);
  rte_eth_dev_close(device.port);
  rte_eal_cleanup();
}

}  // namespace bowline::perf
