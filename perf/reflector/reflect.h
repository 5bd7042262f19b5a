// reflect(): makes an answer out of a DNS question without reading it: the least a server can do.
//
// Ethernet, IPv4 without options or IPv6 without extensions, UDP. Pure functions of the frame.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "dns/wire.h"

namespace bowline::perf {

inline constexpr std::size_t kEthernetSize = 14;
inline constexpr std::size_t kIpv4Size = 20;
inline constexpr std::size_t kIpv6Size = 40;
inline constexpr std::size_t kUdpSize = 8;
inline constexpr std::size_t kDnsHeaderSize = 12;
inline constexpr std::uint16_t kEtherIpv4 = 0x0800;
inline constexpr std::uint16_t kEtherIpv6 = 0x86dd;
inline constexpr std::uint8_t kIpv4Version = 0x45;  // and a header of 20 octets
inline constexpr std::uint8_t kProtocolUdp = 17;

// Offset of the UDP header in `frame`; 0: it is not a frame of the kind above with room for a DNS
// header.
inline std::size_t udp_offset(const std::uint8_t* frame, std::size_t size) {
  constexpr std::size_t kIpv4Udp = kEthernetSize + kIpv4Size;
  constexpr std::size_t kIpv6Udp = kEthernetSize + kIpv6Size;
  if (size < kIpv4Udp + kUdpSize + kDnsHeaderSize) return 0;
  const std::uint16_t type = dns::load_u16(frame + 12);
  if (type == kEtherIpv4) {
    const bool udp = frame[kEthernetSize] == kIpv4Version &&
                     frame[kEthernetSize + 9] == kProtocolUdp;
    return udp ? kIpv4Udp : 0;
  }
  if (type != kEtherIpv6 || size < kIpv6Udp + kUdpSize + kDnsHeaderSize) return 0;
  return frame[kEthernetSize + 6] == kProtocolUdp ? kIpv6Udp : 0;
}

// Sets QR and keeps the UDP checksum valid. The word of the flags grows by 0x8000, so the checksum,
// its complement's sum, falls by that (RFC 1624); none (0) stays none.
inline void set_qr(std::uint8_t* udp) {
  udp[kUdpSize + 2] |= 0x80;
  const std::uint16_t old = dns::load_u16(udp + 6);
  if (old == 0) return;
  const std::uint32_t sum = (~old & 0xffffU) + 0x8000U;
  const auto fresh = static_cast<std::uint16_t>(~((sum & 0xffff) + (sum >> 16)));
  dns::store_u16(udp + 6, fresh == 0 ? 0xffff : fresh);
}

// Swaps the addresses of all layers and sets QR. Checksums stay valid: their sums do not depend on
// the order of addresses. False: the frame is no DNS question over UDP and is as it was.
inline bool reflect(std::uint8_t* frame, std::size_t size) {
  const std::size_t udp = udp_offset(frame, size);
  if (udp == 0 || (frame[udp + kUdpSize + 2] & 0x80) != 0) return false;
  std::swap_ranges(frame, frame + 6, frame + 6);
  const std::size_t address_size = udp == kEthernetSize + kIpv4Size ? 4 : 16;
  std::uint8_t* const addresses = frame + udp - 2 * address_size;
  std::swap_ranges(addresses, addresses + address_size, addresses + address_size);
  std::swap_ranges(frame + udp, frame + udp + 2, frame + udp + 2);
  set_qr(frame + udp);
  return true;
}

}  // namespace bowline::perf
