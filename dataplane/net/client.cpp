#include "dataplane/net/client.h"

#include <algorithm>
#include <cstring>

#include "dataplane/net/headers.h"

namespace bowline::dataplane::net {
namespace {

using dns::load_u16;
using dns::store_u16;

constexpr std::size_t kMappedPrefix = 12;  // of ::ffff:a.b.c.d

link::Endpoint endpoint(const std::uint8_t* address, bool ipv6, const std::uint8_t* port) {
  link::Endpoint result;
  if (ipv6) {
    std::memcpy(result.address.data(), address, 16);
  } else {
    result.address[10] = result.address[11] = 0xff;
    std::memcpy(result.address.data() + kMappedPrefix, address, 4);
  }
  result.port = load_u16(port);
  return result;
}

unsigned count_tags(const link::ClientContext& client) {
  const unsigned tags = (client.flags & link::kContextTagsMask) >> link::kContextTagsShift;
  return std::min(tags, link::kMaxContextTags);
}

// The request that make_reply() turns around: from the client, its headers but for what is
// rewritten.
std::uint8_t* write_ethernet(std::uint8_t* at, const link::ClientContext& client, bool ipv6) {
  at = std::copy(client.local_mac.begin(), client.local_mac.end(), at);
  at = std::copy(client.peer_mac.begin(), client.peer_mac.end(), at);
  for (unsigned i = 0; i < count_tags(client); ++i) {
    const bool service = (client.flags & link::context_service_tag(i)) != 0;
    store_u16(at, service ? kEtherServiceVlan : kEtherVlan);
    store_u16(at + 2, client.vlan[i]);
    at += kVlanTagSize;
  }
  store_u16(at, ipv6 ? kEtherIpv6 : kEtherIpv4);
  return at + 2;
}

}  // namespace

void describe(const std::uint8_t* frame, const Datagram& datagram, link::ClientContext& context) {
  static_assert(kMaxVlanTags <= link::kMaxContextTags);
  const auto tags = static_cast<unsigned>((datagram.ip - kEthernetSize) / kVlanTagSize);
  context.flags |= static_cast<std::uint16_t>(tags << link::kContextTagsShift);
  for (unsigned i = 0; i < tags; ++i) {
    const std::uint8_t* tag = frame + kEtherTypeOffset + i * kVlanTagSize;
    if (load_u16(tag) == kEtherServiceVlan) context.flags |= link::context_service_tag(i);
    context.vlan[i] = load_u16(tag + 2);
  }
  std::memcpy(context.local_mac.data(), frame, kMacSize);
  std::memcpy(context.peer_mac.data(), frame + kMacSize, kMacSize);
  const std::uint8_t* ip = frame + datagram.ip;
  const std::uint8_t* udp = frame + datagram.udp;
  const std::size_t source = datagram.ipv6 ? kIpv6SourceOffset : kIpv4SourceOffset;
  const std::size_t destination = datagram.ipv6 ? kIpv6DestinationOffset : kIpv4DestinationOffset;
  context.packet_peer = endpoint(ip + source, datagram.ipv6, udp + kUdpSourceOffset);
  context.local = endpoint(ip + destination, datagram.ipv6, udp + kUdpDestinationOffset);
  context.peer = context.packet_peer;
}

std::size_t write_frame(dns::MutableBytes buffer, const link::ClientContext& client,
                        dns::Bytes message, std::size_t mtu) {
  const bool ipv6 = !client.packet_peer.is_ipv4();
  const std::size_t ethernet_size = kEthernetSize + count_tags(client) * kVlanTagSize;
  const std::size_t headers_size = ethernet_size + (ipv6 ? kIpv6Size : kIpv4Size) + kUdpSize;
  if (buffer.size() < std::max(headers_size + message.size(), kEthernetMinSize)) return 0;
  Datagram datagram;
  datagram.ip = static_cast<std::uint16_t>(ethernet_size);
  datagram.udp = static_cast<std::uint16_t>(headers_size - kUdpSize);
  datagram.ipv6 = ipv6;
  if (message.size() > payload_max(datagram, buffer.size(), mtu)) return 0;
  std::uint8_t* ip = write_ethernet(buffer.data(), client, ipv6);
  const std::size_t skipped = ipv6 ? 0 : kMappedPrefix;
  const std::size_t address_size = 16 - skipped;
  std::uint8_t* source = ip + (ipv6 ? kIpv6SourceOffset : kIpv4SourceOffset);
  std::memcpy(source, client.packet_peer.address.data() + skipped, address_size);
  std::memcpy(source + address_size, client.local.address.data() + skipped, address_size);
  std::uint8_t* udp = buffer.data() + datagram.udp;
  store_u16(udp + kUdpSourceOffset, client.packet_peer.port);
  store_u16(udp + kUdpDestinationOffset, client.local.port);
  if (!message.empty()) std::memcpy(udp + kUdpSize, message.data(), message.size());
  return make_reply(buffer.data(), datagram, message.size()).size;
}

}  // namespace bowline::dataplane::net
