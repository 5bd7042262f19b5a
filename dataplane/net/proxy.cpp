#include "dataplane/net/proxy.h"

#include <algorithm>
#include <span>

namespace bowline::dataplane::net {
namespace {

using link::Counter;

constexpr std::size_t kVersionOffset = 12;  // version in the upper half, command in the lower
constexpr std::size_t kFamilyOffset = 13;   // address family, then transport
constexpr std::size_t kLengthOffset = 14;   // of what follows
constexpr std::uint8_t kVersion = 2;
constexpr std::uint8_t kLocal = 0;
constexpr std::uint8_t kProxy = 1;
constexpr std::uint8_t kInet = 1;
constexpr std::uint8_t kInet6 = 2;
constexpr std::uint8_t kStream = 1;
constexpr std::uint8_t kDatagram = 2;

ProxyFinding refuse(ProxyHeader& header, Counter fault) {
  header.fault = fault;
  return ProxyFinding::kWrong;
}

// The source of a block of source, destination and their ports.
link::Endpoint source_of(const std::uint8_t* block, std::size_t address_size) {
  link::Endpoint source;
  if (address_size == source.address.size()) {
    std::memcpy(source.address.data(), block, 16);
  } else {
    source.address[10] = source.address[11] = 0xff;
    std::memcpy(&source.address[12], block, 4);
  }
  source.port = dns::load_u16(block + 2 * address_size);
  return source;
}

// A header that is all there, of the command PROXY.
ProxyFinding read_client(dns::Bytes block, std::uint8_t family, ProxyHeader& header) {
  const std::uint8_t kind = family >> 4;
  const std::uint8_t transport = family & 0x0f;
  const bool is_ip = kind == kInet || kind == kInet6;
  // DNS over TCP, TLS or HTTPS may be passed on in datagrams, and the other way round.
  if (!is_ip || (transport != kStream && transport != kDatagram)) {
    return refuse(header, Counter::drop_proxy_family);
  }
  const std::size_t address_size = kind == kInet6 ? 16 : 4;
  if (block.size() < 2 * address_size + 4) return refuse(header, Counter::drop_proxy_length);
  header.has_client = true;
  header.client = source_of(block.data(), address_size);
  return ProxyFinding::kHeader;
}

}  // namespace

ProxyFinding read_proxy_header(dns::Bytes octets, ProxyHeader& header) {
  header = {};
  const std::size_t seen = std::min(octets.size(), kProxySignatureSize);
  if (seen != 0 && std::memcmp(octets.data(), kProxySignature, seen) != 0) {
    return ProxyFinding::kNone;
  }
  if (octets.size() < kProxyFixedSize) return ProxyFinding::kMore;
  const std::uint8_t command = octets[kVersionOffset] & 0x0f;
  if (octets[kVersionOffset] >> 4 != kVersion || (command != kLocal && command != kProxy)) {
    return refuse(header, Counter::drop_proxy_version);
  }
  const std::size_t length = dns::load_u16(&octets[kLengthOffset]);
  if (kProxyFixedSize + length > kMaxProxySize) return refuse(header, Counter::drop_proxy_length);
  if (octets.size() - kProxyFixedSize < length) return ProxyFinding::kMore;
  header.size = kProxyFixedSize + length;
  if (command == kLocal) return ProxyFinding::kHeader;
  return read_client(octets.subspan(kProxyFixedSize, length), octets[kFamilyOffset], header);
}

bool may_proxy(const link::Settings& settings, const link::Endpoint& source) {
  const std::size_t count =
      std::min<std::size_t>(settings.proxy_ranges, link::kMaxProxyRanges);
  const std::size_t ipv4 = std::min<std::size_t>(settings.proxy_ipv4_ranges, count);
  const std::span<const link::SettingRange> all(settings.proxy_allowlist, count);
  const auto ranges = source.is_ipv4() ? all.first(ipv4) : all.subspan(ipv4);
  // The first that does not end before the source.
  const auto found = std::partition_point(
      ranges.begin(), ranges.end(), [&source](const link::SettingRange& range) {
        return std::memcmp(range.last, source.address.data(), sizeof range.last) < 0;
      });
  return found != ranges.end() &&
         std::memcmp(found->first, source.address.data(), sizeof found->first) <= 0;
}

}  // namespace bowline::dataplane::net
