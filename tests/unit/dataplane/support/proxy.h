// PROXY headers, version 2, built field by field so that any of them can be wrong.
#pragma once

#include <cstdint>

#include "dataplane/net/proxy.h"
#include "frames.h"

namespace bowline::dataplane::test {

// The defaults make the header of a client over UDP and IPv4, 198.51.100.7 port 4242.
struct ProxySpec {
  std::uint8_t command = 0x21;  // version 2, PROXY
  std::uint8_t family = 0x12;   // IPv4, datagrams
  Octets block = {198, 51, 100, 7, 203, 0, 113, 9, 0x10, 0x92, 0, 53};
  int length_change = 0;        // added to the right length
};

inline Octets make_proxy_header(const ProxySpec& spec = {}) {
  Octets octets(net::kProxySignature, net::kProxySignature + net::kProxySignatureSize);
  const auto length = spec.block.size() + static_cast<std::size_t>(spec.length_change);
  octets.insert(octets.end(), {spec.command, spec.family, static_cast<std::uint8_t>(length >> 8),
                               static_cast<std::uint8_t>(length)});
  octets.insert(octets.end(), spec.block.begin(), spec.block.end());
  return octets;
}

// 2001:db8:7::1 port 4242, as the client over IPv6.
inline ProxySpec ipv6_client() {
  Octets block(36, 0);
  const Octets source = {0x20, 0x01, 0x0d, 0xb8, 0, 7};
  std::copy(source.begin(), source.end(), block.begin());
  block[15] = 1;
  block[32] = 0x10;
  block[33] = 0x92;
  return {.family = 0x22, .block = block};
}

inline Octets joined(Octets one, const Octets& other) {
  one.insert(one.end(), other.begin(), other.end());
  return one;
}

// Settings with an allowlist of one IPv4 range, from 192.0.2.`first` to 192.0.2.`last`.
inline link::Settings allowing(std::uint8_t first, std::uint8_t last) {
  link::Settings settings;
  settings.proxy_ranges = settings.proxy_ipv4_ranges = 1;
  link::SettingRange& range = settings.proxy_allowlist[0];
  const std::uint8_t prefix[] = {0xff, 0xff, 192, 0, 2};
  std::copy(std::begin(prefix), std::end(prefix), range.first + 10);
  std::copy(std::begin(prefix), std::end(prefix), range.last + 10);
  range.first[15] = first;
  range.last[15] = last;
  return settings;
}

}  // namespace bowline::dataplane::test
