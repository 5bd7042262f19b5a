// IPv4, IPv6, EUI and locator addresses in presentation form.
//
// Pure functions, any thread; nothing allocates but the append_ functions, into their argument.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "dns/text_cursor.h"
#include "dns/wire.h"

namespace bowline::dns {

inline constexpr std::size_t kIpv4Size = 4;
inline constexpr std::size_t kIpv6Size = 16;

// Dotted quad without leading zeros, into out[0..4).
bool ipv4_from_text(std::string_view text, std::uint8_t* out);
// RFC 4291 2.2, without a zone, into out[0..16).
bool ipv6_from_text(std::string_view text, std::uint8_t* out);

void append_ipv4(Bytes address, std::string& out);  // REQUIRES: 4 octets
void append_ipv6(Bytes address, std::string& out);  // REQUIRES: 16 octets; RFC 5952 form

bool parse_ipv4(TextCursor& in, WireWriter& out);
bool parse_ipv6(TextCursor& in, WireWriter& out);

bool parse_eui48(TextCursor& in, WireWriter& out);    // 00-00-5e-00-53-2a
bool parse_eui64(TextCursor& in, WireWriter& out);
bool parse_locator(TextCursor& in, WireWriter& out);  // 0014:4fff:ff20:ee64
// Groups of `group` octets with `separator` between them.
void append_hex_groups(Bytes octets, std::size_t group, char separator, std::string& out);

}  // namespace bowline::dns
