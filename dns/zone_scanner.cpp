// Cutting zone-file text into tokens, 32 octets at a time.
//
// An entry that does not end inside the window is cut again from its start after the window has
// read on: windows are large and entries small, so this is rare, and views never dangle.
#include "dns/zone_scanner.h"

#include <tmmintrin.h>

#include <algorithm>
#include <array>
#include <bit>

namespace bowline::dns {
namespace {

constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }

// Octets that end a word or mean something inside one.
constexpr std::array<bool, 256> kSpecial = [] {
  std::array<bool, 256> special{};
  for (const char c : {' ', '\t', '\n', '\r', ';', '(', ')', '"', '\\'}) {
    special[static_cast<std::uint8_t>(c)] = true;
  }
  return special;
}();

constexpr bool is_special(char c) { return kSpecial[static_cast<std::uint8_t>(c)]; }

// Bit i is set where at[i] is special. No two of the special octets but tab and ) share their low
// four bits, so one shuffle finds for each octet the only one that it could be.
inline std::uint32_t special_in_16(const char* at) {
  const __m128i candidates =
      _mm_setr_epi8(' ', 0, '"', 0, 0, 0, 0, 0, '(', ')', '\n', ';', '\\', '\r', 0, 0);
  const __m128i octets = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  const __m128i candidate = _mm_shuffle_epi8(candidates, octets);
  const __m128i found = _mm_or_si128(_mm_cmpeq_epi8(candidate, octets),
                                     _mm_cmpeq_epi8(octets, _mm_set1_epi8('\t')));
  return static_cast<std::uint32_t>(_mm_movemask_epi8(found));
}

inline const char* find_special(const char* at) {
  for (;; at += 32) {
    const std::uint32_t found = special_in_16(at) | special_in_16(at + 16) << 16;
    if (found != 0) return at + std::countr_zero(found);
  }
}

// Finds a quote, a backslash or a line feed.
inline const char* find_in_quotes(const char* at) {
  for (;; at += 16) {
    const __m128i octets = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i found = _mm_or_si128(
        _mm_or_si128(_mm_cmpeq_epi8(octets, _mm_set1_epi8('"')),
                     _mm_cmpeq_epi8(octets, _mm_set1_epi8('\\'))),
        _mm_cmpeq_epi8(octets, _mm_set1_epi8('\n')));
    const int mask = _mm_movemask_epi8(found);
    if (mask != 0) return at + std::countr_zero(static_cast<std::uint32_t>(mask));
  }
}

inline const char* find_line_feed(const char* at) {
  for (;; at += 16) {
    const __m128i octets = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const int mask = _mm_movemask_epi8(_mm_cmpeq_epi8(octets, _mm_set1_epi8('\n')));
    if (mask != 0) return at + std::countr_zero(static_cast<std::uint32_t>(mask));
  }
}

}  // namespace

static_assert(kMaxEntryTokens == 131088 && kMaxEntrySize == 4 << 20);  // as the messages say

std::string_view to_text(ScanFault fault) {
  switch (fault) {
    case ScanFault::kNone: return "nothing wrong";
    case ScanFault::kNestedOpen: return "found '(' inside parentheses, expected ')' before it";
    case ScanFault::kStrayClose: return "found ')', expected a '(' before it";
    case ScanFault::kUnclosedParenthesis:
      return "found '(' and then the end of the file, expected ')'";
    case ScanFault::kUnclosedQuote:
      return "found '\"' and then the end of the line, expected a closing '\"'";
    case ScanFault::kQuoteInWord:
      return "found '\"' inside a word, expected it at the word's start, or as \\\"";
    case ScanFault::kNoBlankAfterQuote:
      return "found text right after a quoted string, expected a blank between them";
    case ScanFault::kEscapeAtLineEnd:
      return "found '\\' at the end of the line, expected a character or three digits after it";
    case ScanFault::kCarriageReturn:
      return "found a carriage return, expected a line feed after it";
    case ScanFault::kTooManyTokens:
      return "found an entry of more than 131088 words, expected fewer: is a ')' missing?";
    case ScanFault::kEntryTooLong:
      return "found an entry of more than 4 MiB, expected a shorter one: is a ')' missing?";
    case ScanFault::kReadFailed: return "the file cannot be read on";
  }
  return "unknown fault";
}

ZoneScanner::ZoneScanner(ZoneWindow& window) : window_(window), tokens_(64) { restart(); }

void ZoneScanner::restart() {
  cursor_ = window_.begin();
  line_ = 1;
  stopped_ = false;
}

bool ZoneScanner::next() {
  if (stopped_) return false;
  for (;;) {
    switch (cut()) {
      case Cut::kEntry: return true;
      case Cut::kNothing: return false;
      case Cut::kShort: break;
    }
    const ZoneWindow::More more = window_.more(cursor_);
    cursor_ = window_.begin();
    if (more == ZoneWindow::More::kTooLong) return stop(ScanFault::kEntryTooLong);
    if (more == ZoneWindow::More::kFailed) return stop(ScanFault::kReadFailed);
  }
}

// Makes a last entry of a fault that nothing can follow.
bool ZoneScanner::stop(ScanFault fault) {
  stopped_ = true;
  entry_ = {};
  fail(fault, line_, 1);
  return true;
}

