// IPv4, IPv6, EUI and locator addresses in presentation form.
#include "dns/text_address.h"

#include <arpa/inet.h>

#include <array>
#include <cstring>

#include "dns/text_base.h"
#include "dns/text_number.h"

namespace bowline::dns {
namespace {

// What is read of an IPv6 address: groups before and behind "::".
struct Ipv6Groups {
  std::array<std::uint8_t, kIpv6Size> octets;
  std::size_t size = 0;        // octets so far
  std::size_t gap = SIZE_MAX;  // where "::" stands among them

  bool add_hex(std::string_view group) {
    if (group.empty() || group.size() > 4 || size + 2 > kIpv6Size) return false;
    unsigned value = 0;
    for (const char c : group) {
      const int digit = hex_digit(c);
      if (digit < 0) return false;
      value = value << 4 | static_cast<unsigned>(digit);
    }
    store_u16(&octets[size], static_cast<std::uint16_t>(value));
    size += 2;
    return true;
  }

  bool add_ipv4(std::string_view text) {
    if (size + kIpv4Size > kIpv6Size || !ipv4_from_text(text, &octets[size])) return false;
    size += kIpv4Size;
    return true;
  }

  // Spreads the gap. False: too few groups, or a gap that stands for none.
  bool finish(std::uint8_t* out) const {
    if (gap == SIZE_MAX) {
      if (size != kIpv6Size) return false;
      std::memcpy(out, octets.data(), kIpv6Size);
      return true;
    }
    if (size + 2 > kIpv6Size) return false;
    std::memset(out, 0, kIpv6Size);
    std::memcpy(out, octets.data(), gap);
    std::memcpy(out + kIpv6Size - (size - gap), octets.data() + gap, size - gap);
    return true;
  }
};

// `count` groups of exactly 2 * octets_per_group hex digits, or up to that if `short_groups`.
struct GroupForm {
  std::size_t count;
  std::size_t digits;
  char separator;
  bool short_groups;
};

bool read_groups(std::string_view text, const GroupForm& form, std::uint8_t* out) {
  std::size_t at = 0;
  for (std::size_t i = 0; i < form.count; ++i) {
    if (i > 0 && (at >= text.size() || text[at++] != form.separator)) return false;
    const std::size_t start = at;
    unsigned value = 0;
    for (; at < text.size() && at - start < form.digits && hex_digit(text[at]) >= 0; ++at) {
      value = value << 4 | static_cast<unsigned>(hex_digit(text[at]));
    }
    if (at == start || (!form.short_groups && at - start != form.digits)) return false;
    if (form.digits == 4) *out++ = static_cast<std::uint8_t>(value >> 8);
    *out++ = static_cast<std::uint8_t>(value);
  }
  return at == text.size();
}

// Takes a token, has `read` write `Size` octets of it.
template <std::size_t Size, typename Read>
bool parse_fixed(TextCursor& in, WireWriter& out, std::string_view expected, Read read) {
  const Token* token = in.next_word(expected);
  if (token == nullptr) return false;
  std::array<std::uint8_t, Size> octets;
  if (!read(token->text, octets.data())) return in.fail(*token, expected);
  out.bytes(octets);
  return true;
}

}  // namespace

bool ipv4_from_text(std::string_view text, std::uint8_t* out) {
  std::size_t at = 0;
  for (std::size_t part = 0; part < kIpv4Size; ++part) {
    if (part > 0 && (at >= text.size() || text[at++] != '.')) return false;
    const std::size_t start = at;
    unsigned value = 0;
    for (; at < text.size() && at - start < 3; ++at) {
      const unsigned digit = static_cast<unsigned char>(text[at]) - unsigned{'0'};
      if (digit > 9) break;
      value = value * 10 + digit;
    }
    if (at == start || value > 255 || (at - start > 1 && text[start] == '0')) return false;
    out[part] = static_cast<std::uint8_t>(value);
  }
  return at == text.size();
}

bool ipv6_from_text(std::string_view text, std::uint8_t* out) {
  Ipv6Groups groups;
  std::size_t at = 0;
  if (text.starts_with("::")) {
    groups.gap = 0;
    at = 2;
  }
  while (at < text.size()) {
    std::size_t end = at;
    bool dotted = false;
    while (end < text.size() && text[end] != ':') dotted |= text[end++] == '.';
    const std::string_view group = text.substr(at, end - at);
    if (dotted) return end == text.size() && groups.add_ipv4(group) && groups.finish(out);
    if (!groups.add_hex(group)) return false;
    if (end == text.size()) return groups.finish(out);
    at = end + 1;
    if (at < text.size() && text[at] == ':') {
      if (groups.gap != SIZE_MAX) return false;
      groups.gap = groups.size;
      ++at;
    } else if (at == text.size()) {
      return false;  // a single colon at the end
    }
  }
  return groups.finish(out);
}

void append_ipv4(Bytes address, std::string& out) {
  for (std::size_t i = 0; i < kIpv4Size; ++i) {
    if (i > 0) out += '.';
    append_number(address[i], out);
  }
}

void append_ipv6(Bytes address, std::string& out) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(AF_INET6, address.data(), text.data(), text.size());
  out += text.data();
}

bool parse_ipv4(TextCursor& in, WireWriter& out) {
  return parse_fixed<kIpv4Size>(in, out, "an IPv4 address such as 192.0.2.1", ipv4_from_text);
}

bool parse_ipv6(TextCursor& in, WireWriter& out) {
  return parse_fixed<kIpv6Size>(in, out, "an IPv6 address such as 2001:db8::1", ipv6_from_text);
}

bool parse_eui48(TextCursor& in, WireWriter& out) {
  return parse_fixed<6>(in, out, "an EUI-48 address such as 00-00-5e-00-53-2a",
                        [](std::string_view text, std::uint8_t* octets) {
                          return read_groups(text, {6, 2, '-', false}, octets);
                        });
}

bool parse_eui64(TextCursor& in, WireWriter& out) {
  return parse_fixed<8>(in, out, "an EUI-64 address such as 00-00-5e-ef-10-00-00-2a",
                        [](std::string_view text, std::uint8_t* octets) {
                          return read_groups(text, {8, 2, '-', false}, octets);
                        });
}

bool parse_locator(TextCursor& in, WireWriter& out) {
  return parse_fixed<8>(in, out, "64 bits as four groups of hex digits, such as 14:4fff:ff20:ee64",
                        [](std::string_view text, std::uint8_t* octets) {
                          return read_groups(text, {4, 4, ':', true}, octets);
                        });
}

void append_hex_groups(Bytes octets, std::size_t group, char separator, std::string& out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (std::size_t i = 0; i < octets.size(); ++i) {
    if (i > 0 && i % group == 0) out += separator;
    out += kDigits[octets[i] >> 4];
    out += kDigits[octets[i] & 15];
  }
}

}  // namespace bowline::dns
