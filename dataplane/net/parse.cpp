#include "dataplane/net/parse.h"

#include <cstring>

#include "dataplane/net/checksum.h"
#include "dataplane/net/headers.h"

namespace bowline::dataplane::net {
namespace {

using dns::Bytes;
using dns::load_u16;
using link::Counter;

// What the IP layers tell the UDP layer.
struct IpFacts {
  const std::uint8_t* addresses = nullptr;  // source, then destination
  std::size_t address_size = 0;
  std::size_t udp = 0;           // offset of the UDP header in the frame
  std::size_t payload_size = 0;  // octets from there to the end of the IP packet
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

bool is_bad_source(const IpFacts& facts) {
  return facts.address_size == 16 ? is_bad_ipv6_source(facts.addresses)
                                  : is_bad_ipv4_source(facts.addresses);
}

Counter parse_ipv4(Bytes frame, std::size_t ip, bool is_checked, IpFacts& facts) {
  if (frame.size() < ip + kIpv4Size) return Counter::drop_short_frame;
  const std::uint8_t* at = frame.data() + ip;
  const std::size_t header_size = std::size_t{at[0] & 0x0fU} * 4;
  const std::size_t total_size = load_u16(at + kIpv4LengthOffset);
  if (at[0] >> 4 != 4 || header_size < kIpv4Size) return Counter::drop_bad_ip_header;
  if (total_size < header_size || total_size > frame.size() - ip) return Counter::drop_bad_length;
  if (!is_checked && finish_checksum(add_octets(0, at, header_size)) != 0) {
    return Counter::drop_bad_ip_checksum;
  }
  if ((load_u16(at + kIpv4FragmentOffset) & (kIpv4MoreFragments | kIpv4OffsetMask)) != 0) {
    return Counter::drop_fragment;
  }
  if (at[kIpv4ProtocolOffset] != kProtocolUdp) return Counter::drop_not_udp;
  facts = {at + kIpv4SourceOffset, 4, ip + header_size, total_size - header_size};
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

Counter parse_ipv6(Bytes frame, std::size_t ip, IpFacts& facts) {
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
  facts = {at + kIpv6SourceOffset, 16, offset, left};
  return kAccepted;
}

bool is_checksum_right(const std::uint8_t* udp, std::size_t size, const IpFacts& facts) {
  std::uint64_t sum = pseudo_header_sum(kProtocolUdp, static_cast<std::uint16_t>(size));
  sum = add_octets(sum, facts.addresses, 2 * facts.address_size);
  return finish_checksum(add_octets(sum, udp, size)) == 0;
}

// A group address is nobody's own, so no reply could leave from it (RFC 1122 3.2.1.3).
bool is_group(const std::uint8_t* at, std::size_t size) {
  return size == 16 ? at[0] == 0xff : at[0] >= 224;
}

// With lengths that are constants a comparison is a few instructions, not a call.
bool equal_addresses(const std::uint8_t* a, const std::uint8_t* b, std::size_t size) {
  return size == 4 ? std::memcmp(a, b, 4) == 0 : std::memcmp(a, b, 16) == 0;
}

bool is_address(const Listener& listener, const std::uint8_t* at, std::size_t size) {
  if (listener.ipv6 != (size == 16)) return false;
  return listener.any ? !is_group(at, size)
                      : equal_addresses(listener.address.data(), at, size);
}

// The index of the listener for the destination and this port, or -1.
int find_listener(std::span<const Listener> listeners, const IpFacts& facts, std::uint16_t port,
                  bool& port_is_ours) {
  const std::uint8_t* address = facts.addresses + facts.address_size;
  for (std::size_t i = 0; i < listeners.size(); ++i) {
    if (listeners[i].port != port) continue;
    port_is_ours = true;
    if (is_address(listeners[i], address, facts.address_size)) return static_cast<int>(i);
  }
  return -1;
}

// Hardening 40: what claims to come from one of our own listeners would have us talk to ourselves.
bool is_own_listener(std::span<const Listener> listeners, const IpFacts& facts,
                     std::uint16_t port) {
  const std::uint8_t* source = facts.addresses;
  for (const Listener& listener : listeners) {
    if (listener.port != port || listener.ipv6 != (facts.address_size == 16)) continue;
    const std::uint8_t* own =
        listener.any ? source + facts.address_size : listener.address.data();
    if (equal_addresses(source, own, facts.address_size)) return true;
  }
  return false;
}

Counter parse_udp(Bytes frame, std::span<const Listener> listeners, const IpFacts& facts,
                  Datagram& datagram) {
  if (facts.payload_size < kUdpSize) return Counter::drop_bad_length;
  const std::uint8_t* udp = frame.data() + facts.udp;
  const std::size_t size = load_u16(udp + kUdpLengthOffset);
  if (size < kUdpSize || size > facts.payload_size) return Counter::drop_bad_length;
  bool port_is_ours = false;
  const int listener = find_listener(listeners, facts, load_u16(udp + kUdpDestinationOffset),
                                     port_is_ours);
  if (listener < 0) {
    return port_is_ours ? Counter::drop_not_our_address : Counter::drop_not_our_port;
  }
  const std::uint16_t source_port = load_u16(udp + kUdpSourceOffset);
  if (source_port == 0) return Counter::drop_source_port_zero;
  if (is_bad_source(facts)) return Counter::drop_bad_source;
  if (is_own_listener(listeners, facts, source_port)) return Counter::drop_bad_source;
  if (load_host<std::uint16_t>(udp + kUdpChecksumOffset) == 0) {
    // RFC 768: the sender made no checksum, which IPv6 does not allow (RFC 8200 8.1).
    if (facts.address_size == 16) return Counter::drop_no_checksum;
  } else if ((datagram.device & kUdpChecked) == 0 && !is_checksum_right(udp, size, facts)) {
    return Counter::drop_bad_checksum;
  }
  datagram.udp = static_cast<std::uint16_t>(facts.udp);
  datagram.payload_size = static_cast<std::uint16_t>(size - kUdpSize);
  datagram.ipv6 = facts.address_size == 16;
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
  IpFacts facts;
  Counter refusal = Counter::drop_not_ip;
  if (ether_type == kEtherIpv4) {
    refusal = parse_ipv4(frame, ip, (datagram.device & kIpChecked) != 0, facts);
  }
  if (ether_type == kEtherIpv6) refusal = parse_ipv6(frame, ip, facts);
  if (refusal != kAccepted) return refusal;
  datagram.ip = static_cast<std::uint16_t>(ip);
  return parse_udp(frame, listeners, facts, datagram);
}

}  // namespace bowline::dataplane::net
