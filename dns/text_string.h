// Character strings (RFC 1035 3.3, 5.1) in presentation form: escapes and quotes.
//
// Pure functions, any thread; nothing allocates but append_quoted(), into its argument.
#pragma once

#include <string>
#include <string_view>

#include "dns/text_cursor.h"
#include "dns/wire.h"

namespace bowline::dns {

inline constexpr std::size_t kMaxString = 255;  // RFC 1035 3.3: one length octet

// Reads \X or \DDD at text[at], the backslash, and moves `at` behind it. -1: it is none of them.
inline int read_escape(std::string_view text, std::size_t& at) {
  const auto digit = [text](std::size_t i) {
    return i < text.size() && text[i] >= '0' && text[i] <= '9' ? text[i] - '0' : -1;
  };
  if (at + 1 >= text.size()) return -1;
  const int hundreds = digit(at + 1);
  if (hundreds < 0) {
    at += 2;
    return static_cast<std::uint8_t>(text[at - 1]);
  }
  const int tens = digit(at + 2);
  const int ones = digit(at + 3);
  if (tens < 0 || ones < 0) return -1;
  at += 4;
  const int value = hundreds * 100 + tens * 10 + ones;
  return value <= 255 ? value : -1;
}

// Appends \DDD.
void append_decimal_escape(std::uint8_t octet, std::string& out);

// Writes the octets that `text` stands for. False: an escape is wrong.
bool write_unescaped(std::string_view text, WireWriter& out);

bool parse_string(TextCursor& in, WireWriter& out);
bool parse_optional_string(TextCursor& in, WireWriter& out);
bool parse_strings(TextCursor& in, WireWriter& out);
bool parse_tag(TextCursor& in, WireWriter& out);
bool parse_text_to_end(TextCursor& in, WireWriter& out);
bool parse_uri_target(TextCursor& in, WireWriter& out);

// Whether `tag`, without its length octet, is one of RFC 8659 4.1.1.
bool is_tag(Bytes tag);

void append_quoted(Bytes text, std::string& out);

}  // namespace bowline::dns
