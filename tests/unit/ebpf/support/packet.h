// Packets for tests of the XDP program, each described by what is special about it.
//
// Written apart from dataplane/net, so that a mistake there is not made here again. Any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace bowline::ebpf::support {

using Octets = std::vector<std::uint8_t>;
using Mac = std::array<std::uint8_t, 6>;

inline constexpr Mac kOurMac = {0x02, 0, 0, 0, 0, 0x01};
inline constexpr Mac kClientMac = {0x02, 0, 0, 0, 0, 0x09};

struct Tag {
  std::uint16_t tci = 0;
  std::uint16_t tpid = 0x8100;
};

// An IPv6 extension header as it stands in the packet, less the first octet (next header), which
// make() fills in.
struct Extension {
  std::uint8_t kind = 60;
  Octets rest;
};

// A DNS query from 192.0.2.9 to 192.0.2.1, or from 2001:db8::9 to 2001:db8::1, unless something
// else is said.
struct Packet {
  Mac to = kOurMac;
  Mac from = kClientMac;
  std::vector<Tag> tags{};
  std::optional<std::uint16_t> ether_type{};  // instead of that of the IP version
  bool ipv6 = false;
  std::string source{};       // text
  std::string destination{};  // text
  std::uint8_t protocol = 17;
  std::uint16_t source_port = 40'000;
  std::uint16_t port = 53;
  std::size_t payload = 29;  // octets
  std::size_t trailer = 0;   // octets behind the IP packet
  // IPv4.
  std::size_t option_words = 0;
  std::uint16_t fragment = 0;                     // flags and offset
  std::optional<std::uint8_t> version_and_ihl{};  // a lie
  std::optional<std::uint16_t> total_length{};    // a lie
  // IPv6.
  std::vector<Extension> extensions{};
  std::optional<std::uint8_t> version{};         // a lie
  std::optional<std::uint16_t> payload_length{};  // a lie
  // UDP.
  std::optional<std::uint16_t> udp_length{};  // a lie
};

// The frame, with right checksums where it has any.
Octets make(const Packet& packet);

// In hexadecimal, as a failed check shows it and as `xxd -r -p` or scapy's bytes.fromhex() take it.
std::string hex(const Octets& frame);

// The 16 octets of an address in text, IPv4 as ::ffff:a.b.c.d.
std::array<std::uint8_t, 16> mapped(const std::string& text);

// `octets` (a multiple of 8) of hop-by-hop or destination options (`kind` 0 or 60), all padding.
Extension padding(std::uint8_t kind, std::size_t octets = 8);
// A header of options with one option `type` of `length` octets (at most 4).
Extension option(std::uint8_t kind, std::uint8_t type, std::uint8_t length = 4);
// A routing header of `octets`.
Extension routing(std::uint8_t segments_left, std::size_t octets = 8);
Extension fragment_header();

}  // namespace bowline::ebpf::support
