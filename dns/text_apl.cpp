// APL in presentation form (RFC 3123 5).
#include "dns/text_apl.h"

#include <algorithm>
#include <array>

#include "dns/text_address.h"
#include "dns/text_number.h"

namespace bowline::dns {
namespace {

constexpr std::size_t kItemHead = 4;  // family, prefix, N and length
constexpr std::uint8_t kNegation = 0x80;

// IANA "Address Family Numbers": 1 and 2. Other families have no text form.
std::size_t address_size(std::uint16_t family) {
  return family == 1 ? kIpv4Size : family == 2 ? kIpv6Size : 0;
}

std::size_t item_size(Bytes items) { return kItemHead + (items[3] & ~kNegation & 0xffu); }

// [!]family:address/prefix
bool write_item(std::string_view text, WireWriter& out) {
  const bool negative = text.starts_with('!');
  if (negative) text.remove_prefix(1);
  const std::size_t colon = text.find(':');
  const std::size_t slash = text.rfind('/');
  if (colon == std::string_view::npos || slash == std::string_view::npos || slash < colon) {
    return false;
  }
  const auto family = number_from_text(text.substr(0, colon), UINT16_MAX);
  if (!family) return false;
  const std::string_view address = text.substr(colon + 1, slash - colon - 1);
  std::size_t size = address_size(static_cast<std::uint16_t>(*family));
  std::array<std::uint8_t, kIpv6Size> octets;
  if (size == 0 || !(size == kIpv4Size ? ipv4_from_text(address, octets.data())
                                       : ipv6_from_text(address, octets.data()))) {
    return false;
  }
  const auto prefix = number_from_text(text.substr(slash + 1), size * 8);
  if (!prefix) return false;
  while (size > 0 && octets[size - 1] == 0) --size;  // RFC 3123 4
  out.u16(static_cast<std::uint16_t>(*family));
  out.u8(static_cast<std::uint8_t>(*prefix));
  out.u8(static_cast<std::uint8_t>(size | (negative ? kNegation : 0u)));
  out.bytes(Bytes(octets).first(size));
  return true;
}

bool append_item(Bytes item, std::string& out) {
  const std::uint16_t family = load_u16(item.data());
  const std::size_t size = address_size(family);
  if (size == 0 || (item.size() > kItemHead && item.back() == 0)) return false;
  std::array<std::uint8_t, kIpv6Size> octets{};
  std::copy(item.begin() + kItemHead, item.end(), octets.begin());
  if ((item[3] & kNegation) != 0) out += '!';
  append_number(family, out);
  out += ':';
  if (size == kIpv4Size) {
    append_ipv4(octets, out);
  } else {
    append_ipv6(octets, out);
  }
  out += '/';
  append_number(item[2], out);
  return true;
}

}  // namespace

bool check_prefixes(Bytes items) {
  while (!items.empty()) {
    if (items.size() < kItemHead || items.size() < item_size(items)) return false;
    const std::size_t whole = address_size(load_u16(items.data()));
    if (whole != 0 && (item_size(items) > kItemHead + whole || items[2] > whole * 8)) return false;
    items = items.subspan(item_size(items));
  }
  return true;
}

bool parse_prefixes(TextCursor& in, WireWriter& out) {
  constexpr std::string_view kExpected = "a prefix such as 1:192.0.2.0/24 or !2:2001:db8::/32";
  while (!in.at_end()) {
    const Token* token = in.next_word(kExpected);
    if (token == nullptr) return false;
    if (!write_item(token->text, out)) return in.fail(*token, kExpected);
  }
  return true;
}

bool append_prefixes(Bytes items, std::string& out) {
  while (!items.empty()) {
    const std::size_t size = item_size(items);
    if (!append_item(items.first(size), out)) return false;
    items = items.subspan(size);
    if (!items.empty()) out += ' ';
  }
  return true;
}

}  // namespace bowline::dns
