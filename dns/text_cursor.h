// TextCursor: walks the tokens of one record's rdata and describes the first fault.
//
// All text_*.h parsers take one. They return false after fail(); what they wrote is then to be
// thrown away. A value on the stack of one thread; allocates only to describe a fault.
#pragma once

#include <span>
#include <string_view>

#include "dns/rdata.h"
#include "dns/token.h"

namespace bowline::dns {

class TextCursor {
 public:
  // REQUIRES: `tokens` and `error` outlive the cursor.
  TextCursor(std::span<const Token> tokens, NameView origin, TextError& error)
      : tokens_(tokens), origin_(origin), error_(error) {}

  bool at_end() const { return next_ == tokens_.size(); }
  NameView origin() const { return origin_; }

  // The next token, quoted or not. Null, after fail(), if there is none.
  const Token* next(std::string_view expected) {
    if (!at_end()) return &tokens_[next_++];
    fail_missing(expected);
    return nullptr;
  }

  // The same, but a quoted token is a fault: only strings may be quoted.
  const Token* next_word(std::string_view expected) {
    if (!at_end() && !tokens_[next_].quoted) return &tokens_[next_++];
    fail_word(expected);
    return nullptr;
  }

  // The next token without taking it. REQUIRES: !at_end().
  const Token& peek() const { return tokens_[next_]; }

  // Both return false.
  bool fail(const Token& token, std::string_view expected);
  bool fail_missing(std::string_view expected);

 private:
  void fail_word(std::string_view expected);

  std::span<const Token> tokens_;
  std::size_t next_ = 0;
  NameView origin_;
  TextError& error_;
};

}  // namespace bowline::dns
