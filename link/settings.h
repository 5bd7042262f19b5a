// Settings: what the dataplane has to know of the configuration, as a plain struct in the tables.
//
// Written by control into a new place for each version and reached from the root; immutable once
// published. Read by any thread of the dataplane within a burst. Lengths are bytes; a text of
// length 0 is not set.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "link/segment.h"

namespace bowline::link {

inline constexpr std::size_t kMaxSettingText = 255;  // one character-string (RFC 1035 3.3)

// server.proxy-allowlist, each entry one range: a site has a few proxies, or names their networks.
inline constexpr std::size_t kMaxProxyRanges = 256;

struct SettingText {
  std::uint8_t length = 0;
  std::uint8_t bytes[kMaxSettingText] = {};
};

// Addresses from `first` to `last`, both included, in network order; IPv4 as ::ffff:a.b.c.d.
struct SettingRange {
  std::uint8_t first[16] = {};
  std::uint8_t last[16] = {};
};

struct Settings {
  // RFC 9715 3.1: a size that is not fragmented anywhere.
  std::uint16_t udp_max_payload_ipv4 = 1232;
  std::uint16_t udp_max_payload_ipv6 = 1232;
  std::uint32_t tcp_idle_timeout_ms = 10'000;
  std::uint32_t tcp_io_timeout_ms = 500;
  std::uint32_t tcp_max_clients = 1024;
  bool edns_client_subnet = false;  // RFC 7871
  bool answer_rotation = false;
  std::uint16_t proxy_ranges = 0;       // in proxy_allowlist
  std::uint16_t proxy_ipv4_ranges = 0;  // the first of them are of IPv4
  std::uint16_t unused = 0;
  SettingText nsid;      // RFC 5001; binary
  SettingText identity;  // id.server, hostname.bind in class CH
  SettingText version;   // version.server, version.bind in class CH
  // Whose PROXY headers are believed: of each family in ascending order, none overlaps another.
  SettingRange proxy_allowlist[kMaxProxyRanges] = {};
};

static_assert(sizeof(SettingText) == 256 && sizeof(SettingRange) == 32);
static_assert(sizeof(Settings) == 24 + 3 * 256 + kMaxProxyRanges * sizeof(SettingRange));
static_assert(std::is_trivially_copyable_v<Settings>);

inline constexpr std::uint64_t kSettingsLayout = layout_hash(
    {sizeof(Settings), offsetof(Settings, udp_max_payload_ipv4),
     offsetof(Settings, udp_max_payload_ipv6), offsetof(Settings, tcp_idle_timeout_ms),
     offsetof(Settings, tcp_io_timeout_ms), offsetof(Settings, tcp_max_clients),
     offsetof(Settings, edns_client_subnet), offsetof(Settings, answer_rotation),
     offsetof(Settings, nsid), offsetof(Settings, identity), offsetof(Settings, version),
     offsetof(Settings, proxy_ranges), offsetof(Settings, proxy_ipv4_ranges),
     offsetof(Settings, proxy_allowlist), kMaxProxyRanges});

}  // namespace bowline::link
