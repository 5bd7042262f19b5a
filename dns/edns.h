// EDNS(0) (RFC 6891): the OPT record of a request as facts, every known option readable.
#pragma once

#include <array>
#include <cstdint>

#include "dns/wire.h"

namespace bowline::dns {

inline constexpr std::size_t kMaxEdnsOptions = 32;  // hardening 44: option floods; peers allow 100

enum class EdnsOption : std::uint16_t {
  kLlq = 1, kNsid = 3, kDau = 5, kDhu = 6, kN3u = 7, kClientSubnet = 8, kExpire = 9, kCookie = 10,
  kTcpKeepalive = 11, kPadding = 12, kChain = 13, kKeyTag = 14, kExtendedError = 15,
  kClientTag = 16, kServerTag = 17, kReportChannel = 18, kZoneVersion = 19,
};

struct ClientSubnet {  // RFC 7871 6
  std::uint16_t family = 0;
  std::uint8_t source_prefix = 0, scope_prefix = 0;
  std::array<std::uint8_t, 16> address{};
};

// Offsets are into the message that was read. The first of a repeated option wins.
struct Edns {
  std::uint16_t udp_size = 0;
  std::uint8_t version = 0;
  std::uint8_t extended_rcode = 0;
  bool dnssec_ok = false;       // DO
  std::uint16_t flags = 0;      // all 16 bits
  std::uint16_t options_offset = 0, options_size = 0;
  std::uint8_t option_count = 0;

  bool has_nsid = false, has_expire = false, has_keepalive = false, has_padding = false;
  bool has_cookie = false;
  std::uint16_t cookie_offset = 0;
  std::uint8_t cookie_size = 0;  // 8, or 16 to 40; anything else is a fault (RFC 7873 5.2.2)
  bool has_client_subnet = false;
  bool client_subnet_valid = false;  // RFC 7871 7.1.2: otherwise FORMERR
  ClientSubnet client_subnet;
};

// Walks the options of `edns`: calls `visit(EdnsOption, Bytes)` for each in order.
template <typename Visit>
void for_each_option(Bytes message, const Edns& edns, Visit&& visit) {
  WireReader reader(message.subspan(edns.options_offset, edns.options_size));
  while (reader.remaining() >= 4) {
    const auto code = static_cast<EdnsOption>(reader.u16());
    const Bytes value = reader.bytes(reader.u16());
    if (!reader.ok()) return;
    visit(code, value);
  }
}

}  // namespace bowline::dns