ZoneScanner::Cut ZoneScanner::cut() {
  Place place{cursor_, cursor_, 0, line_, 0, 0, 0};
  entry_.fault = ScanFault::kNone;
  entry_.blank_start = is_blank(*cursor_);
  for (;;) {
    cut_plain_words(place);
    if (*place.at != '\n') {
      cut_special(place);
      continue;
    }
    const bool out_of_text = place.at == window_.end();
    if (out_of_text) {
      if (!window_.ended()) return Cut::kShort;
      if (place.depth == 0) return Cut::kNothing;
      fail(ScanFault::kUnclosedParenthesis, place.open_line, place.open_column);
    }
    if (!out_of_text) {
      place.line_start = ++place.at;
      ++place.line;
      if (place.depth != 0) continue;
    }
    cursor_ = place.at;
    line_ = place.line;
    if (place.count != 0 || entry_.fault != ScanFault::kNone) {
      entry_.tokens = {tokens_.data(), place.count};
      return Cut::kEntry;
    }
    entry_.blank_start = is_blank(*cursor_);
  }
}

// Blanks and words of ordinary characters, as far as there are only such.
inline void ZoneScanner::cut_plain_words(Place& place) {
  const char* at = place.at;
  Token* token = tokens_.data() + place.count;
  Token* const last = tokens_.data() + tokens_.size();
  for (;;) {
    while (is_blank(*at)) ++at;
    if (is_special(*at) || token == last) break;
    const char* const end = find_special(at);
    if (*end == '\\' || *end == '"') break;
    token->text = {at, static_cast<std::size_t>(end - at)};
    token->quoted = false;
    token->line = place.line;
    token->column = place.column(at);
    ++token;
    at = end;
  }
  place.at = at;
  place.count = static_cast<std::size_t>(token - tokens_.data());
}

// Whatever cut_plain_words() stopped at, but for a line feed.
void ZoneScanner::cut_special(Place& place) {
  const char* const at = place.at;
  switch (*at) {
    case ';':
      place.at = find_line_feed(at);
      return;
    case '(':
      if (place.depth++ == 0) {
        place.open_line = place.line;
        place.open_column = place.column(at);
      } else {
        fail(ScanFault::kNestedOpen, place.line, place.column(at));
      }
      ++place.at;
      return;
    case ')':
      if (place.depth == 0) {
        fail(ScanFault::kStrayClose, place.line, place.column(at));
      } else {
        --place.depth;
      }
      ++place.at;
      return;
    case '\r':
      if (at[1] != '\n') fail(ScanFault::kCarriageReturn, place.line, place.column(at));
      ++place.at;
      return;
    case '"':
      cut_quoted(place);
      return;
    default:
      cut_word(place);
  }
}

// A word that may hold escapes and, behind a =, a quoted value.
void ZoneScanner::cut_word(Place& place) {
  const char* const begin = place.at;
  const std::uint32_t line = place.line;
  const std::uint32_t column = place.column(begin);
  const char* at = begin;
  for (;;) {
    at = find_special(at);
    if (*at == '\\') {
      at = skip_escape(place, at);
    } else if (*at == '"' && at != begin && at[-1] == '=') {
      at = find_closing_quote(place, at);
      break;
    } else if (*at == '"') {
      fail(ScanFault::kQuoteInWord, place.line, place.column(at));
      ++at;
    } else {
      break;
    }
  }
  place.at = at;
  if (!has_room(place)) return;
  tokens_[place.count++] = {{begin, static_cast<std::size_t>(at - begin)}, false, line, column};
}

void ZoneScanner::cut_quoted(Place& place) {
  const char* const begin = place.at + 1;
  const std::uint32_t line = place.line;
  const std::uint32_t column = place.column(place.at);
  const char* const behind = find_closing_quote(place, place.at);
  place.at = behind;
  if (!has_room(place)) return;
  // Without a closing quote there is a fault, and nobody looks at the token.
  const char* const end = std::max(begin, behind - 1);
  tokens_[place.count++] = {{begin, static_cast<std::size_t>(end - begin)}, true, line, column};
}

// `at` is an opening quote. Returns what is behind the closing one; where that is missing, the line
// feed before which it should be.
const char* ZoneScanner::find_closing_quote(Place& place, const char* at) {
  const std::uint32_t line = place.line;
  const std::uint32_t column = place.column(at);
  ++at;
  for (;;) {
    at = find_in_quotes(at);
    if (*at == '"') break;
    if (*at == '\\') {
      at = skip_escape(place, at);
      continue;
    }
    if (place.depth == 0 || at == window_.end()) {
      fail(ScanFault::kUnclosedQuote, line, column);
      return at;
    }
    ++place.line;
    place.line_start = ++at;
  }
  ++at;
  if (!is_special(*at) || *at == '"' || *at == '\\') {
    fail(ScanFault::kNoBlankAfterQuote, place.line, place.column(at));
  }
  return at;
}

// `at` is a backslash. What follows it is looked at by those who know what the token means.
const char* ZoneScanner::skip_escape(Place& place, const char* at) {
  if (at[1] != '\n' && at[1] != '\r') return at + 2;
  fail(ScanFault::kEscapeAtLineEnd, place.line, place.column(at));
  return at + 1;
}

// Room for one more token. Without, the entry is scanned on to its end all the same.
bool ZoneScanner::has_room(Place& place) {
  if (place.count < tokens_.size()) return true;
  if (tokens_.size() < kMaxEntryTokens) {
    tokens_.resize(std::min(tokens_.size() * 2, kMaxEntryTokens));
    return true;
  }
  fail(ScanFault::kTooManyTokens, place.line, place.column(place.at));
  return false;
}

void ZoneScanner::fail(ScanFault fault, std::uint32_t line, std::uint32_t column) {
  if (entry_.fault != ScanFault::kNone) return;
  entry_.fault = fault;
  entry_.fault_line = line;
  entry_.fault_column = column;
}

}  // namespace bowline::dns
