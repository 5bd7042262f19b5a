// LOC (RFC 1876): 16 octets of binary position against degrees and metres in text.
//
// Pure functions, any thread; only append_location() allocates, into its argument.
#pragma once

#include <optional>
#include <string>

#include "dns/text_cursor.h"
#include "dns/wire.h"

namespace bowline::dns {

// RFC 1876 2: other versions than 0 are not looked into: they take all that is left.
std::optional<std::size_t> measure_location(Bytes rest);
bool parse_location(TextCursor& in, WireWriter& out);
// False: a version other than 0, or a size that text cannot say.
bool append_location(Bytes part, std::string& out);

}  // namespace bowline::dns
