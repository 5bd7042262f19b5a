// ZoneScanner: cuts zone-file text into entries, and entries into tokens (RFC 1035 5.1).
//
// An entry is a line with at least one token; parentheses join lines. The scanner knows nothing of
// records. One reader owns it; any thread. No allocation per entry.
//
// Where RFC 1035 leaves room:
//   ( inside ( )            refused; the depth is still counted, so the entry ends where it should
//   line break in quotes    only inside ( ): elsewhere it would hide a forgotten quote
//   word"...                refused, but for key="value" of RFC 9460 2.1, which is one token
//   "..."word               refused
//   \ before a line break   refused
//   CR LF                   a line break; CR elsewhere is refused
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "dns/token.h"
#include "dns/zone_scanner_window.h"

namespace bowline::dns {

// Rdata of 65,535 octets in hex with blanks between all digits, and the fields before it.
inline constexpr std::size_t kMaxEntryTokens = 131088;

enum class ScanFault : std::uint8_t {
  kNone,
  kNestedOpen,
  kStrayClose,
  kUnclosedParenthesis,
  kUnclosedQuote,
  kQuoteInWord,
  kNoBlankAfterQuote,
  kEscapeAtLineEnd,
  kCarriageReturn,
  kTooManyTokens,
  kEntryTooLong,  // no more entries follow
  kReadFailed,    // no more entries follow; ZoneWindow::error() says why
};

// What was found and what was expected.
std::string_view to_text(ScanFault fault);

struct Entry {
  std::span<const Token> tokens;       // not empty, unless `fault` is set
  bool blank_start = false;            // white space where an owner name stands
  ScanFault fault = ScanFault::kNone;  // the first one; then the tokens are not to be used
  std::uint32_t fault_line = 0;
  std::uint32_t fault_column = 0;
};

class ZoneScanner {
 public:
  // REQUIRES: `window` has been opened and outlives the scanner.
  explicit ZoneScanner(ZoneWindow& window);

  // Starts over, after the window was given another text.
  void restart();

  // Cuts the next entry; false at the end of the text. Tokens live until the next call.
  bool next();
  const Entry& entry() const { return entry_; }

 private:
  enum class Cut : std::uint8_t { kEntry, kNothing, kShort };

  // Where the scan of the present entry stands.
  struct Place {
    const char* at;
    const char* line_start;
    std::size_t count;    // of tokens
    std::uint32_t line;
    std::uint32_t depth;  // of parentheses
    std::uint32_t open_line;
    std::uint32_t open_column;

    std::uint32_t column(const char* p) const {
      return static_cast<std::uint32_t>(p - line_start) + 1;
    }
  };

  Cut cut();
  void cut_plain_words(Place& place);
  void cut_special(Place& place);
  void cut_word(Place& place);
  void cut_quoted(Place& place);
  const char* find_closing_quote(Place& place, const char* at);
  const char* skip_escape(Place& place, const char* at);
  bool has_room(Place& place);
  void fail(ScanFault fault, std::uint32_t line, std::uint32_t column);
  bool stop(ScanFault fault);

  ZoneWindow& window_;
  std::vector<Token> tokens_;
  Entry entry_;
  const char* cursor_ = nullptr;  // the start of the line after the last entry
  std::uint32_t line_ = 1;        // its number
  bool stopped_ = false;
};

}  // namespace bowline::dns
