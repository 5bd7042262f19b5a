// APL (RFC 3123): lists of address prefixes.
//
// Pure functions, any thread; only append_prefixes() allocates, into its argument.
#pragma once

#include <string>

#include "dns/text_cursor.h"
#include "dns/wire.h"

namespace bowline::dns {

// Whole items, none with more octets or prefix bits than its address family has.
bool check_prefixes(Bytes items);
bool parse_prefixes(TextCursor& in, WireWriter& out);
// False: an item of an unknown family, or one with zeros at its end, which text cannot say.
bool append_prefixes(Bytes items, std::string& out);

}  // namespace bowline::dns
