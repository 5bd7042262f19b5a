// From DNS reply to Ethernet frame: turns the headers of a request, in place, into those of its
// reply.
//
// Called by a polled worker; pure functions, no allocation, any thread. The reply goes back the way
// the request came: MAC addresses, IP addresses and ports swapped, VLAN tags kept. IPv4 options and
// IPv6 extension headers are not sent back: the headers before them move up and the frame starts
// that much later in its buffer.
#pragma once

#include <cstddef>
#include <cstdint>

#include "dataplane/net/headers.h"
#include "dataplane/net/parse.h"

namespace bowline::dataplane::net {

inline constexpr std::size_t kEthernetMtu = 1500;  // octets of an IP packet, without tags

// What a reply to `datagram` may have, so that neither MTU nor the buffer of `capacity` octets
// (counted from the frame's start) is exceeded. REQUIRES: capacity >= the frame that was parsed.
inline std::size_t payload_max(const Datagram& datagram, std::size_t capacity, std::size_t mtu) {
  const std::size_t room = capacity - datagram.udp - kUdpSize;
  const std::size_t packet = mtu - (datagram.ipv6 ? 48 : 28);
  return room < packet ? room : packet;
}

// A frame in its buffer.
struct Frame {
  std::uint8_t* data;
  std::size_t size;
};

// Rewrites the frame at `data`, parsed as `datagram`, to carry a reply of `payload_size` octets,
// which already stands where the request stood. Gives the frame to send, which lies in the same
// buffer. Checksums that the device makes (datagram.device) are left to it: 0 in the IPv4 header,
// the sum of the pseudo-header, not complemented, in that of UDP.
// REQUIRES: payload_size <= payload_max(); 60 octets of buffer from the frame's start.
Frame make_reply(std::uint8_t* data, const Datagram& datagram, std::size_t payload_size);

}  // namespace bowline::dataplane::net
