#include "control/keeper/xdp_interface.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "control/keeper/interface_request.h"
#include "ebpf/steer.h"
#include "link/handover.h"
#include "link/outcome.h"
#include "link/ports.h"

namespace bowline::control::keeper {

namespace {

// Knot DNS's manual, Mode XDP: "MTU higher than 1790 bytes is not supported."
constexpr unsigned kMaxMtu = 1790;
constexpr unsigned kEthernetHeader = 14;
constexpr unsigned kVlanTags = 8;

bool stands_on(const ifaddrs& entry, const config::Address& address) {
  if (entry.ifa_addr == nullptr) return false;
  if (address.family == config::Address::Family::kIpv4) {
    const auto* ipv4 = reinterpret_cast<const sockaddr_in*>(entry.ifa_addr);
    return ipv4->sin_family == AF_INET &&
           std::memcmp(&ipv4->sin_addr, address.bytes.data(), 4) == 0;
  }
  const auto* ipv6 = reinterpret_cast<const sockaddr_in6*>(entry.ifa_addr);
  return ipv6->sin6_family == AF_INET6 &&
         std::memcmp(&ipv6->sin6_addr, address.bytes.data(), 16) == 0;
}

// The name of the interface that has `address`; empty: none has.
std::string interface_of(const config::Address& address) {
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return {};
  std::string name;
  for (const ifaddrs* each = all; each != nullptr && name.empty(); each = each->ifa_next) {
    if (stands_on(*each, address)) name = each->ifa_name;
  }
  ::freeifaddrs(all);
  return name;
}

// sysfs shows the namespace in which it was mounted, which need not be ours.
unsigned queues_in_sysfs(const std::string& name, unsigned index) {
  const std::filesystem::path folder = "/sys/class/net/" + name;
  unsigned there = 0;
  if (!(std::ifstream(folder / "ifindex") >> there) || there != index) return 0;
  std::error_code ignored;
  unsigned queues = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "queues", ignored)) {
    if (entry.path().filename().string().starts_with("rx-")) ++queues;
  }
  return queues;
}

unsigned count_queues(int socket, const std::string& name, unsigned index) {
  ethtool_channels channels{};
  channels.cmd = ETHTOOL_GCHANNELS;
  ifreq request = request_for(name);
  request.ifr_data = reinterpret_cast<char*>(&channels);
  if (::ioctl(socket, SIOCETHTOOL, &request) != 0) {
    return std::max(1U, queues_in_sysfs(name, index));
  }
  return served_queues({channels.combined_count, channels.rx_count, channels.tx_count});
}

dns::Error fault(const std::string& name, const std::string& what) {
  return {fmt::format("cannot serve {} by XDP: {}", name, what)};
}

dns::Result<XdpInterface> look_at(const std::string& name) {
  XdpInterface interface;
  interface.name = name;
  interface.index = ::if_nametoindex(name.c_str());
  if (interface.index == 0) {
    return fault(name, "no such interface: change xdp.listen (ip link shows what there is)");
  }
  const link::Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq mtu = request_for(name);
  ifreq mac = request_for(name);
  if (!socket || ::ioctl(socket.get(), SIOCGIFMTU, &mtu) != 0 ||
      ::ioctl(socket.get(), SIOCGIFHWADDR, &mac) != 0) {
    return fault(name, fmt::format("{}: check xdp.listen", std::strerror(errno)));
  }
  const auto type = mac.ifr_hwaddr.sa_family;
  if (type != ARPHRD_ETHER && type != ARPHRD_LOOPBACK) {
    return fault(name, "it moves no Ethernet frames: name an Ethernet interface in xdp.listen");
  }
  interface.mtu = static_cast<unsigned>(mtu.ifr_mtu);
  std::memcpy(interface.mac.data(), mac.ifr_hwaddr.sa_data, interface.mac.size());
  interface.queues = count_queues(socket.get(), name, interface.index);
  if (xdp_frame_size(interface.mtu) == 0) {
    return fault(name, fmt::format("MTU {} is more than {}: ip link set dev {} mtu 1500",
                                   interface.mtu, kMaxMtu, name));
  }
  if (interface.queues > link::kMaxThreads) {
    return fault(name, fmt::format("{} queues, {} are the most: ethtool -L {} combined {}",
                                   interface.queues, link::kMaxThreads, name,
                                   link::kMaxThreads / 2));
  }
  return interface;
}

dns::Result<std::string> name_of(const config::Address& address) {
  if (address.family == config::Address::Family::kDevice) return address.path;
  const std::string name = interface_of(address);
  if (!name.empty()) return name;
  return dns::Error{fmt::format(
      "cannot serve {} by XDP: no interface has that address: add it (ip addr add) or name the "
      "device in xdp.listen",
      address.host_text())};
}

}  // namespace

std::uint32_t xdp_frame_size(unsigned mtu) {
  if (mtu > kMaxMtu) return 0;
  return mtu + kEthernetHeader + kVlanTags + kXdpHeadroom <= 2048 ? 2048 : 4096;
}

std::uint32_t xdp_ring_size(unsigned wanted) {
  return std::min(std::bit_ceil(wanted), link::kMaxXdpRing);
}

unsigned served_queues(const Channels& channels) {
  return std::max(1U, channels.combined + std::min(channels.receive, channels.send));
}

dns::Result<std::vector<XdpInterface>> find_xdp_interfaces(
    const std::vector<config::Address>& listen) {
  std::vector<XdpInterface> found;
  for (const config::Address& address : listen) {
    const auto name = name_of(address);
    if (!name) return dns::Error{name.error()};
    auto same = std::find_if(found.begin(), found.end(),
                             [&](const XdpInterface& each) { return each.name == *name; });
    if (same == found.end()) {
      auto interface = look_at(*name);
      if (!interface) return dns::Error{interface.error()};
      same = found.insert(found.end(), std::move(*interface));
    }
    if (std::find(same->ports.begin(), same->ports.end(), address.port) == same->ports.end()) {
      same->ports.push_back(address.port);
    }
    if (same->ports.size() > STEER_MAX_PORTS) {
      return fault(*name, fmt::format("more than {} ports: change xdp.listen", STEER_MAX_PORTS));
    }
  }
  return found;
}

}  // namespace bowline::control::keeper
