// PlainScanner: what dns::ZoneScanner does, octet by octet, to compare with. For tests and fuzzers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dns/zone_scanner.h"

namespace bowline::dns::test {

class PlainScanner {
 public:
  struct PlainEntry {
    std::vector<Token> tokens;
    bool blank_start = false;
    ScanFault fault = ScanFault::kNone;
    std::uint32_t fault_line = 0, fault_column = 0;
  };

  // REQUIRES: `text` is empty or ends in a line feed, and outlives this.
  explicit PlainScanner(std::string_view text) : text_(text) {}

  // The next entry; false at the end.
  bool next(PlainEntry& entry) {
    entry_ = &entry;
    entry = {};
    depth_ = 0;
    entry.blank_start = is_blank(at());
    while (!ended()) {
      if (at() != '\n') {
        step();
        continue;
      }
      line_feed();
      if (depth_ != 0) continue;
      if (!entry.tokens.empty() || entry.fault != ScanFault::kNone) return true;
      entry.blank_start = is_blank(at());
    }
    if (depth_ == 0) return false;
    fail(ScanFault::kUnclosedParenthesis, open_line_, open_column_);
    return true;
  }

 private:
  static bool is_blank(char c) { return c == ' ' || c == '\t'; }
  static bool ends_word(char c) {
    return std::string_view(" \t\n\r;()").find(c) != std::string_view::npos;
  }

  bool ended() const { return next_ == text_.size(); }
  char at() const { return ended() ? '\n' : text_[next_]; }
  char behind() const { return next_ + 1 < text_.size() ? text_[next_ + 1] : '\n'; }
  std::uint32_t column() const { return static_cast<std::uint32_t>(next_ - line_start_) + 1; }

  void line_feed() {
    line_start_ = ++next_;
    ++line_;
  }

  void step() {
    switch (at()) {
      case ' ':
      case '\t': ++next_; return;
      case ';':
        while (at() != '\n') ++next_;
        return;
      case '(':
        if (depth_++ == 0) {
          open_line_ = line_;
          open_column_ = column();
        } else {
          fail(ScanFault::kNestedOpen, line_, column());
        }
        ++next_;
        return;
      case ')':
        if (depth_ == 0) {
          fail(ScanFault::kStrayClose, line_, column());
        } else {
          --depth_;
        }
        ++next_;
        return;
      case '\r':
        if (behind() != '\n') fail(ScanFault::kCarriageReturn, line_, column());
        ++next_;
        return;
      default: word();
    }
  }

  void word() {
    const bool quoted = at() == '"';
    Token token{{}, quoted, line_, column()};
    std::size_t begin = next_;
    if (quoted) {
      ++begin;
      const bool closed = quote();
      const std::size_t end = closed ? next_ - 1 : next_;
      token.text = text_.substr(begin, end - begin);
    } else {
      while (!ends_word(at())) {
        if (at() == '\\') {
          escape();
        } else if (at() != '"') {
          ++next_;
        } else if (next_ != begin && text_[next_ - 1] == '=') {
          (void)quote();
          break;
        } else {
          fail(ScanFault::kQuoteInWord, line_, column());
          ++next_;
        }
      }
      token.text = text_.substr(begin, next_ - begin);
    }
    entry_->tokens.push_back(token);
  }

  void escape() {
    if (behind() == '\n' || behind() == '\r') {
      fail(ScanFault::kEscapeAtLineEnd, line_, column());
      ++next_;
    } else {
      next_ += 2;
    }
  }

  // From an opening quote to behind the closing one; false if there is none.
  bool quote() {
    const std::uint32_t line = line_, at_column = column();
    ++next_;
    while (at() != '"') {
      if (at() == '\\') {
        escape();
      } else if (at() != '\n') {
        ++next_;
      } else if (depth_ == 0 || ended()) {
        fail(ScanFault::kUnclosedQuote, line, at_column);
        return false;
      } else {
        line_feed();
      }
    }
    ++next_;
    if (!ends_word(at())) fail(ScanFault::kNoBlankAfterQuote, line_, column());
    return true;
  }

  void fail(ScanFault fault, std::uint32_t line, std::uint32_t at_column) {
    if (entry_->fault != ScanFault::kNone) return;
    entry_->fault = fault;
    entry_->fault_line = line;
    entry_->fault_column = at_column;
  }

  std::string_view text_;
  PlainEntry* entry_ = nullptr;
  std::size_t next_ = 0;
  std::size_t line_start_ = 0;
  std::uint32_t line_ = 1;
  std::uint32_t depth_ = 0, open_line_ = 0, open_column_ = 0;
};

// The number of the first entry of `text` that the scanner and this one cut differently, from 1;
// 0: none. REQUIRES: no entry has more than kMaxEntryTokens words or kMaxEntrySize octets.
inline std::size_t first_scan_difference(std::string_view text) {
  ZoneWindow window;
  window.use(text);
  ZoneScanner scanner(window);
  std::string ended(text);
  if (!ended.empty() && ended.back() != '\n') ended += '\n';
  PlainScanner plain(ended);
  PlainScanner::PlainEntry expected;
  for (std::size_t number = 1;; ++number) {
    const bool more = plain.next(expected);
    if (scanner.next() != more) return number;
    if (!more) return 0;
    const Entry& entry = scanner.entry();
    if (entry.fault != expected.fault) return number;
    if (entry.fault != ScanFault::kNone) {
      if (entry.fault_line != expected.fault_line) return number;
      if (entry.fault_column != expected.fault_column) return number;
      continue;
    }
    if (entry.blank_start != expected.blank_start) return number;
    if (entry.tokens.size() != expected.tokens.size()) return number;
    for (std::size_t i = 0; i < entry.tokens.size(); ++i) {
      const Token& is = entry.tokens[i];
      const Token& must = expected.tokens[i];
      if (is.text != must.text || is.quoted != must.quoted || is.line != must.line ||
          is.column != must.column) {
        return number;
      }
    }
  }
}

}  // namespace bowline::dns::test
