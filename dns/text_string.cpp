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

bool parse_strings(TextCursor& in, WireWriter& out) {
  do {
    if (!parse_string(in, out)) return false;
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
