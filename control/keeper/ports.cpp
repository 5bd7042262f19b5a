#include "control/keeper/ports.h"

#include <linux/if_ether.h>
#include <sched.h>

#include <array>
#include <fstream>

#include "control/keeper/leftover.h"
#include "control/keeper/listeners.h"
#include "control/keeper/privileges.h"
#include "control/log/log.h"

namespace bowline::control::keeper {

namespace {

using link::HandoverMessage;
using link::HandoverType;
using log::Category;

// Listeners of a DPDK port are compared with one after the other (net::kMaxListeners).
constexpr std::size_t kMaxDeviceListeners = 32;

config::Xdp effective(config::Xdp xdp, const config::Dataplane& dataplane) {
  if (!dataplane.xdp || !xdp.udp) xdp.listen.clear();
  return xdp;
}

config::Dataplane effective(config::Dataplane dataplane) {
  if (!dataplane.dpdk) dataplane.devices.clear();
  return dataplane;
}

HandoverMessage make_message(HandoverType type, std::uint16_t port) {
  HandoverMessage message;
  message.type = type;
  message.port.number = port;
  return message;
}

// The CPUs that this process may run on.
std::vector<unsigned> own_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  (void)::sched_getaffinity(0, sizeof set, &set);
  std::vector<unsigned> cpus;
  for (unsigned i = 0; i < CPU_SETSIZE; ++i) {
    if (CPU_ISSET(i, &set)) cpus.push_back(i);
  }
  return cpus;
}

// Without it the kernel finds no route for replies of XDP.
void warn_of_forwarding(const char* family) {
  const std::string path = std::string("/proc/sys/net/") + family + "/conf/lo/forwarding";
  int on = 0;
  if (!(std::ifstream(path) >> on) || on != 0) return;
  log::warning(Category::kServer,
               "xdp.route-check: forwarding is off on lo, so queries over {} take the slow path or "
               "are dropped: sysctl -w net.{}.conf.lo.forwarding=1",
               family, family);
}

}  // namespace

link::Endpoint any_address(bool ipv6, std::uint16_t port) {
  link::Endpoint endpoint;
  endpoint.port = port;
  if (!ipv6) endpoint.address[10] = endpoint.address[11] = 0xff;
  return endpoint;
}

Ports::Ports(const config::Server& server, const config::Dataplane& dataplane,
             const config::Xdp& xdp)
    : xdp_(effective(xdp, dataplane)),
      dataplane_(effective(dataplane)),
      listen_(server.listen),
      socket_workers_(dataplane.sockets ? dataplane.workers : 0),
      streams_(server.tcp_workers),
      affinity_(server.socket_affinity),
      reuseport_(server.tcp_reuseport) {}

bool Ports::same_with(const config::Dataplane& dataplane, const config::Xdp& xdp) const {
  const config::Xdp x = effective(xdp, dataplane);
  const config::Dataplane d = effective(dataplane);
  const bool same_interfaces =
      x.listen == xdp_.listen &&
      (x.listen.empty() ||
       (x.route_check == xdp_.route_check && x.ring_size == xdp_.ring_size &&
        x.busypoll_budget == xdp_.busypoll_budget &&
        x.busypoll_timeout_us == xdp_.busypoll_timeout_us));
  const bool same_devices =
      d.devices == dataplane_.devices &&
      (d.devices.empty() ||
       (d.device_queues == dataplane_.device_queues && d.device_mtu == dataplane_.device_mtu &&
        d.exception_port == dataplane_.exception_port &&
        d.dpdk_memory_mib == dataplane_.dpdk_memory_mib));
  return d.sockets == dataplane_.sockets && same_interfaces && same_devices;
}

