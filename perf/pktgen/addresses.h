// Addresses as they stand on the command line of bowline-pktgen: server, sources, MACs.
//
// Values; the functions are pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "dns/result.h"
#include "dns/wire.h"

namespace bowline::perf::pktgen {

using Mac = std::array<std::uint8_t, 6>;

struct Address {
  bool v6 = false;
  std::array<std::uint8_t, 16> octets{};  // IPv4: the first four

  dns::Bytes bytes() const { return {octets.data(), v6 ? 16U : 4U}; }
  std::string to_text() const;
  bool operator==(const Address&) const = default;
};

struct Endpoint {
  Address address;
  std::uint16_t port = 53;
};

// Only the last 16 bits of an address vary: more hosts spread over queues no better.
inline constexpr std::uint32_t kMaxSources = 65'536;

// The addresses that questions come from: `count` in a row, which differ in the last 16 bits only.
struct Sources {
  Address first;
  std::uint32_t count = 1;

  // The last 16 bits of source `number`. REQUIRES: number < count.
  std::uint16_t low(std::uint32_t number) const {
    const dns::Bytes octets = first.bytes();
    return static_cast<std::uint16_t>(dns::load_u16(&octets[octets.size() - 2]) + number);
  }
  // Whether `address` (4 or 16 octets) is one of them.
  bool contains(dns::Bytes address) const;
};

// Each error says what was given and what is expected.
dns::Result<Endpoint> parse_endpoint(const std::string& text);  // ADDRESS or ADDRESS@PORT
dns::Result<Mac> parse_mac(const std::string& text);            // six octets, no group address
// ADDRESS or ADDRESS/LENGTH: all hosts of the prefix, at most kMaxSources; of IPv4 neither the
// first nor the last one, unless the prefix has no more than two.
dns::Result<Sources> parse_sources(const std::string& text);
// The neighbour of the server's address: a source for links that nobody else is on.
Sources neighbour_of(const Address& server);

std::string to_text(const Mac& mac);

}  // namespace bowline::perf::pktgen
