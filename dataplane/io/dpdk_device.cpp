#include "dataplane/io/dpdk_device.h"

#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "answer/query.h"
#include "dataplane/io/dpdk_eal.h"
#include "dataplane/io/dpdk_exception.h"
#include "dataplane/net/headers.h"
#include "dataplane/net/parse.h"

namespace bowline::dataplane {

using dns::Error;
using dns::Result;

namespace {

// Frames that a queue holds while its worker is busy or asleep: kLongestWait of dpdk.cpp at four
// million a second.
constexpr std::uint16_t kQueueFrames = 1024;

// Buffers that a thread keeps for itself, so that it seldom needs the shared part of the pool.
constexpr unsigned kCachedBuffers = 256;

// Octets of a frame beyond the MTU: Ethernet and the VLAN tags that we read.
constexpr unsigned kFrameOverhead = net::kEthernetSize + net::kMaxVlanTags * net::kVlanTagSize;

// What ethdev counts as overhead where a driver does not say (Ethernet, frame check sequence).
constexpr unsigned kUsualOverhead = 18;

// Receive-side scaling: with the same two octets throughout, both directions of a flow have the
// same hash, so that whatever polls the other end stays on one queue too.
constexpr std::size_t kMaxKeySize = 64;
constexpr std::uint8_t kKeyOctets[2] = {0x6d, 0x5a};
constexpr std::uint64_t kScaledBy = RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP;

constexpr std::uint64_t kReceiveOffloads =
    RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM;
constexpr std::uint64_t kSendOffloads = RTE_ETH_TX_OFFLOAD_IPV4_CKSUM |
                                        RTE_ETH_TX_OFFLOAD_UDP_CKSUM |
                                        RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;

// The largest MTU that the device takes, as ethdev computes it.
unsigned possible_mtu(const rte_eth_dev_info& info, unsigned wanted) {
  const bool tells = info.max_mtu != UINT16_MAX && info.max_rx_pktlen > info.max_mtu;
  const unsigned overhead = tells ? info.max_rx_pktlen - info.max_mtu : kUsualOverhead;
  unsigned mtu = std::min<unsigned>(wanted, info.max_mtu);
  if (info.max_rx_pktlen > overhead) mtu = std::min(mtu, info.max_rx_pktlen - overhead);
  return std::max<unsigned>(mtu, info.min_mtu);
}

void scale(rte_eth_conf& configuration, const rte_eth_dev_info& info,
           std::array<std::uint8_t, kMaxKeySize>& key) {
  const std::uint64_t kinds = info.flow_type_rss_offloads & kScaledBy;
  if (kinds == 0) return;
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = kKeyOctets[i % 2];
  configuration.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
  configuration.rx_adv_conf.rss_conf.rss_hf = kinds;
  // A device that does not say how long its key is keeps its own.
  if (info.hash_key_size == 0 || info.hash_key_size > key.size()) return;
  configuration.rx_adv_conf.rss_conf.rss_key = key.data();
  configuration.rx_adv_conf.rss_conf.rss_key_len = info.hash_key_size;
}

void store(std::atomic<std::uint64_t>& to, std::uint64_t value) {
  to.store(value, std::memory_order_relaxed);
}

}  // namespace

DpdkDevice::DpdkDevice(const DeviceOptions& options)
    : options_(options), name_(device_name(options.device)) {}

DpdkDevice::~DpdkDevice() {
  if (probed_) {
    (void)::rte_eth_dev_stop(port_);
    (void)::rte_eth_dev_close(port_);
  }
  ::rte_mempool_free(pool_);
}

Error DpdkDevice::fail(const char* what, int error) const {
  return Error{explain_eal_error("device " + name_ + ": cannot " + what, error) +
               ": change dataplane.devices"};
}

Result<std::unique_ptr<DpdkDevice>> DpdkDevice::open(const DeviceOptions& options) {
  std::unique_ptr<DpdkDevice> device(new DpdkDevice(options));
  auto port = open_eal_device(options.device);
  if (!port) return Error{port.error()};
  device->port_ = *port;
  device->probed_ = true;
  for (const auto step : {&DpdkDevice::configure, &DpdkDevice::make_queues, &DpdkDevice::start}) {
    forget_eal_errors();
    if (auto done = (*device.*step)(); !done) return Error{done.error()};
  }
  return device;
}

Result<void> DpdkDevice::configure() {
  rte_eth_dev_info info = {};
  if (const int error = ::rte_eth_dev_info_get(port_, &info)) return fail("be asked", error);
  const unsigned most = std::min(info.max_rx_queues, info.max_tx_queues);
  if (options_.queues > most) {
    return Error{"device " + name_ + " has " + std::to_string(most) + " queues of the " +
                 std::to_string(options_.queues) +
                 " wanted: lower dataplane.device-queues or add queues to the device"};
  }
  rte_eth_conf configuration = {};
  std::array<std::uint8_t, kMaxKeySize> key;
  if (options_.queues > 1) scale(configuration, info, key);
  configuration.rxmode.offloads = info.rx_offload_capa & kReceiveOffloads;
  configuration.txmode.offloads = send_offloads_ = info.tx_offload_capa & kSendOffloads;
  configuration.rxmode.mtu = possible_mtu(info, options_.mtu);
  const auto queues = static_cast<std::uint16_t>(options_.queues);
  if (const int error = ::rte_eth_dev_configure(port_, queues, queues, &configuration)) {
    return fail("configure it", error);
  }
  checks_ = configuration.rxmode.offloads != 0;
  if ((send_offloads_ & RTE_ETH_TX_OFFLOAD_IPV4_CKSUM) != 0) fills_ |= net::kIpFilled;
  if ((send_offloads_ & RTE_ETH_TX_OFFLOAD_UDP_CKSUM) != 0) fills_ |= net::kUdpFilled;
  // Drivers that cannot set it keep the interface's own.
  (void)::rte_eth_dev_set_mtu(port_, static_cast<std::uint16_t>(configuration.rxmode.mtu));
  std::uint16_t mtu = 0;
  const bool known = ::rte_eth_dev_get_mtu(port_, &mtu) == 0 && mtu != 0;
  mtu_ = std::min<unsigned>(known ? mtu : configuration.rxmode.mtu, options_.mtu);
  return {};
}

Result<void> DpdkDevice::make_queues() {
  std::uint16_t receive = kQueueFrames;
  std::uint16_t send = kQueueFrames;
  if (const int error = ::rte_eth_dev_adjust_nb_rx_tx_desc(port_, &receive, &send)) {
    return fail("size its queues", error);
  }
  // Full queues, and what threads hold: bursts, caches (which are half as large again before they
  // give back), the rings of the exception port.
  constexpr unsigned kBursts = 2 * answer::kBurst;
  const unsigned threads = options_.queues + 2;
  const unsigned buffers = options_.queues * (receive + send + kBursts) +
                           threads * kCachedBuffers * 3 / 2 + 2 * kExceptionFrames;
  const unsigned room = std::max<unsigned>(
      RTE_MBUF_DEFAULT_BUF_SIZE, RTE_PKTMBUF_HEADROOM + options_.mtu + kFrameOverhead);
  const std::string name = "bowline_frames_" + std::to_string(options_.number);
  pool_ = ::rte_pktmbuf_pool_create(name.c_str(), buffers, kCachedBuffers, 0,
                                    static_cast<std::uint16_t>((room + 63) / 64 * 64),
                                    ::rte_eth_dev_socket_id(port_));
  if (pool_ == nullptr) {
    return Error{explain_eal_error("device " + name_ + ": cannot make " + std::to_string(buffers) +
                                       " packet buffers", rte_errno) +
                 ": raise dataplane.dpdk-memory"};
  }
  const auto socket = static_cast<unsigned>(std::max(0, ::rte_eth_dev_socket_id(port_)));
  rte_eth_dev_info info = {};
  (void)::rte_eth_dev_info_get(port_, &info);
  rte_eth_txconf send_options = info.default_txconf;
  send_options.offloads = send_offloads_;
  for (std::uint16_t i = 0; i < options_.queues; ++i) {
    int error = ::rte_eth_rx_queue_setup(port_, i, receive, socket, nullptr, pool_);
    if (error == 0) error = ::rte_eth_tx_queue_setup(port_, i, send, socket, &send_options);
    if (error != 0) return fail("make its queues", error);
  }
  return {};
}

// Group addresses are the kernel's business (ND, multicast DNS): all of them are let in.
Result<void> DpdkDevice::start() {
  if (const int error = ::rte_eth_dev_start(port_)) return fail("start it", error);
  if (::rte_eth_allmulticast_enable(port_) != 0) (void)::rte_eth_promiscuous_enable(port_);
  (void)::rte_eth_dev_set_link_up(port_);
  return {};
}

link::MacAddress DpdkDevice::mac() const {
  rte_ether_addr address = {};
  (void)::rte_eth_macaddr_get(port_, &address);
  link::MacAddress mac;
  std::copy_n(address.addr_bytes, mac.size(), mac.begin());
  return mac;
}

void DpdkDevice::report(link::PortStatus& status) const {
  rte_eth_link state = {};
  const bool known = ::rte_eth_link_get_nowait(port_, &state) == 0;
  const bool speaks = known && state.link_speed != RTE_ETH_SPEED_NUM_UNKNOWN;
  status.link_up.store(known && state.link_status == RTE_ETH_LINK_UP, std::memory_order_relaxed);
  status.speed_mbps.store(speaks ? state.link_speed : 0, std::memory_order_relaxed);
  rte_eth_stats counts = {};
  if (::rte_eth_stats_get(port_, &counts) != 0) return;
  // Beyond the queues that ethdev has counts for, and where a driver has only totals, these stand
  // with the first queue.
  std::uint64_t received = counts.ipackets;
  std::uint64_t sent = counts.opackets;
  for (unsigned i = std::min<unsigned>(options_.queues, RTE_ETHDEV_QUEUE_STAT_CNTRS); i-- > 1;) {
    store(status.queue[i].received, counts.q_ipackets[i]);
    store(status.queue[i].sent, counts.q_opackets[i]);
    received -= std::min(received, counts.q_ipackets[i]);
    sent -= std::min(sent, counts.q_opackets[i]);
  }
  store(status.queue[0].received, received);
  store(status.queue[0].sent, sent);
  store(status.queue[0].missed, counts.imissed);
  store(status.queue[0].failed, counts.ierrors + counts.oerrors + counts.rx_nombuf);
}

}  // namespace bowline::dataplane