dns::Result<void> Ports::plan() {
  if (!xdp_.listen.empty()) {
    auto found = find_xdp_interfaces(xdp_.listen);
    if (!found) return dns::Error{found.error()};
    interfaces_ = std::move(*found);
  }
  if (interfaces_.size() + dataplane_.devices.size() > link::kMaxPorts) {
    return dns::Error{fmt::format("{} interfaces and devices are too many, {} are the most: change "
                                  "xdp.listen and dataplane.devices",
                                  interfaces_.size() + dataplane_.devices.size(),
                                  link::kMaxPorts)};
  }
  ThreadWishes wishes;
  for (const XdpInterface& each : interfaces_) wishes.xdp_queues.push_back(each.queues);
  wishes.devices = static_cast<unsigned>(dataplane_.devices.size());
  wishes.device_queues = dataplane_.device_queues;
  wishes.socket_workers = socket_workers_;
  wishes.streams = streams_;
  wishes.cores = dataplane_.cores;
  if (affinity_) wishes.affinity = own_cpus();
  wishes.streams_too = reuseport_;
  auto planned = plan_threads(wishes);
  if (!planned) return dns::Error{planned.error()};
  threads_ = std::move(*planned);
  return {};
}

dns::Result<void> Ports::open() {
  if (!interfaces_.empty() && !may_open_interfaces()) {
    return dns::Error{
        "no permission for xdp.listen: start bowlined as root (or with CAP_NET_ADMIN, CAP_NET_RAW, "
        "CAP_BPF, CAP_PERFMON and CAP_IPC_LOCK), or remove xdp.listen"};
  }
  if (has_devices() && !may_open_devices()) {
    return dns::Error{
        "no permission for dataplane.devices: start bowlined as root, or remove them"};
  }
  if (auto done = open_interfaces(); !done) return done;
  return open_devices();
}

dns::Result<void> Ports::open_interfaces() {
  if (interfaces_.empty()) return {};
  auto maps = SharedMaps::create();
  if (!maps) return dns::Error{maps.error()};
  maps_ = std::move(*maps);
  auto watch = NetworkWatch::open();
  if (!watch) return dns::Error{watch.error()};
  watch_ = std::move(*watch);
  follow_network();
  for (const XdpInterface& interface : interfaces_) {
    const auto number = static_cast<std::uint16_t>(xdp_ports_.size());
    auto port = XdpPort::open(interface, number, xdp_, *maps_);
    if (!port) return dns::Error{port.error()};
    xdp_ports_.push_back(std::move(*port));
    log::info(Category::kServer, "{}", xdp_ports_.back().describe());
  }
  if (xdp_.route_check) {
    warn_of_forwarding("ipv4");
    warn_of_forwarding("ipv6");
  }
  return {};
}

dns::Result<void> Ports::open_devices() {
  if (has_devices() && listen_.size() > kMaxDeviceListeners) {
    return dns::Error{fmt::format("server.listen has {} addresses, {} are the most with "
                                  "dataplane.devices: listen on fewer",
                                  listen_.size(), kMaxDeviceListeners)};
  }
  for (std::size_t i = 0; i < dataplane_.devices.size(); ++i) {
    const std::string name = dataplane_.exception_port + std::to_string(i);
    auto tap = Tap::open(name, dataplane_.device_mtu);
    if (!tap) return dns::Error{tap.error()};
    taps_.push_back(std::move(*tap));
    log::info(Category::kServer, "{}: DPDK, queues {}, MTU {}, exception port {}",
              dataplane_.devices[i], dataplane_.device_queues, dataplane_.device_mtu, name);
  }
  return {};
}

void Ports::close_devices() const { detach_leftovers(dataplane_.devices); }

// ---- What the children are told -----------------------------------------------------------------

