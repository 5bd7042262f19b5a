// The description of faults in rdata text.
#include "dns/text_cursor.h"

namespace bowline::dns {
namespace {

constexpr std::size_t kMaxFound = 64;  // octets of the offending text that are shown

std::string printable(const Token& token) {
  std::string shown;
  for (const char c : token.text.substr(0, kMaxFound)) shown += c >= ' ' && c <= '~' ? c : '?';
  return token.quoted ? '"' + shown + '"' : shown;
}

}  // namespace

bool TextCursor::fail(const Token& token, std::string_view expected) {
  error_ = {std::string(expected), printable(token), token.line, token.column};
  return false;
}

bool TextCursor::fail_missing(std::string_view expected) {
  error_ = {std::string(expected), "the end of the record", 0, 0};
  if (tokens_.empty()) return false;
  const Token& last = tokens_.back();
  error_.line = last.line;
  error_.column = last.column + static_cast<std::uint32_t>(last.text.size());
  return false;
}

void TextCursor::fail_word(std::string_view expected) {
  if (at_end()) {
    fail_missing(expected);
  } else {
    fail(tokens_[next_], expected);
  }
}

}  // namespace bowline::dns
