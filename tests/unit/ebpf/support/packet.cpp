#include "support/packet.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace bowline::ebpf::support {
namespace {

void put(Octets& to, const Octets& what) { to.insert(to.end(), what.begin(), what.end()); }

void put_u16(Octets& to, std::size_t value) {
  to.push_back(static_cast<std::uint8_t>(value >> 8));
  to.push_back(static_cast<std::uint8_t>(value));
}

// RFC 1071, of an even or odd number of octets.
std::uint16_t internet_checksum(const Octets& octets) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < octets.size(); ++i) {
    sum += i % 2 == 0 ? static_cast<std::uint32_t>(octets[i]) << 8 : octets[i];
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

void store_u16(Octets& at, std::size_t offset, std::uint16_t value) {
  at[offset] = static_cast<std::uint8_t>(value >> 8);
  at[offset + 1] = static_cast<std::uint8_t>(value);
}

Octets address_octets(const std::string& text, bool ipv6) {
  const auto all = mapped(text);
  return Octets(all.begin() + (ipv6 ? 0 : 12), all.end());
}

Octets make_udp(const Packet& packet, const Octets& source, const Octets& destination) {
  Octets udp;
  const std::size_t size = 8 + packet.payload;
  put_u16(udp, packet.source_port);
  put_u16(udp, packet.port);
  put_u16(udp, packet.udp_length.value_or(static_cast<std::uint16_t>(size)));
  put_u16(udp, 0);
  for (std::size_t i = 0; i < packet.payload; ++i) udp.push_back(static_cast<std::uint8_t>(i));
  Octets covered = source;
  put(covered, destination);
  put_u16(covered, packet.protocol);
  put_u16(covered, size);
  put(covered, udp);
  const std::uint16_t checksum = internet_checksum(covered);
  store_u16(udp, 6, checksum == 0 ? 0xffff : checksum);
  return udp;
}

Octets make_ipv4(const Packet& packet) {
  const Octets source =
      address_octets(packet.source.empty() ? "192.0.2.9" : packet.source, false);
  const Octets destination =
      address_octets(packet.destination.empty() ? "192.0.2.1" : packet.destination, false);
  const Octets udp = make_udp(packet, source, destination);
  const std::size_t header = 20 + 4 * packet.option_words;
  Octets ip;
  ip.push_back(packet.version_and_ihl.value_or(static_cast<std::uint8_t>(0x40 | header / 4)));
  ip.push_back(0);
  put_u16(ip, packet.total_length.value_or(static_cast<std::uint16_t>(header + udp.size())));
  put_u16(ip, 0x1234);
  put_u16(ip, packet.fragment);
  ip.push_back(64);
  ip.push_back(packet.protocol);
  put_u16(ip, 0);
  put(ip, source);
  put(ip, destination);
  ip.resize(header, 1);  // "no operation"
  store_u16(ip, 10, internet_checksum(ip));
  put(ip, udp);
  return ip;
}

Octets make_ipv6(const Packet& packet) {
  const Octets source =
      address_octets(packet.source.empty() ? "2001:db8::9" : packet.source, true);
  const Octets destination =
      address_octets(packet.destination.empty() ? "2001:db8::1" : packet.destination, true);
  Octets body;
  for (std::size_t i = 0; i < packet.extensions.size(); ++i) {
    const bool last = i + 1 == packet.extensions.size();
    body.push_back(last ? packet.protocol : packet.extensions[i + 1].kind);
    put(body, packet.extensions[i].rest);
  }
  put(body, make_udp(packet, source, destination));
  Octets ip;
  ip.push_back(static_cast<std::uint8_t>(packet.version.value_or(6) << 4));
  ip.resize(4);
  put_u16(ip, packet.payload_length.value_or(static_cast<std::uint16_t>(body.size())));
  ip.push_back(packet.extensions.empty() ? packet.protocol : packet.extensions[0].kind);
  ip.push_back(64);
  put(ip, source);
  put(ip, destination);
  put(ip, body);
  return ip;
}

}  // namespace

Octets make(const Packet& packet) {
  Octets frame(packet.to.begin(), packet.to.end());
  frame.insert(frame.end(), packet.from.begin(), packet.from.end());
  for (const Tag& tag : packet.tags) {
    put_u16(frame, tag.tpid);
    put_u16(frame, tag.tci);
  }
  put_u16(frame, packet.ether_type.value_or(packet.ipv6 ? 0x86dd : 0x0800));
  put(frame, packet.ipv6 ? make_ipv6(packet) : make_ipv4(packet));
  frame.resize(frame.size() + packet.trailer, 0);
  return frame;
}

std::string hex(const Octets& frame) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t octet : frame) {
    text += kDigits[octet >> 4];
    text += kDigits[octet & 15];
  }
  return text;
}

std::array<std::uint8_t, 16> mapped(const std::string& text) {
  std::array<std::uint8_t, 16> address{};
  if (inet_pton(AF_INET6, text.c_str(), address.data()) == 1) return address;
  address[10] = address[11] = 0xff;
  if (inet_pton(AF_INET, text.c_str(), &address[12]) != 1) std::abort();
  return address;
}

Extension padding(std::uint8_t kind, std::size_t octets) {
  Extension header{kind, {static_cast<std::uint8_t>(octets / 8 - 1)}};
  // PadN options of up to 255 octets of data, and a Pad1 where one octet is left.
  for (std::size_t left = octets - 2; left > 0;) {
    if (left == 1) {
      header.rest.push_back(0);
      break;
    }
    const std::size_t data = std::min<std::size_t>(left - 2, 255);
    header.rest.push_back(1);
    header.rest.push_back(static_cast<std::uint8_t>(data));
    header.rest.resize(header.rest.size() + data);
    left -= 2 + data;
  }
  return header;
}

Extension option(std::uint8_t kind, std::uint8_t type, std::uint8_t length) {
  Extension header{kind, {0, type, length}};
  header.rest.resize(7);
  return header;
}

Extension routing(std::uint8_t segments_left, std::size_t octets) {
  Extension header{43, {static_cast<std::uint8_t>(octets / 8 - 1), 4, segments_left}};
  header.rest.resize(octets - 1);
  return header;
}

Extension fragment_header() { return {44, {0, 0, 1, 0, 0, 0, 7}}; }

}  // namespace bowline::ebpf::support