void Ports::send_to_dataplane(Child& dataplane) const {
  for (std::size_t i = 0; i < xdp_ports_.size(); ++i) {
    const XdpPort& port = xdp_ports_[i];
    for (unsigned queue = 0; queue < port.interface().queues; ++queue) {
      HandoverMessage message = make_message(HandoverType::kXdpQueue, 0);
      message.port = port.fields(queue);
      message.worker = threads_.first_of_interface[i] + queue;
      message.set_text(port.interface().name);
      dataplane.send(message, std::array{port.socket(queue), port.memory(queue)});
    }
  }
  for (std::size_t i = 0; i < taps_.size(); ++i) {
    const auto number = static_cast<std::uint16_t>(xdp_ports_.size() + i);
    HandoverMessage message = make_message(HandoverType::kDpdkDevice, number);
    message.port.interface = taps_[i].index();
    message.port.queues = dataplane_.device_queues;
    message.port.mtu = dataplane_.device_mtu;
    message.worker = threads_.first_of_device[i];
    message.set_text(dataplane_.devices[i]);
    dataplane.send(message, std::array{taps_[i].fd()});
  }
  send_listeners(dataplane);
}

// An interface with XDP serves all addresses of the machine, which its program knows. Their numbers
// come after those of server.listen.
void Ports::send_listeners(Child& dataplane) const {
  std::uint32_t index = static_cast<std::uint32_t>(listen_.size());
  std::uint16_t number = 0;
  for (const XdpPort& port : xdp_ports_) {
    for (const std::uint16_t udp_port : port.interface().ports) {
      for (const bool ipv6 : {false, true}) {
        HandoverMessage message = make_message(HandoverType::kPortListener, number);
        message.index = index++;
        message.endpoint = any_address(ipv6, udp_port);
        dataplane.send(message);
      }
    }
    ++number;
  }
  for (std::size_t i = 0; i < taps_.size(); ++i, ++number) {
    for (std::size_t k = 0; k < listen_.size(); ++k) {
      if (!listen_[k].is_ip()) continue;
      HandoverMessage message = make_message(HandoverType::kPortListener, number);
      message.index = static_cast<std::uint32_t>(k);
      message.endpoint = endpoint_of(listen_[k]);
      dataplane.send(message);
    }
  }
}

void Ports::send_to_control(Child& control) const {
  for (const XdpPort& port : xdp_ports_) {
    HandoverMessage message = make_message(HandoverType::kXdpMaps, 0);
    message.port = port.fields(0);
    message.set_text(port.interface().name);
    control.send(message, std::array{port.counters(), maps_->drop_list()});
  }
}

// ---- Addresses and VLANs ------------------------------------------------------------------------

void Ports::follow_network() {
  if (!watch_ || !maps_) return;
  if (auto updated = watch_->update(); !updated) {
    log::warning(Category::kServer, "{}: XDP may not know the newest addresses", updated.error());
  }
  follow_addresses();
  follow_vlans();
}

// What did not fit is tried again whenever something changes.
void Ports::follow_addresses() {
  const std::set<MappedAddress> addresses = watch_->network().addresses();
  std::erase_if(told_addresses_, [&](const MappedAddress& gone) {
    return !addresses.contains(gone) && told(maps_->set_address(gone, false));
  });
  for (const MappedAddress& address : addresses) {
    if (!told_addresses_.contains(address) && told(maps_->set_address(address, true))) {
      told_addresses_.insert(address);
    }
  }
}

// The manual: "Only VLAN 802.1Q is supported." Replies that leave by another one go by the kernel.
void Ports::follow_vlans() {
  std::map<std::uint32_t, Vlan> vlans = watch_->network().vlans();
  std::erase_if(vlans, [](const auto& each) { return each.second.protocol != ETH_P_8021Q; });
  std::erase_if(told_vlans_, [&](const auto& each) {
    return !vlans.contains(each.first) && told(maps_->remove_vlan(each.first));
  });
  for (const auto& [interface, vlan] : vlans) {
    const auto known = told_vlans_.find(interface);
    if (known != told_vlans_.end() && known->second == vlan) continue;
    if (told(maps_->set_vlan(interface, vlan.lower, vlan.id))) told_vlans_[interface] = vlan;
  }
}

bool Ports::told(const dns::Result<void>& outcome) {
  if (outcome) return true;
  if (!warned_) log::warning(Category::kServer, "{}", outcome.error());
  warned_ = true;
  return false;
}

}  // namespace bowline::control::keeper
