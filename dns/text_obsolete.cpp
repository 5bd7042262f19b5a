// WKS, NSAP, ATMA and A6 in presentation form.
#include "dns/text_obsolete.h"

#include <algorithm>
#include <array>

#include "dns/name_text.h"
#include "dns/text_address.h"
#include "dns/text_base.h"
#include "dns/text_number.h"

namespace bowline::dns {
namespace {

constexpr std::size_t kPortBitmap = 8192;
constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kUdp = 17;
constexpr std::uint8_t kAesa = 0;   // ATMA formats
constexpr std::uint8_t kE164 = 1;
constexpr unsigned kAddressBits = 128;

// Octets of an A6 address behind a prefix of `bits`.
std::size_t a6_suffix_size(unsigned bits) { return (kAddressBits - bits + 7) / 8; }

std::optional<std::uint64_t> protocol_of(std::string_view text) {
  if (text == "tcp" || text == "TCP") return kTcp;
  if (text == "udp" || text == "UDP") return kUdp;
  return number_from_text(text, UINT8_MAX);
}

// Hex digits with dots anywhere between them.
bool write_dotted_hex(std::string_view text, WireWriter& out) {
  std::array<char, 2> pair;
  std::size_t digits = 0;
  for (const char c : text) {
    if (c == '.') continue;
    pair[digits++ % 2] = c;
    if (digits % 2 == 0 && !write_hex({pair.data(), 2}, out)) return false;
  }
  return digits > 0 && digits % 2 == 0;
}

bool all_digits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

bool check_services(Bytes part) { return !part.empty() && part.size() <= 1 + kPortBitmap; }

bool parse_services(TextCursor& in, WireWriter& out) {
  constexpr std::string_view kExpectedProtocol = "tcp, udp or the number of a protocol";
  constexpr std::string_view kExpectedPort = "a port from 0 to 65535";
  const Token* token = in.next_word(kExpectedProtocol);
  if (token == nullptr) return false;
  const auto protocol = protocol_of(token->text);
  if (!protocol) return in.fail(*token, kExpectedProtocol);
  std::array<std::uint8_t, kPortBitmap> bits{};
  std::size_t size = 0;
  while (!in.at_end()) {
    token = in.next_word(kExpectedPort);
    if (token == nullptr) return false;
    const auto port = number_from_text(token->text, UINT16_MAX);
    if (!port) return in.fail(*token, kExpectedPort);
    bits[*port / 8] |= static_cast<std::uint8_t>(0x80 >> *port % 8);
    size = std::max<std::size_t>(size, *port / 8 + 1);
  }
  out.u8(static_cast<std::uint8_t>(*protocol));
  out.bytes(Bytes(bits).first(size));
  return true;
}

bool append_services(Bytes part, std::string& out) {
  if (part.size() > 1 && part.back() == 0) return false;
  append_number(part[0], out);
  for (std::size_t port = 0; port < (part.size() - 1) * 8; ++port) {
    if ((part[1 + port / 8] & 0x80 >> port % 8) == 0) continue;
    out += ' ';
    append_number(port, out);
  }
  return true;
}

bool parse_nsap(TextCursor& in, WireWriter& out) {
  constexpr std::string_view kExpected = "an NSAP address such as 0x47.0005.80.005a00";
  const Token* token = in.next_word(kExpected);
  if (token == nullptr) return false;
  const std::string_view text = token->text;
  if (!text.starts_with("0x") && !text.starts_with("0X")) return in.fail(*token, kExpected);
  return write_dotted_hex(text.substr(2), out) || in.fail(*token, kExpected);
}

void append_nsap(Bytes part, std::string& out) {
  out += "0x";
  append_hex(part, out);
}

bool parse_atm_address(TextCursor& in, WireWriter& out) {
  constexpr std::string_view kExpected = "an ATM address: + and digits, or hex with dots";
  const Token* token = in.next_word(kExpected);
  if (token == nullptr) return false;
  if (!token->text.starts_with('+')) {
    out.u8(kAesa);
    return write_dotted_hex(token->text, out) || in.fail(*token, kExpected);
  }
  const std::string_view digits = token->text.substr(1);
  if (!all_digits(digits)) return in.fail(*token, kExpected);
  out.u8(kE164);
  out.bytes({reinterpret_cast<const std::uint8_t*>(digits.data()), digits.size()});
  return true;
}

bool append_atm_address(Bytes part, std::string& out) {
  const Bytes address = part.subspan(1);
  if (part[0] == kAesa) {
    append_hex(address, out);
    return true;
  }
  const std::string_view digits(reinterpret_cast<const char*>(address.data()), address.size());
  if (part[0] != kE164 || !all_digits(digits)) return false;
  out += '+';
  out += digits;
  return true;
}

bool check_a6(Bytes part) {
  if (part.empty() || part[0] > kAddressBits) return false;
  const std::size_t name = 1 + a6_suffix_size(part[0]);
  if (part.size() < name) return false;
  if (part[0] == 0) return part.size() == name;
  const auto view = NameView::parse(part.subspan(name));
  return view && name + view->size() == part.size();
}

NamePlace name_in_a6(Bytes part) {
  const std::size_t name = 1 + a6_suffix_size(part[0]);
  return {name, part.size() - name};
}

bool parse_a6(TextCursor& in, WireWriter& out) {
  constexpr std::string_view kExpectedPrefix = "a prefix length from 0 to 128";
  constexpr std::string_view kExpectedSuffix = "an IPv6 address with zeros in the prefix";
  const Token* token = in.next_word(kExpectedPrefix);
  if (token == nullptr) return false;
  const auto prefix = number_from_text(token->text, kAddressBits);
  if (!prefix) return in.fail(*token, kExpectedPrefix);
  const auto bits = static_cast<unsigned>(*prefix);
  out.u8(static_cast<std::uint8_t>(bits));
  if (bits < kAddressBits) {
    token = in.next_word(kExpectedSuffix);
    if (token == nullptr) return false;
    std::array<std::uint8_t, kIpv6Size> address;
    if (!ipv6_from_text(token->text, address.data())) return in.fail(*token, kExpectedSuffix);
    for (unsigned bit = 0; bit < bits; ++bit) {
      if ((address[bit / 8] & 0x80 >> bit % 8) != 0) return in.fail(*token, kExpectedSuffix);
    }
    const std::size_t size = a6_suffix_size(bits);
    out.bytes(Bytes(address).last(size));
  }
  return bits == 0 || parse_name(in, out);
}

bool append_a6(Bytes part, std::string& out) {
  const unsigned bits = part[0];
  append_number(bits, out);
  const std::size_t size = a6_suffix_size(bits);
  if (size > 0) {
    // RFC 2874 3.1: the bits of the first octet that belong to the prefix are zero.
    if (bits % 8 != 0 && part[1] >> (8 - bits % 8) != 0) return false;
    std::array<std::uint8_t, kIpv6Size> address{};
    std::copy_n(part.begin() + 1, size, address.end() - static_cast<std::ptrdiff_t>(size));
    out += ' ';
    append_ipv6(address, out);
  }
  if (bits == 0) return true;
  const NamePlace name = name_in_a6(part);
  out += ' ';
  append_name_text({part.data() + name.offset, name.size}, out);
  return true;
}

}  // namespace bowline::dns
