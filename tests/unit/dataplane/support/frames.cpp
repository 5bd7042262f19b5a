#include "frames.h"

#include <arpa/inet.h>

#include <cstring>
#include <stdexcept>

#include "dataplane/net/headers.h"
#include "dns/name.h"

namespace bowline::dataplane::test {

namespace {

using dns::load_u16;
using dns::store_u16;

void append(Octets& to, const Octets& octets) { to.insert(to.end(), octets.begin(), octets.end()); }

void append_u16(Octets& to, std::size_t value) {
  to.push_back(static_cast<std::uint8_t>(value >> 8));
  to.push_back(static_cast<std::uint8_t>(value));
}

Octets address(const std::string& text, bool ipv6, const char* usual) {
  Octets octets(ipv6 ? 16 : 4);
  const char* const meant = text.empty() ? usual : text.c_str();
  if (::inet_pton(ipv6 ? AF_INET6 : AF_INET, meant, octets.data()) != 1) {
    throw std::runtime_error(std::string("not an address: ") + meant);
  }
  return octets;
}

// RFC 1071 as the RFC has it, 16 bits at a time: another way than the one under test.
std::uint16_t plain_checksum(const Octets& octets) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < octets.size(); i += 2) {
    sum += static_cast<std::uint32_t>(octets[i] << 8 | (i + 1 < octets.size() ? octets[i + 1] : 0));
  }
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

Octets make_udp(const FrameSpec& spec, const Octets& addresses) {
  Octets udp;
  append_u16(udp, spec.source_port);
  append_u16(udp, spec.destination_port);
  append_u16(udp, 8 + spec.payload.size() + static_cast<std::size_t>(spec.udp_length_change));
  append_u16(udp, 0);
  append(udp, spec.payload);
  if (spec.no_checksum) return udp;
  Octets covered = addresses;
  append_u16(covered, 17);
  append_u16(covered, load_u16(&udp[4]));
  append(covered, udp);
  std::uint16_t checksum = plain_checksum(covered);
  if (checksum == 0) checksum = 0xffff;
  if (spec.wrong_checksum) checksum ^= 0x0100;
  store_u16(&udp[6], checksum);
  return udp;
}

Octets make_ipv4(const FrameSpec& spec, const Octets& addresses, const Octets& udp) {
  Octets options = spec.options;
  while (options.size() % 4 != 0) options.push_back(0);
  Octets ip(12);
  const std::size_t header = 20 + options.size();
  ip[0] = static_cast<std::uint8_t>((spec.version < 0 ? 4 : spec.version) << 4 | header / 4);
  ip[1] = 0x08;
  store_u16(&ip[2], static_cast<std::uint16_t>(header + udp.size() +
                                               static_cast<std::size_t>(spec.ip_length_change)));
  store_u16(&ip[4], 0x4242);
  store_u16(&ip[6], spec.fragment);
  ip[8] = 57;
  ip[9] = spec.next_header;
  append(ip, addresses);
  append(ip, options);
  const std::uint16_t checksum = plain_checksum(ip);
  store_u16(&ip[10], spec.wrong_ip_checksum ? static_cast<std::uint16_t>(checksum ^ 1) : checksum);
  append(ip, udp);
  return ip;
}

Octets make_ipv6(const FrameSpec& spec, const Octets& addresses, const Octets& udp) {
  Octets ip(8);
  ip[0] = static_cast<std::uint8_t>((spec.version < 0 ? 6 : spec.version) << 4 | 0x0a);
  ip[3] = 0x77;
  store_u16(&ip[4], static_cast<std::uint16_t>(spec.extensions.size() + udp.size() +
                                               static_cast<std::size_t>(spec.ip_length_change)));
  ip[6] = spec.next_header;
  ip[7] = 57;
  append(ip, addresses);
  append(ip, spec.extensions);
  append(ip, udp);
  return ip;
}

}  // namespace

Octets make_frame(const FrameSpec& spec) {
  Octets addresses = address(spec.source, spec.ipv6, spec.ipv6 ? "2001:db8::1" : "192.0.2.1");
  append(addresses,
         address(spec.destination, spec.ipv6, spec.ipv6 ? "2001:db8::53" : "192.0.2.53"));
  const Octets udp = make_udp(spec, addresses);
  Octets frame = {spec.first_mac_octet, 0, 0, 0, 0, 0x53, spec.source_mac_octet, 0, 0, 0, 0, 0x01};
  append(frame, spec.tags);
  append_u16(frame, static_cast<std::size_t>(
                        spec.ether_type >= 0 ? spec.ether_type : spec.ipv6 ? 0x86dd : 0x0800));
  append(frame, spec.ipv6 ? make_ipv6(spec, addresses, udp) : make_ipv4(spec, addresses, udp));
  frame.resize(frame.size() + static_cast<std::size_t>(spec.trailing), 0xee);
  return frame;
}

std::vector<net::Listener> listeners() {
  return {{.address = {192, 0, 2, 53}, .ipv6 = false, .any = false, .port = 53},
          {.address = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x53},
           .ipv6 = true, .any = false, .port = 53}};
}

Octets make_question(std::string_view name, std::uint16_t type, std::uint16_t id,
                     std::uint16_t flags, const Octets& additional) {
  Octets message;
  append_u16(message, id);
  append_u16(message, flags);
  append_u16(message, 1);
  append_u16(message, 0);
  append_u16(message, 0);
  append_u16(message, additional.empty() ? 0 : 1);
  const auto parsed = dns::Name::from_text(name);
  if (!parsed) throw std::runtime_error(parsed.error());
  message.insert(message.end(), parsed->data(), parsed->data() + parsed->size());
  append_u16(message, type);
  append_u16(message, 1);
  append(message, additional);
  return message;
}

std::string counter_name(link::Counter counter) {
  return std::string(link::kCounterInfo[static_cast<std::size_t>(counter)].name);
}

std::string hex(const std::uint8_t* data, std::size_t size) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < size; ++i) {
    text += kDigits[data[i] >> 4];
    text += kDigits[data[i] & 15];
  }
  return text;
}

}  // namespace bowline::dataplane::test
