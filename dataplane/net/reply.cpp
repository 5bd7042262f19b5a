#include "dataplane/net/reply.h"

#include <cstring>

#include "dataplane/net/checksum.h"
#include "dataplane/net/headers.h"

namespace bowline::dataplane::net {
namespace {

using dns::store_u16;

template <std::size_t kSize>
void swap_octets(std::uint8_t* a, std::uint8_t* b) {
  std::uint8_t kept[kSize];
  std::memcpy(kept, a, kSize);
  std::memcpy(a, b, kSize);
  std::memcpy(b, kept, kSize);
}

void store_checksum(std::uint8_t* at, std::uint16_t checksum) {
  std::memcpy(at, &checksum, sizeof checksum);
}

// RFC 6864 4.1: a datagram that must not be fragmented needs no id.
void write_ipv4(std::uint8_t* ip, std::size_t udp_size) {
  ip[0] = 0x45;
  ip[1] = 0;
  store_u16(ip + kIpv4LengthOffset, static_cast<std::uint16_t>(kIpv4Size + udp_size));
  store_u16(ip + kIpv4IdOffset, 0);
  store_u16(ip + kIpv4FragmentOffset, kIpv4DontFragment);
  ip[kIpv4TtlOffset] = kReplyTtl;
  ip[kIpv4ProtocolOffset] = kProtocolUdp;
  store_u16(ip + kIpv4ChecksumOffset, 0);
  swap_octets<4>(ip + kIpv4SourceOffset, ip + kIpv4DestinationOffset);
  store_checksum(ip + kIpv4ChecksumOffset, finish_checksum(add_octets(0, ip, kIpv4Size)));
}

void write_ipv6(std::uint8_t* ip, std::size_t udp_size) {
  dns::store_u32(ip, 0x60000000);  // no traffic class, no flow (RFC 6437 2)
  store_u16(ip + kIpv6LengthOffset, static_cast<std::uint16_t>(udp_size));
  ip[kIpv6NextOffset] = kProtocolUdp;
  ip[kIpv6HopLimitOffset] = kReplyTtl;
  swap_octets<16>(ip + kIpv6SourceOffset, ip + kIpv6DestinationOffset);
}

void write_udp(std::uint8_t* udp, std::size_t udp_size, const std::uint8_t* addresses,
               std::size_t address_size) {
  swap_octets<2>(udp + kUdpSourceOffset, udp + kUdpDestinationOffset);
  store_u16(udp + kUdpLengthOffset, static_cast<std::uint16_t>(udp_size));
  store_u16(udp + kUdpChecksumOffset, 0);
  std::uint64_t sum = pseudo_header_sum(kProtocolUdp, static_cast<std::uint16_t>(udp_size));
  sum = add_octets(sum, addresses, 2 * address_size);
  const std::uint16_t checksum = finish_checksum(add_octets(sum, udp, udp_size));
  store_checksum(udp + kUdpChecksumOffset, checksum == 0 ? 0xffff : checksum);  // RFC 768
}

}  // namespace

Frame make_reply(std::uint8_t* data, const Datagram& datagram, std::size_t payload_size) {
  const std::size_t ip_size = datagram.ipv6 ? kIpv6Size : kIpv4Size;
  const std::size_t surplus = datagram.udp - datagram.ip - ip_size;
  if (surplus != 0) {
    std::memmove(data + surplus, data, datagram.ip + ip_size);
    data += surplus;
  }
  swap_octets<kMacSize>(data, data + kMacSize);
  std::uint8_t* ip = data + datagram.ip;
  std::uint8_t* udp = ip + ip_size;
  const std::size_t udp_size = kUdpSize + payload_size;
  if (datagram.ipv6) {
    write_ipv6(ip, udp_size);
    write_udp(udp, udp_size, ip + kIpv6SourceOffset, 16);
  } else {
    write_ipv4(ip, udp_size);
    write_udp(udp, udp_size, ip + kIpv4SourceOffset, 4);
  }
  std::size_t size = datagram.ip + ip_size + udp_size;
  if (size < kEthernetMinSize) {
    std::memset(data + size, 0, kEthernetMinSize - size);
    size = kEthernetMinSize;
  }
  return {data, size};
}

}  // namespace bowline::dataplane::net
