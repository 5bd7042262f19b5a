#include "perf/pktgen/addresses.h"

#include <algorithm>
#include <charconv>

#include "dns/text_address.h"

namespace bowline::perf::pktgen {
namespace {

std::optional<Address> address_of(std::string_view text) {
  Address out;
  if (dns::ipv4_from_text(text, out.octets.data())) return out;
  out.v6 = true;
  if (dns::ipv6_from_text(text, out.octets.data())) return out;
  return std::nullopt;
}

std::optional<unsigned> number_of(std::string_view text, unsigned most) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value > most) return {};
  return value;
}

// Clears all but the first `length` bits.
void mask(Address& address, unsigned length) {
  for (std::size_t i = 0; i < address.bytes().size(); ++i) {
    const int kept = std::clamp(static_cast<int>(length) - static_cast<int>(8 * i), 0, 8);
    address.octets[i] &= static_cast<std::uint8_t>(0xff00 >> kept);
  }
}

void set_low(Address& address, std::uint16_t low) {
  dns::store_u16(address.octets.data() + address.bytes().size() - 2, low);
}

}  // namespace

std::string Address::to_text() const {
  std::string out;
  if (v6) {
    dns::append_ipv6(bytes(), out);
  } else {
    dns::append_ipv4(bytes(), out);
  }
  return out;
}

bool Sources::contains(dns::Bytes address) const {
  const dns::Bytes ours = first.bytes();
  if (address.size() != ours.size()) return false;
  const std::size_t fixed = ours.size() - 2;
  if (!std::equal(ours.begin(), ours.begin() + static_cast<std::ptrdiff_t>(fixed),
                  address.begin())) {
    return false;
  }
  const unsigned low = dns::load_u16(&address[fixed]), start = dns::load_u16(&ours[fixed]);
  return low >= start && low - start < count;
}

dns::Result<Endpoint> parse_endpoint(const std::string& text) {
  const std::size_t at = text.find('@');
  const auto address = address_of(std::string_view(text).substr(0, at));
  Endpoint out;
  if (at != text.npos) {
    const auto port = number_of(std::string_view(text).substr(at + 1), 65'535);
    if (!port || *port == 0) return dns::Error{"no port from 1 to 65535 in " + text};
    out.port = static_cast<std::uint16_t>(*port);
  }
  if (!address) {
    return dns::Error{"no address: " + text + "; expected one such as 192.0.2.1, 192.0.2.1@5300 "
                      "or 2001:db8::1"};
  }
  out.address = *address;
  return out;
}

dns::Result<Mac> parse_mac(const std::string& text) {
  const dns::Error error{"no MAC of one interface: " + text +
                         "; expected one such as 02:00:00:00:00:02"};
  Mac out;
  if (text.size() != 3 * out.size() - 1) return error;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const char* const begin = text.data() + 3 * i;
    const auto [end, fault] = std::from_chars(begin, begin + 2, out[i], 16);
    if (fault != std::errc() || end != begin + 2) return error;
    if (i + 1 < out.size() && *end != ':') return error;
  }
  if ((out[0] & 1) != 0) return error;  // a group's: questions go to one server only
  return out;
}

dns::Result<Sources> parse_sources(const std::string& text) {
  const std::size_t slash = text.find('/');
  const auto address = address_of(std::string_view(text).substr(0, slash));
  if (!address) {
    return dns::Error{"no address: " + text + "; expected one such as 192.0.2.7, 192.0.2.0/24 or "
                      "2001:db8:1::/64"};
  }
  const unsigned bits = address->v6 ? 128 : 32;
  const auto length = slash == text.npos
                          ? bits
                          : number_of(std::string_view(text).substr(slash + 1), bits);
  if (!length) return dns::Error{"no prefix length up to " + std::to_string(bits) + " in " + text};
  Sources out;
  out.first = *address;
  if (*length == bits) return out;
  mask(out.first, *length);
  out.count = std::uint32_t{1} << std::min(bits - *length, 16U);
  if (!address->v6 && *length < 31) {
    set_low(out.first, static_cast<std::uint16_t>(out.low(0) + 1));
    out.count -= 2;
  }
  return out;
}

Sources neighbour_of(const Address& server) {
  Sources out;
  out.first = server;
  // The next one, and from the end of a /24 the one before: never a broadcast address.
  const std::uint8_t last = server.octets[server.bytes().size() - 1];
  set_low(out.first, static_cast<std::uint16_t>(out.low(0) + (last >= 254 ? -1 : 1)));
  return out;
}

std::string to_text(const Mac& mac) {
  std::string out;
  dns::append_hex_groups({mac.data(), mac.size()}, 1, ':', out);
  return out;
}

}  // namespace bowline::perf::pktgen
