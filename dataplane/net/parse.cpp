#include "dataplane/net/parse.h"

#include <cstring>

#include "dataplane/net/checksum.h"
#include "dataplane/net/headers.h"

namespace bowline::dataplane::net {
namespace {

using dns::Bytes;
using dns::load_u16;
using link::Counter;

constexpr std::size_t kIpv4Address = 4;  // octets, and with them the version
constexpr std::size_t kIpv6Address = 16;

// What the IP layers tell the UDP layer. The size of an address is known when this is compiled, so
// that comparisons and sums are a few instructions instead of calls.
template <std::size_t kAddressSize>
struct IpFacts {
  const std::uint8_t* addresses;  // source, then destination
  std::size_t udp;                // offset of the UDP header in the frame
  std::size_t payload_size;       // octets from there to the end of the IP packet
};

// RFC 1122 3.2.1.3, RFC 1112 7.2: such a source is nobody we could answer.
bool is_bad_ipv4_source(const std::uint8_t* at) {
  return at[0] == 0 || at[0] == 127 || at[0] >= 224;
}

// RFC 4291 2.5.2, 2.5.3, 2.7: unspecified, loopback, multicast.
bool is_bad_ipv6_source(const std::uint8_t* at) {
  if (at[0] == 0xff) return true;
  return load_host<std::uint64_t>(at) == 0 && load_u16(at + 8) == 0 && load_u16(at + 10) == 0 &&
         load_u16(at + 12) == 0 && load_u16(at + 14) <= 1;
}

template <std::size_t kAddressSize>
bool is_bad_source(const std::uint8_t* at) {
  return kAddressSize == kIpv6Address ? is_bad_ipv6_source(at) : is_bad_ipv4_source(at);
}

bool is_header_right(const std::uint8_t* ip, std::size_t size) {
  std::uint64_t sum = add_octets(0, ip, kIpv4Size);  // of a size known here: few instructions
  if (size != kIpv4Size) sum = add_octets(sum, ip + kIpv4Size, size - kIpv4Size);
  return finish_checksum(sum) == 0;
}

Counter parse_ipv4(Bytes frame, std::size_t ip, bool is_checked,
                   IpFacts<kIpv4Address>& facts) {
  if (frame.size() < ip + kIpv4Size) return Counter::drop_short_frame;
  const std::uint8_t* at = frame.data() + ip;
  const std::size_t header_size = std::size_t{at[0] & 0x0fU} * 4;
  const std::size_t total_size = load_u16(at + kIpv4LengthOffset);
  if (at[0] >> 4 != 4 || header_size < kIpv4Size) return Counter::drop_bad_ip_header;
  if (total_size < header_size || total_size > frame.size() - ip) return Counter::drop_bad_length;
  if (!is_checked && !is_header_right(at, header_size)) return Counter::drop_bad_ip_checksum;
  if ((load_u16(at + kIpv4FragmentOffset) & (kIpv4MoreFragments | kIpv4OffsetMask)) != 0) {
    return Counter::drop_fragment;
  }
  if (at[kIpv4ProtocolOffset] != kProtocolUdp) return Counter::drop_not_udp;
  facts = {at + kIpv4SourceOffset, ip + header_size, total_size - header_size};
  return kAccepted;
}

// RFC 8200 4.2: an option we do not know may be skipped only if its two highest bits are 0.
bool may_skip_options(Bytes header) {
  for (std::size_t i = 2; i < header.size();) {
    const std::uint8_t type = header[i];
    if (type == 0) {  // Pad1 has no length
      ++i;
      continue;
    }
    if ((type & 0xc0) != 0 || header.size() - i < 2) return false;
    i += std::size_t{2} + header[i + 1];
    if (i > header.size()) return false;
  }
  return true;
}

// Whether one extension header (RFC 8200 4) lets the packet pass.
bool may_pass_extension(std::uint8_t kind, Bytes header, unsigned step) {
  switch (kind) {
    case kNextHopByHop:
      return step == 0 && may_skip_options(header);  // RFC 8200 4.1: first or not at all
    case kNextRouting:
      return header[3] == 0;  // RFC 8200 4.4: segments left
    default:
      return may_skip_options(header);
  }
}

Counter parse_ipv6(Bytes frame, std::size_t ip, IpFacts<kIpv6Address>& facts) {
  if (frame.size() < ip + kIpv6Size) return Counter::drop_short_frame;
  const std::uint8_t* at = frame.data() + ip;
  std::size_t left = load_u16(at + kIpv6LengthOffset);
  if (at[0] >> 4 != 6) return Counter::drop_bad_ip_header;
  if (left > frame.size() - ip - kIpv6Size) return Counter::drop_bad_length;
  std::uint8_t next = at[kIpv6NextOffset];
  std::size_t offset = ip + kIpv6Size;
  for (unsigned step = 0; next != kProtocolUdp; ++step) {
    if (next == kNextFragment) return Counter::drop_fragment;
    if (next != kNextHopByHop && next != kNextRouting && next != kNextDestinationOptions) {
      return Counter::drop_not_udp;
    }
    if (left < 8) return Counter::drop_extension_headers;
    const std::size_t size = (std::size_t{frame[offset + 1]} + 1) * 8;
    if (size > left || step == kMaxExtensionHeaders ||
        offset - ip - kIpv6Size + size > kMaxExtensionOctets ||
        !may_pass_extension(next, frame.subspan(offset, size), step)) {
      return Counter::drop_extension_headers;
    }
    next = frame[offset];
    offset += size;
    left -= size;
  }
  facts = {at + kIpv6SourceOffset, offset, left};
  return kAccepted;
}

template <std::size_t kAddressSize>
bool is_checksum_right(const std::uint8_t* udp, std::size_t size, const std::uint8_t* addresses) {
  std::uint64_t sum = pseudo_header_sum(kProtocolUdp, static_cast<std::uint16_t>(size));
  sum = add_octets(sum, addresses, 2 * kAddressSize);
  return finish_checksum(add_octets(sum, udp, size)) == 0;
}

// A group address is nobody's own, so no reply could leave from it (RFC 1122 3.2.1.3).
template <std::size_t kAddressSize>
bool is_group(const std::uint8_t* at) {
  return kAddressSize == kIpv6Address ? at[0] == 0xff : at[0] >= 224;
}

template <std::size_t kAddressSize>
bool is_address(const Listener& listener, const std::uint8_t* at) {
  if (listener.ipv6 != (kAddressSize == kIpv6Address)) return false;
  return listener.any ? !is_group<kAddressSize>(at)
                      : std::memcmp(listener.address.data(), at, kAddressSize) == 0;
}

// The index of the listener for the destination and this port, or -1.
template <std::size_t kAddressSize>
int find_listener(std::span<const Listener> listeners, const std::uint8_t* destination,
                  std::uint16_t port, bool& port_is_ours) {
  int index = 0;
  for (const Listener& listener : listeners) {
    if (listener.port == port) {
      port_is_ours = true;
      if (is_address<kAddressSize>(listener, destination)) return index;
    }
    ++index;
  }
  return -1;
}

// Hardening 40: what claims to come from one of our own listeners would have us talk to ourselves.
template <std::size_t kAddressSize>
bool is_own_listener(std::span<const Listener> listeners, const std::uint8_t* addresses,
                     std::uint16_t port) {
  for (const Listener& listener : listeners) {
    if (listener.port != port || listener.ipv6 != (kAddressSize == kIpv6Address)) continue;
    const std::uint8_t* own =
        listener.any ? addresses + kAddressSize : listener.address.data();
    if (std::memcmp(addresses, own, kAddressSize) == 0) return true;
  }
  return false;
}

template <std::size_t kAddressSize>
Counter parse_udp(Bytes frame, std::span<const Listener> listeners,
                  const IpFacts<kAddressSize>& facts, Datagram& datagram) {
  constexpr bool kIsIpv6 = kAddressSize == kIpv6Address;
  if (facts.payload_size < kUdpSize) return Counter::drop_bad_length;
  const std::uint8_t* udp = frame.data() + facts.udp;
  const std::size_t size = load_u16(udp + kUdpLengthOffset);
  if (size < kUdpSize || size > facts.payload_size) return Counter::drop_bad_length;
  bool port_is_ours = false;
  const int listener =
      find_listener<kAddressSize>(listeners, facts.addresses + kAddressSize,
                                  load_u16(udp + kUdpDestinationOffset), port_is_ours);
  if (listener < 0) {
    return port_is_ours ? Counter::drop_not_our_address : Counter::drop_not_our_port;
  }
  const std::uint16_t source_port = load_u16(udp + kUdpSourceOffset);
  if (source_port == 0) return Counter::drop_source_port_zero;
  if (is_bad_source<kAddressSize>(facts.addresses)) return Counter::drop_bad_source;
  if (is_own_listener<kAddressSize>(listeners, facts.addresses, source_port)) {
    return Counter::drop_bad_source;
  }
  if (load_host<std::uint16_t>(udp + kUdpChecksumOffset) == 0) {
    // RFC 768: the sender made no checksum, which IPv6 does not allow (RFC 8200 8.1).
    if (kIsIpv6) return Counter::drop_no_checksum;
  } else if ((datagram.device & kUdpChecked) == 0 &&
             !is_checksum_right<kAddressSize>(udp, size, facts.addresses)) {
    return Counter::drop_bad_checksum;
  }
  datagram.udp = static_cast<std::uint16_t>(facts.udp);
  datagram.payload_size = static_cast<std::uint16_t>(size - kUdpSize);
  datagram.ipv6 = kIsIpv6;
  datagram.listener = static_cast<std::uint8_t>(listener);
  return kAccepted;
}

}  // namespace

Counter check(Bytes frame, std::span<const Listener> listeners, Datagram& datagram) {
  if (frame.size() < kEthernetSize) return Counter::drop_short_frame;
  // A group address as source (IEEE 802.3 3.2.3) would make the reply a broadcast.
  if ((frame[kMacSize] & 1) != 0) return Counter::drop_bad_source;
  if ((frame[0] & 1) != 0) return Counter::drop_not_our_address;  // broadcast or multicast
  std::size_t ip = kEthernetSize;
  std::uint16_t ether_type = load_u16(&frame[kEtherTypeOffset]);
  for (unsigned tags = 0; ether_type == kEtherVlan || ether_type == kEtherServiceVlan; ++tags) {
    if (tags == kMaxVlanTags) return Counter::drop_not_ip;
    if (frame.size() < ip + kVlanTagSize) return Counter::drop_short_frame;
    ether_type = load_u16(&frame[ip + 2]);
    ip += kVlanTagSize;
  }
  if (ether_type == kEtherIpv4) {
    [[gnu::uninitialized]] IpFacts<kIpv4Address> facts;
    const bool is_checked = (datagram.device & kIpChecked) != 0;
    const Counter refusal = parse_ipv4(frame, ip, is_checked, facts);
    if (refusal != kAccepted) return refusal;
    datagram.ip = static_cast<std::uint16_t>(ip);
    return parse_udp(frame, listeners, facts, datagram);
  }
  if (ether_type != kEtherIpv6) return Counter::drop_not_ip;
  [[gnu::uninitialized]] IpFacts<kIpv6Address> facts;
  const Counter refusal = parse_ipv6(frame, ip, facts);
  if (refusal != kAccepted) return refusal;
  datagram.ip = static_cast<std::uint16_t>(ip);
  return parse_udp(frame, listeners, facts, datagram);
}

}  // namespace bowline::dataplane::net
