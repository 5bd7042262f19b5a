// XdpInterface: what xdp.listen means on this machine: which interfaces, UDP ports and queues.
//
// Looks at the kernel's interfaces, changes nothing and needs no privilege. The keeper's thread
// only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "control/config/value.h"
#include "dns/result.h"
#include "link/context.h"

namespace bowline::control::keeper {

// XDP_PACKET_HEADROOM: the kernel's own room before the packet in its frame.
inline constexpr std::uint32_t kXdpHeadroom = 256;

struct XdpInterface {
  std::string name;
  unsigned index = 0;
  std::vector<std::uint16_t> ports;  // each once, in the order of xdp.listen
  unsigned queues = 1;               // that receive, and have one to send
  unsigned mtu = 1500;               // octets of an IP packet
  link::MacAddress mac{};
};

// The interfaces of `listen` (devices, or addresses that stand on one), each once. The error says
// what to do.
dns::Result<std::vector<XdpInterface>> find_xdp_interfaces(
    const std::vector<config::Address>& listen);

// Octets of a frame in the sockets' memory, with all that the kernel keeps before the packet; 0:
// the MTU is more than Ethernet with two VLAN tags may have here.
std::uint32_t xdp_frame_size(unsigned mtu);

// The power of two that is at least xdp.ring-size.
std::uint32_t xdp_ring_size(unsigned wanted);

// Queues that get a socket: those that receive and have a queue to send of the same number.
struct Channels {
  unsigned combined = 0;
  unsigned receive = 0;  // that only receive
  unsigned send = 0;     // that only send
};
unsigned served_queues(const Channels& channels);

}  // namespace bowline::control::keeper
