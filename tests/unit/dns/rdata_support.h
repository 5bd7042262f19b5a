// Rdata in tests: tokens of a line of text, hex, and the parser and printer with less ceremony.
// Test code, one thread.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "dns/rdata.h"

namespace bowline::dns::test {

using Octets = std::vector<std::uint8_t>;

// Cuts `text` as the zone-file scanner does: blanks part tokens, quotes stand around one or behind
// `key=`; escapes stay.
inline std::vector<Token> tokens_of(std::string_view text) {
  std::vector<Token> tokens;
  std::size_t at = 0;
  while (at < text.size()) {
    if (text[at] == ' ') {
      ++at;
      continue;
    }
    Token token;
    token.quoted = text[at] == '"';
    if (token.quoted) ++at;
    token.column = static_cast<std::uint32_t>(at + 1);
    const std::size_t start = at;
    bool inside = token.quoted;
    for (; at < text.size(); ++at) {
      if (text[at] == '\\') {
        ++at;
      } else if (text[at] == '"') {
        inside = !inside;
        if (token.quoted) break;
      } else if (text[at] == ' ' && !inside) {
        break;
      }
    }
    at = at < text.size() ? at : text.size();
    token.text = text.substr(start, at - start);
    if (token.quoted) ++at;
    tokens.push_back(token);
  }
  return tokens;
}

inline Octets from_hex(std::string_view hex) {
  Octets octets;
  std::string digits;
  for (const char c : hex) {
    if (c != ' ') digits += c;
  }
  if (digits.size() % 2 != 0) throw std::logic_error("odd hex in a test");
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    octets.push_back(static_cast<std::uint8_t>(std::stoi(digits.substr(i, 2), nullptr, 16)));
  }
  return octets;
}

struct Parsed {
  bool ok = false;
  Octets wire;
  TextError error;
};

inline Parsed parse(RrType type, std::string_view text, NameView origin = {}) {
  static Octets buffer(3 * kMaxRdataSize);
  const std::vector<Token> tokens = tokens_of(text);
  WireWriter out(buffer);
  Parsed parsed;
  parsed.ok = rdata_from_text(type, tokens, origin, out, parsed.error);
  if (parsed.ok) parsed.wire.assign(out.written().begin(), out.written().end());
  return parsed;
}

// read_rdata() from the start of `message`.
inline std::optional<Octets> read(RrType type, Bytes message, std::size_t at, std::size_t size) {
  static Octets buffer(3 * kMaxRdataSize);
  WireReader reader(message, at);
  WireWriter out(buffer);
  if (!read_rdata(type, reader, size, out)) return std::nullopt;
  return Octets(out.written().begin(), out.written().end());
}

}  // namespace bowline::dns::test
