// Binary in presentation form: hex, base64 (RFC 4648 4) and base32hex (RFC 4648 7).
//
// Strict: only the alphabet, padding where it belongs and bits behind the end zero, so equal octets
// have one text. Where the field ends the record it may be several words (RFC 4034 2.2, 5.3), each
// of whole octets in hex (RFC 3597 5) and of whole groups of four digits in base64.
// Pure functions, any thread; nothing allocates but the append_ functions, into their argument.
#pragma once

#include <string>
#include <string_view>

#include "dns/text_cursor.h"
#include "dns/wire.h"

namespace bowline::dns {

// 0 to 15; -1 for what is no hex digit.
inline int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Each writes the octets that `text` stands for. False: it is malformed.
bool write_hex(std::string_view text, WireWriter& out);
bool write_base64(std::string_view text, WireWriter& out);
bool write_base32hex(std::string_view text, WireWriter& out);  // without padding

void append_hex(Bytes octets, std::string& out);        // upper case
void append_base64(Bytes octets, std::string& out);
void append_base32hex(Bytes octets, std::string& out);  // upper case, without padding

// All tokens that are left, as one text.
bool parse_hex(TextCursor& in, WireWriter& out);
bool parse_digest(TextCursor& in, WireWriter& out);
bool parse_base64(TextCursor& in, WireWriter& out);
bool parse_optional_base64(TextCursor& in, WireWriter& out);
bool parse_base64_or_dash(TextCursor& in, WireWriter& out);

// One token: length octet and octets.
bool parse_salt(TextCursor& in, WireWriter& out);
bool parse_hash(TextCursor& in, WireWriter& out);
void append_hash(Bytes octets, std::string& out);

inline constexpr std::size_t kMinZonemdDigest = 12;  // RFC 8976 2.2.4

}  // namespace bowline::dns
