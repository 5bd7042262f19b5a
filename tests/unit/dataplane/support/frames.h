// Ethernet frames of DNS questions for tests, built field by field so that any of them can be
// wrong.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/net/parse.h"
#include "link/counters.h"

namespace bowline::dataplane::test {

using Octets = std::vector<std::uint8_t>;

// What a frame is made from; the defaults make a good one. Lengths and checksums are filled in
// after everything else, unless a field says otherwise.
struct FrameSpec {
  bool ipv6 = false;
  Octets tags = {};                    // VLAN tags, four octets each
  std::uint8_t first_mac_octet = 0x02;
  std::uint8_t source_mac_octet = 0x02;
  int ether_type = -1;            // -1: as the family wants
  Octets options = {};                 // IPv4 options, padded to four
  Octets extensions = {};              // IPv6 extension headers, the last with next header 17
  std::uint8_t next_header = 17;  // of the IPv6 header; protocol of IPv4
  std::string source = {};             // "": a usual one
  std::string destination = {};        // "": the listener's
  std::uint16_t source_port = 40000;
  std::uint16_t destination_port = 53;
  std::uint16_t fragment = 0;     // IPv4 flags and offset
  Octets payload = Octets(20, 0xab);
  int version = -1;               // -1: right
  int ip_length_change = 0;       // added to the right value
  int udp_length_change = 0;
  bool no_checksum = false;
  bool wrong_checksum = false;
  bool wrong_ip_checksum = false;
  int trailing = 0;               // octets after the IP packet; less than 0: cut off
};

Octets make_frame(const FrameSpec& spec);

// 192.0.2.53 and 2001:db8::53, port 53.
std::vector<net::Listener> listeners();

// A request for `name` with type and flags. `additional`: octets after the question, counted as one
// record.
Octets make_question(std::string_view name, std::uint16_t type = 1, std::uint16_t id = 0x1234,
                     std::uint16_t flags = 0, const Octets& additional = {});

std::string counter_name(link::Counter counter);
std::string hex(const std::uint8_t* data, std::size_t size);

}  // namespace bowline::dataplane::test
