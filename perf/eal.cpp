#include "perf/eal.h"

#include <net/if.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_mbuf.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <vector>

namespace bowline::perf {
namespace {

// Rings of both directions, a window and caches: 2^n - 1 are the least waste of a pool.
constexpr unsigned kBuffers = 8191, kBuffersOfQueue = 4096;
constexpr unsigned kMemory_MiB = 64, kMemoryOfQueue_MiB = 16;
constexpr unsigned kCache = 256;
constexpr std::uint16_t kRing = 2048;
constexpr auto kServerTime = std::chrono::seconds(10);  // for the server of a memif to be there

bool is_memif(const std::string& device) { return device.starts_with("net_memif"); }

std::size_t free_hugepages() {
  std::ifstream file("/proc/meminfo");
  std::string word;
  std::size_t count = 0;
  while (file >> word) {
    if (word == "HugePages_Free:") file >> count;
  }
  return count;
}

// The value of `key`=... among a device's arguments, or empty.
std::string argument_of(const std::string& device, const std::string& key) {
  const std::size_t at = device.find("," + key + "=");
  if (at == device.npos) return {};
  const std::size_t begin = at + key.size() + 2;
  return device.substr(begin, device.find(',', begin) - begin);
}

// Why EAL does not start, as far as it can be seen from here.
std::string cause_of(const std::string& device, unsigned memory_MiB, int error) {
  const std::string interface = argument_of(device, "iface");
  if (!interface.empty() && if_nametoindex(interface.c_str()) == 0) {
    return "there is no interface " + interface + " here; ip link shows those there are";
  }
  if (geteuid() != 0) return "it takes root";
  if (free_hugepages() * 2 < memory_MiB) {
    return "it takes " + std::to_string(memory_MiB / 2) +
           " free hugepages of 2 MiB and there are " + std::to_string(free_hugepages()) +
           "; echo " + std::to_string(memory_MiB) +
           " > /proc/sys/vm/nr_hugepages";
  }
  return std::string(rte_strerror(error)) + "; is there such a device? " + device;
}

dns::Result<void> start_eal(const std::string& program, const std::string& device,
                            unsigned memory_MiB) {
  const bool pci = device.find(':') < device.find(',') && device.find("net_") != 0;
  // What fails is told in one line here; net_memif calls it an error besides that there are no
  // secondary processes.
  std::vector<std::string> words = {program, "--in-memory", "-m", std::to_string(memory_MiB),
                                    "--no-telemetry", "--log-level=emergency"};
  if (pci) {
    words.insert(words.end(), {"-a", device});
  } else {
    words.insert(words.end(), {"--no-pci", "--vdev", device});
  }
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  if (rte_eal_init(static_cast<int>(arguments.size()), arguments.data()) >= 0) return {};
  return dns::Error{"DPDK does not start: " + cause_of(device, memory_MiB, rte_errno)};
}

std::string failed(const char* step, int error) {
  return std::string("the device: ") + step + ": " + rte_strerror(-error);
}

// Answers come to all queues by a hash of addresses and ports, if the device has one.
rte_eth_conf settings_of(const Device& device) {
  rte_eth_conf settings{};
  rte_eth_dev_info info{};
  if (device.queues == 1 || rte_eth_dev_info_get(device.port, &info) != 0) return settings;
  const std::uint64_t hashes =
      info.flow_type_rss_offloads & (RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP);
  if (hashes == 0) return settings;
  settings.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
  settings.rx_adv_conf.rss_conf.rss_hf = hashes;
  return settings;
}

// A memif's client cannot start before there is a server.
int start_device(const Device& device, const std::string& name) {
  const auto end = std::chrono::steady_clock::now() + kServerTime;
  int done = rte_eth_dev_start(device.port);
  while (done < 0 && is_memif(name) && std::chrono::steady_clock::now() < end) {
    usleep(10'000);
    done = rte_eth_dev_start(device.port);
  }
  return done;
}

dns::Result<void> start_port(const Device& device, const std::string& name) {
  const rte_eth_conf settings = settings_of(device);
  if (const int done = rte_eth_dev_configure(device.port, device.queues, device.queues, &settings);
      done < 0) {
    return dns::Error{failed("so many queues each way", done)};
  }
  std::uint16_t receive = kRing, send = kRing;
  if (const int done = rte_eth_dev_adjust_nb_rx_tx_desc(device.port, &receive, &send); done < 0) {
    return dns::Error{failed("the size of its rings", done)};
  }
  const unsigned node = SOCKET_ID_ANY;
  for (std::uint16_t queue = 0; queue < device.queues; ++queue) {
    if (const int done =
            rte_eth_rx_queue_setup(device.port, queue, receive, node, nullptr, device.buffers);
        done < 0) {
      return dns::Error{failed("its receive queue", done)};
    }
    if (const int done = rte_eth_tx_queue_setup(device.port, queue, send, node, nullptr);
        done < 0) {
      return dns::Error{failed("its send queue", done)};
    }
  }
  if (const int done = start_device(device, name); done < 0) {
    return dns::Error{is_memif(name) ? "nobody took the other end of " + name + " within 10 s"
                                     : failed("start", done)};
  }
  rte_eth_promiscuous_enable(device.port);
  return {};
}

}  // namespace

dns::Result<Device> open_device(const std::string& program, const std::string& device,
                                std::uint16_t queues) {
  const unsigned memory_MiB = kMemory_MiB + (queues - 1U) * kMemoryOfQueue_MiB;
  if (const auto started = start_eal(program, device, memory_MiB); !started) {
    return dns::Error{started.error()};
  }
  Device out;
  out.queues = queues;
  const unsigned found = rte_eth_dev_count_avail();
  if (found == 0) return dns::Error{"no device: " + cause_of(device, 0, ENODEV)};
  if (found != 1) return dns::Error{"EAL found more than one device in: " + device};
  out.port = static_cast<std::uint16_t>(rte_eth_find_next_owned_by(0, RTE_ETH_DEV_NO_OWNER));
  out.buffers =
      rte_pktmbuf_pool_create("buffers", kBuffers + (queues - 1U) * kBuffersOfQueue, kCache, 0,
                              RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
  if (out.buffers == nullptr) {
    return dns::Error{std::string("no memory for buffers: ") + rte_strerror(rte_errno)};
  }
  if (const auto started = start_port(out, device); !started) return dns::Error{started.error()};
  return out;
}

void close_device(const Device& device) {
  rte_eth_dev_stop(device.port);
  rte_eth_dev_close(device.port);
  rte_eal_cleanup();
}

}  // namespace bowline::perf
