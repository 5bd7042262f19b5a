#include "dataplane/net/reply.h"

#include <cstring>

#include "dataplane/net/checksum.h"
#include "dataplane/net/headers.h"

namespace bowline::dataplane::net {
namespace {

using dns::store_u16;

// Swaps two fields next to each other and returns what both together add to a checksum. Everything
// is loaded before it is stored: a load that spans fresh stores of another width would wait for
// them.
template <typename T>
std::uint64_t swap_fields(std::uint8_t* at) {
  const T first = load_host<T>(at);
  const T second = load_host<T>(at + sizeof(T));
  std::memcpy(at, &second, sizeof second);
  std::memcpy(at + sizeof(T), &first, sizeof first);
  return add_carry(first, second);
}

void swap_macs(std::uint8_t* at) {
  std::uint8_t kept[kMacSize];
  std::memcpy(kept, at, kMacSize);
  std::memcpy(at, at + kMacSize, kMacSize);
  std::memcpy(at + kMacSize, kept, kMacSize);
}

void store_checksum(std::uint8_t* at, std::uint16_t checksum) {
  std::memcpy(at, &checksum, sizeof checksum);
}

// RFC 6864 4.1: a datagram that must not be fragmented needs no id. Returns the sum of the
// addresses.
std::uint64_t write_ipv4(std::uint8_t* ip, std::size_t udp_size, bool is_filled) {
  constexpr std::uint16_t kVersion = 0x4500;  // five words, no traffic class
  constexpr std::uint16_t kTtlProtocol = kReplyTtl << 8 | kProtocolUdp;
  const auto length = static_cast<std::uint16_t>(kIpv4Size + udp_size);
  store_u16(ip, kVersion);
  store_u16(ip + kIpv4LengthOffset, length);
  store_u16(ip + kIpv4IdOffset, 0);
  store_u16(ip + kIpv4FragmentOffset, kIpv4DontFragment);
  store_u16(ip + kIpv4TtlOffset, kTtlProtocol);
  const std::uint64_t addresses = swap_fields<std::uint32_t>(ip + kIpv4SourceOffset);
  const std::uint64_t sum = addresses + number_sum(kVersion) + number_sum(length) +
                            number_sum(kIpv4DontFragment) + number_sum(kTtlProtocol);
  store_checksum(ip + kIpv4ChecksumOffset,
                 is_filled ? std::uint16_t{0} : finish_checksum(sum));
  return addresses;
}

std::uint64_t write_ipv6(std::uint8_t* ip, std::size_t udp_size) {
  dns::store_u32(ip, 0x60000000);  // no traffic class, no flow (RFC 6437 2)
  store_u16(ip + kIpv6LengthOffset, static_cast<std::uint16_t>(udp_size));
  ip[kIpv6NextOffset] = kProtocolUdp;
  ip[kIpv6HopLimitOffset] = kReplyTtl;
  std::uint8_t* const addresses = ip + kIpv6SourceOffset;
  const std::uint64_t sum = add_octets(0, addresses, 32);
  std::uint8_t kept[16];
  std::memcpy(kept, addresses, 16);
  std::memcpy(addresses, addresses + 16, 16);
  std::memcpy(addresses + 16, kept, 16);
  return sum;
}

void write_udp(std::uint8_t* udp, std::size_t udp_size, std::uint64_t addresses_sum,
               bool is_filled) {
  const auto length = static_cast<std::uint16_t>(udp_size);
  std::uint64_t sum = add_carry(addresses_sum, pseudo_header_sum(kProtocolUdp, length));
  const std::uint64_t ports = swap_fields<std::uint16_t>(udp + kUdpSourceOffset);
  store_u16(udp + kUdpLengthOffset, length);
  if (is_filled) {
    // The device adds what stands here to the sum of header and payload.
    const auto pseudo_header = static_cast<std::uint16_t>(~finish_checksum(sum));
    return store_checksum(udp + kUdpChecksumOffset, pseudo_header);
  }
  sum = add_carry(sum, ports + number_sum(length));
  const std::uint16_t checksum =
      finish_checksum(add_octets(sum, udp + kUdpSize, udp_size - kUdpSize));
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
  swap_macs(data);
  std::uint8_t* ip = data + datagram.ip;
  std::uint8_t* udp = ip + ip_size;
  const std::size_t udp_size = kUdpSize + payload_size;
  const bool ip_filled = (datagram.device & kIpFilled) != 0;
  const std::uint64_t addresses =
      datagram.ipv6 ? write_ipv6(ip, udp_size) : write_ipv4(ip, udp_size, ip_filled);
  write_udp(udp, udp_size, addresses, (datagram.device & kUdpFilled) != 0);
  std::size_t size = datagram.ip + ip_size + udp_size;
  if (size < kEthernetMinSize) {
    std::memset(data + size, 0, kEthernetMinSize - size);
    size = kEthernetMinSize;
  }
  return {data, size};
}

}  // namespace bowline::dataplane::net
