// IPSECKEY gateways, AMTRELAY relays and HIP heads; and names, which the first two may be.
#include "dns/text_gateway.h"

#include <array>

#include "dns/name_text.h"
#include "dns/text_address.h"
#include "dns/text_base.h"
#include "dns/text_number.h"
#include "dns/text_string.h"

namespace bowline::dns {
namespace {

// RFC 4025 2.3 and RFC 8777 4.2.3 number alike.
enum GatewayType : std::uint8_t { kNone = 0, kGatewayIpv4 = 1, kGatewayIpv6 = 2, kDomain = 3 };

constexpr std::size_t kIpsecHead = 2;  // gateway type, algorithm
constexpr std::size_t kAmtHead = 1;    // D and type
constexpr std::uint8_t kDiscoveryBit = 0x80;
constexpr std::size_t kHipHead = 4;

std::optional<std::size_t> measure_gateway(std::uint8_t type, Bytes rest) {
  switch (type) {
    case kNone: return 0;
    case kGatewayIpv4: return rest.size() < kIpv4Size ? std::nullopt : std::optional(kIpv4Size);
    case kGatewayIpv6: return rest.size() < kIpv6Size ? std::nullopt : std::optional(kIpv6Size);
    case kDomain: {
      const auto name = NameView::parse(rest);
      return name ? std::optional(name->size()) : std::nullopt;
    }
    default: return rest.size();
  }
}

bool parse_gateway(std::uint8_t type, TextCursor& in, WireWriter& out) {
  constexpr std::string_view kExpected = "a single dot, for no gateway";
  switch (type) {
    case kNone: {
      const Token* token = in.next_word(kExpected);
      if (token == nullptr) return false;
      return token->text == "." || in.fail(*token, kExpected);
    }
    case kGatewayIpv4: return parse_ipv4(in, out);
    case kGatewayIpv6: return parse_ipv6(in, out);
    default: return parse_name(in, out);
  }
}

bool append_gateway(std::uint8_t type, Bytes gateway, std::string& out) {
  switch (type) {
    case kNone: out += '.'; return true;
    case kGatewayIpv4: append_ipv4(gateway, out); return true;
    case kGatewayIpv6: append_ipv6(gateway, out); return true;
    case kDomain: append_name_text({gateway.data(), gateway.size()}, out); return true;
    default: return false;
  }
}

// A number that the text needs to know before it goes on.
std::optional<std::uint8_t> take_number(TextCursor& in, std::string_view expected,
                                        std::uint8_t max) {
  const Token* token = in.next_word(expected);
  if (token == nullptr) return std::nullopt;
  const auto value = number_from_text(token->text, max);
  if (!value) {
    in.fail(*token, expected);
    return std::nullopt;
  }
  return static_cast<std::uint8_t>(*value);
}

}  // namespace

bool parse_name(TextCursor& in, WireWriter& out) {
  constexpr std::string_view kExpected = "a domain name";
  const Token* token = in.next_word(kExpected);
  if (token == nullptr) return false;
  __attribute__((uninitialized)) std::array<std::uint8_t, kMaxNameSize> octets;
  std::size_t size = 0;
  const NameView origin = in.origin();
  const NameTextFault fault = read_name_text(token->text, &origin, octets.data(), size);
  if (fault != NameTextFault::kNone) {
    in.fail(*token, std::string(kExpected) + " (this " + std::string(to_text(fault)) + ")");
    return false;
  }
  out.bytes({octets.data(), size});
  return true;
}

std::optional<std::size_t> measure_ipsec_gateway(Bytes rest) {
  if (rest.size() < kIpsecHead) return std::nullopt;
  const auto size = measure_gateway(rest[0], rest.subspan(kIpsecHead));
  return size ? std::optional(kIpsecHead + *size) : std::nullopt;
}

NamePlace name_in_ipsec_gateway(Bytes part) {
  if (part[0] != kDomain) return {};
  return {kIpsecHead, part.size() - kIpsecHead};
}

bool parse_ipsec_gateway(TextCursor& in, WireWriter& out) {
  const auto type = take_number(in, "a gateway type from 0 to 3", kDomain);
  if (!type) return false;
  const auto algorithm = take_number(in, "an algorithm from 0 to 255", UINT8_MAX);
  if (!algorithm) return false;
  out.u8(*type);
  out.u8(*algorithm);
  if (!parse_gateway(*type, in, out)) return false;
  // RFC 4025 2.4: algorithm 0 says that there is no key. The key is the field behind this one.
  return *algorithm != 0 || in.at_end() ||
         in.fail(in.peek(), "the end of the record: with algorithm 0 there is no key");
}

bool may_have_ipsec_key(Bytes part) { return part[1] != 0; }

bool append_ipsec_gateway(Bytes part, std::string& out) {
  append_number(part[0], out);
  out += ' ';
  append_number(part[1], out);
  out += ' ';
  return append_gateway(part[0], part.subspan(kIpsecHead), out);
}

std::optional<std::size_t> measure_amt_relay(Bytes rest) {
  if (rest.empty()) return std::nullopt;
  const std::uint8_t type = rest[0] & static_cast<std::uint8_t>(~kDiscoveryBit);
  const auto size = measure_gateway(type, rest.subspan(kAmtHead));
  return size ? std::optional(kAmtHead + *size) : std::nullopt;
}

NamePlace name_in_amt_relay(Bytes part) {
  if ((part[0] & static_cast<std::uint8_t>(~kDiscoveryBit)) != kDomain) return {};
  return {kAmtHead, part.size() - kAmtHead};
}

bool parse_amt_relay(TextCursor& in, WireWriter& out) {
  const auto discovery = take_number(in, "a discovery bit: 0 or 1", 1);
  if (!discovery) return false;
  const auto type = take_number(in, "a relay type from 0 to 3", kDomain);
  if (!type) return false;
  out.u8(static_cast<std::uint8_t>(*discovery != 0 ? *type | kDiscoveryBit : *type));
  return parse_gateway(*type, in, out);
}

bool append_amt_relay(Bytes part, std::string& out) {
  const std::uint8_t type = part[0] & static_cast<std::uint8_t>(~kDiscoveryBit);
  append_number(part[0] >> 7, out);
  out += ' ';
  append_number(type, out);
  out += ' ';
  return append_gateway(type, part.subspan(kAmtHead), out);
}

std::optional<std::size_t> measure_host_identity(Bytes rest) {
  if (rest.size() < kHipHead) return std::nullopt;
  const std::size_t hit = rest[0];
  const std::size_t key = load_u16(&rest[2]);
  if (hit == 0 || key == 0 || rest.size() < kHipHead + hit + key) return std::nullopt;
  return kHipHead + hit + key;
}

bool parse_host_identity(TextCursor& in, WireWriter& out) {
  constexpr std::string_view kExpectedHit = "a host identity tag of at most 255 octets in hex";
  constexpr std::string_view kExpectedKey = "a public key in base64, as one word";
  const std::size_t head = out.size();
  out.u8(0);
  if (!parse_u8(in, out)) return false;
  out.u16(0);
  const std::size_t hit = out.size();
  const Token* token = in.next_word(kExpectedHit);
  if (token == nullptr) return false;
  if (!write_hex(token->text, out) || (out.ok() && out.size() == hit) ||
      out.size() - hit > kMaxString) {
    return in.fail(*token, kExpectedHit);
  }
  const std::size_t key = out.size();
  token = in.next_word(kExpectedKey);
  if (token == nullptr) return false;
  if (!write_base64(token->text, out) || (out.ok() && out.size() == key) ||
      out.size() - key > kMaxRdataSize) {
    return in.fail(*token, kExpectedKey);
  }
  if (!out.ok()) return true;  // no room; the caller reports that for all fields
  const auto algorithm = static_cast<std::uint16_t>(out.written()[head + 1]);
  out.patch_u16(head, static_cast<std::uint16_t>((key - hit) << 8 | algorithm));
  out.patch_u16(head + 2, static_cast<std::uint16_t>(out.size() - key));
  return true;
}

bool append_host_identity(Bytes part, std::string& out) {
  append_number(part[1], out);
  out += ' ';
  append_hex(part.subspan(kHipHead, part[0]), out);
  out += ' ';
  append_base64(part.subspan(kHipHead + part[0]), out);
  return true;
}

}  // namespace bowline::dns
