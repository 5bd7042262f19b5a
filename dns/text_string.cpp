// Character strings in presentation form.
#include "dns/text_string.h"

#include <algorithm>
#include <array>

namespace bowline::dns {
namespace {

Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// Writes length and octets of one string. False: an escape is wrong, or it is too long.
bool write_string(std::string_view text, WireWriter& out) {
  if (text.find('\\') == std::string_view::npos) {
    if (text.size() > kMaxString) return false;
    out.u8(static_cast<std::uint8_t>(text.size()));
    out.bytes(as_bytes(text));
    return true;
  }
  std::array<std::uint8_t, kMaxString> octets;
  WireWriter string(octets);
  if (!write_unescaped(text, string) || !string.ok()) return false;
  out.u8(static_cast<std::uint8_t>(string.size()));
  out.bytes(string.written());
  return true;
}

}  // namespace

void append_decimal_escape(std::uint8_t octet, std::string& out) {
  out += '\\';
  out += static_cast<char>('0' + octet / 100);
  out += static_cast<char>('0' + octet / 10 % 10);
  out += static_cast<char>('0' + octet % 10);
}

bool write_unescaped(std::string_view text, WireWriter& out) {
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '\\') {
      const int octet = read_escape(text, at);
      if (octet < 0) return false;
      out.u8(static_cast<std::uint8_t>(octet));
      continue;
    }
    const std::size_t end = std::min(text.find('\\', at), text.size());
    out.bytes(as_bytes(text.substr(at, end - at)));
    at = end;
  }
  return true;
}

bool parse_string(TextCursor& in, WireWriter& out) {
  constexpr std::string_view kExpected = "a string of at most 255 octets";
  const Token* token = in.next(kExpected);
  if (token == nullptr) return false;
  return write_string(token->text, out) || in.fail(*token, kExpected);
}

bool parse_optional_string(TextCursor& in, WireWriter& out) {
  return in.at_end() || parse_string(in, out);
}

// RFC 1035 3.3 limits a string to 255 octets. What is longer becomes several, for those who read
// them put the strings of a record together (RFC 7208 3.3).
bool write_divided(std::string_view text, WireWriter& out) {
  for (std::size_t at = 0; at < text.size();) {
    std::array<std::uint8_t, kMaxString> octets;
    std::size_t size = 0;
    while (size < octets.size() && at < text.size()) {
      const bool plain = text[at] != '\\';
      const int octet = plain ? static_cast<std::uint8_t>(text[at]) : read_escape(text, at);
      if (octet < 0) return false;
      if (plain) ++at;
      octets[size++] = static_cast<std::uint8_t>(octet);
    }
    out.u8(static_cast<std::uint8_t>(size));
    out.bytes(Bytes(octets).first(size));
  }
  return true;
}

bool parse_strings(TextCursor& in, WireWriter& out) {
  constexpr std::string_view kExpected = "a string";
  do {
    const Token* token = in.next(kExpected);
    if (token == nullptr) return false;
    const bool good = token->text.size() <= kMaxString ? write_string(token->text, out)
                                                       : write_divided(token->text, out);
    if (!good) return in.fail(*token, kExpected);
  } while (!in.at_end());
  return true;
}

bool is_tag(Bytes tag) {
  return !tag.empty() && std::all_of(tag.begin(), tag.end(), [](std::uint8_t c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
}

bool parse_tag(TextCursor& in, WireWriter& out) {
  constexpr std::string_view kExpected = "a tag of letters and digits, such as issue";
  const Token* token = in.next_word(kExpected);
  if (token == nullptr) return false;
  if (!is_tag(as_bytes(token->text)) || !write_string(token->text, out)) {
    return in.fail(*token, kExpected);
  }
  return true;
}

bool parse_text_to_end(TextCursor& in, WireWriter& out) {
  constexpr std::string_view kExpected = "a string";
  const Token* token = in.next(kExpected);
  if (token == nullptr) return false;
  return write_unescaped(token->text, out) || in.fail(*token, kExpected);
}

bool parse_uri_target(TextCursor& in, WireWriter& out) {
  constexpr std::string_view kExpected = "a URI in quotes";
  const Token* token = in.next(kExpected);
  if (token == nullptr) return false;
  if (token->text.empty()) return in.fail(*token, kExpected);
  return write_unescaped(token->text, out) || in.fail(*token, kExpected);
}

void append_quoted(Bytes text, std::string& out) {
  out += '"';
  for (const std::uint8_t c : text) {
    if (c < ' ' || c >= 0x7f) {
      append_decimal_escape(c, out);
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<char>(c);
  }
  out += '"';
}

}  // namespace bowline::dns
