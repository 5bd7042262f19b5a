// Names and text: one parser and one printer for all who meet names in presentation form.
//
// Pure functions, any thread; only the printer allocates (into its argument).
#pragma once

#include <string>
#include <string_view>

#include "dns/name.h"

namespace bowline::dns {

enum class NameTextFault : std::uint8_t {
  kNone,
  kEmpty,        // no text at all
  kEmptyLabel,   // "a..b" or ".a"
  kLongLabel,    // over 63 octets
  kLongName,     // over 255 octets, with the origin where one is appended
  kEscape,       // \ at the end, \D or \DD, or \DDD over 255
  kRelative,     // no final dot, and no origin to append
  kCharacter,    // an octet that has to be written with a backslash
};

// What is wrong, as the end of a sentence: "has an empty label".
std::string_view to_text(NameTextFault fault);

// Reads `text` into `out` (kMaxNameSize octets) and sets `size`. `@` is the origin (RFC 1035 5.1).
// Letters, digits and - _ / * stand for themselves; all other octets need a backslash, as Knot has
// it: what else stands in a name of a zone file is a slip of the pen. `origin` may be null. Only
// what precedes `size` is valid in `out`, and only on kNone.
NameTextFault read_name_text(std::string_view text, const NameView* origin, std::uint8_t* out,
                             std::size_t& size);

// Appends the absolute presentation form of `name`, which read_name_text() takes.
void append_name_text(NameView name, std::string& out);

}  // namespace bowline::dns
