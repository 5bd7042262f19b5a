// Addresses of the configuration as text.
#include "control/config/address_text.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

namespace bowline::control::config {
namespace {

using Family = Address::Family;
using dns::Error;
using dns::Result;

constexpr std::size_t kMaxSocketPath = 107;  // sockaddr_un, with its final NUL
constexpr std::size_t kMaxDeviceName = 15;   // IFNAMSIZ, with its final NUL

std::optional<Address> parse_ip(std::string_view text) {
  char terminated[INET6_ADDRSTRLEN + 1];
  if (text.empty() || text.size() >= sizeof terminated) return std::nullopt;
  std::memcpy(terminated, text.data(), text.size());
  terminated[text.size()] = '\0';
  if (std::memchr(terminated, '\0', text.size()) != nullptr) return std::nullopt;
  Address address;
  address.family = text.find(':') == std::string_view::npos ? Family::kIpv4 : Family::kIpv6;
  const int family = address.family == Family::kIpv4 ? AF_INET : AF_INET6;
  if (inet_pton(family, terminated, address.bytes.data()) != 1) return std::nullopt;
  return address;
}

template <typename Number>
std::optional<Number> parse_whole(std::string_view text) {
  Number number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, failure] = std::from_chars(text.data(), end, number);
  if (text.empty() || failure != std::errc{} || rest != end) return std::nullopt;
  return number;
}

// Takes @port from the end of the text. Nothing: there is one, and it is bad.
std::optional<Address> take_port(std::string_view& text) {
  Address result;
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos) return result;
  const auto port = parse_whole<std::uint16_t>(text.substr(at + 1));
  if (!port || *port == 0) return std::nullopt;
  result.has_port = true;
  result.port = *port;
  text = text.substr(0, at);
  return result;
}

std::optional<Address> parse_ip_with_port(std::string_view text) {
  const auto port = take_port(text);
  if (!port) return std::nullopt;
  auto address = parse_ip(text);
  if (!address) return std::nullopt;
  address->has_port = port->has_port;
  address->port = port->port;
  return address;
}

// A slip in an address must not become the name of a socket.
bool looks_like_ip(std::string_view text) {
  const bool only = std::all_of(text.begin(), text.end(), [](char c) {
    return std::string_view("0123456789abcdefABCDEF.:@-/%").find(c) != std::string_view::npos;
  });
  const bool dotted = std::count(text.begin(), text.end(), '.') > 0 ||
                      std::count(text.begin(), text.end(), ':') > 0;
  return only && dotted && !text.starts_with('/');
}

std::optional<Address> parse_path(std::string_view text) {
  if (text.empty() || text.size() > kMaxSocketPath || looks_like_ip(text) ||
      text.find('@') != std::string_view::npos || text.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  Address address;
  address.family = Family::kUnix;
  address.path = text;
  return address;
}

std::optional<Address> parse_device(std::string_view text) {
  const auto port = take_port(text);
  const auto is_name = [](char c) { return c > ' ' && c < 0x7f && c != '/' && c != ':'; };
  if (!port || text.empty() || text.size() > kMaxDeviceName || looks_like_ip(text) ||
      !std::all_of(text.begin(), text.end(), is_name)) {
    return std::nullopt;
  }
  Address address;
  address.family = Family::kDevice;
  address.path = text;
  address.has_port = port->has_port;
  address.port = port->port;
  return address;
}

AddressRange block_of(const Address& base, unsigned prefix) {
  AddressRange range{base.family, base.bytes, base.bytes};
  const unsigned size = base.family == Family::kIpv4 ? 4 : 16;
  for (unsigned i = 0; i < size; ++i) {
    const unsigned kept = prefix >= 8 * (i + 1) ? 8 : prefix > 8 * i ? prefix - 8 * i : 0;
    const auto host = static_cast<std::uint8_t>(0xffu >> kept);
    range.first[i] = static_cast<std::uint8_t>(range.first[i] & ~host);
    range.last[i] = static_cast<std::uint8_t>(range.last[i] | host);
  }
  return range;
}

// The manual writes the block 198.51.100.0/24 as 198.51.100 once: two or three octets stand for
// the block that they begin.
std::optional<AddressRange> parse_short_block(std::string_view text) {
  const auto dots = std::count(text.begin(), text.end(), '.');
  if (dots < 1 || dots > 2) return std::nullopt;
  std::string full(text);
  for (auto i = dots; i < 3; ++i) full += ".0";
  const auto base = parse_ip(full);
  if (!base) return std::nullopt;
  return block_of(*base, static_cast<unsigned>(8 * (dots + 1)));
}

std::optional<AddressRange> parse_range(std::string_view text) {
  if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) {
    const auto base = parse_ip(text.substr(0, slash));
    const auto prefix = parse_whole<unsigned>(text.substr(slash + 1));
    if (!base || !prefix || *prefix > (base->family == Family::kIpv4 ? 32u : 128u)) {
      return std::nullopt;
    }
    return block_of(*base, *prefix);
  }
  if (const std::size_t dash = text.find('-'); dash != std::string_view::npos) {
    const auto first = parse_ip(text.substr(0, dash));
    const auto last = parse_ip(text.substr(dash + 1));
    if (!first || !last || first->family != last->family || first->bytes > last->bytes) {
      return std::nullopt;
    }
    return AddressRange{first->family, first->bytes, last->bytes};
  }
  if (const auto single = parse_ip(text)) {
    return AddressRange{single->family, single->bytes, single->bytes};
  }
  return parse_short_block(text);
}

Result<Value> parse_range_value(Type type, std::string_view text) {
  if (auto range = parse_range(text)) return Value(*range);
  if (type == Type::kRange) return Error{"ADDRESS, ADDRESS/PREFIX or FIRST-LAST in order"};
  auto path = parse_path(text);
  if (path && path->path.front() == '/') return Value(std::move(*path));
  return Error{"ADDRESS, ADDRESS/PREFIX, FIRST-LAST in order, or the absolute path of a socket"};
}

}  // namespace

Result<Value> parse_address_value(Type type, std::string_view text) {
  if (type == Type::kRange || type == Type::kRangeOrPath) return parse_range_value(type, text);
  if (auto address = parse_ip_with_port(text)) return Value(std::move(*address));
  if (type == Type::kSocket) {
    if (auto path = parse_path(text)) return Value(std::move(*path));
    return Error{"ADDRESS, ADDRESS@PORT (ports 1 to 65535), or the path of a UNIX socket"};
  }
  if (type == Type::kDevice) {
    if (auto device = parse_device(text)) return Value(std::move(*device));
    return Error{"a network device or an address, with @PORT (1 to 65535) if wanted"};
  }
  return Error{"ADDRESS or ADDRESS@PORT (ports 1 to 65535)"};
}

}  // namespace bowline::control::config
