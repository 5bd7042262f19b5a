// Prefixes: ranges of addresses as the fewest blocks of 2^n addresses that make them up.
//
// Pure; any process, any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "control/config/value.h"

namespace bowline::control::config {

// Prefixes that dataplane.drop may come to: no more fit the XDP program's map (ebpf/steer.h).
inline constexpr std::size_t kMaxDropPrefixes = 65'536;
// Entries of server.proxy-allowlist: the room of the dataplane's settings (link/settings.h).
inline constexpr std::size_t kMaxProxyRanges = 256;

struct Prefix {
  Address::Family family = Address::Family::kIpv4;  // or kIpv6
  unsigned length = 0;                              // in bits: to 32 or to 128
  std::array<std::uint8_t, 16> bytes{};             // 4 of them for IPv4; zero behind the prefix

  bool operator==(const Prefix&) const = default;
  // ADDRESS/LENGTH
  std::string to_text() const;
};

// In the order of addresses: at most 62 for IPv4 and 254 for IPv6. Blocks within ::ffff:0:0/96
// become those of the IPv4 addresses that they stand for.
std::vector<Prefix> split_range(const AddressRange& range);

}  // namespace bowline::control::config
