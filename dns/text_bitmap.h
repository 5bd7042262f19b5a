// Sets of RR types: the windowed bitmap of RFC 4034 4.1.2 and the plain one of NXT (RFC 2535 5.2).
//
// Pure functions, any thread; nothing allocates but the append_ functions, into their argument.
#pragma once

#include <string>

#include "dns/text_cursor.h"
#include "dns/wire.h"

namespace bowline::dns {

// All tokens that are left are types, in any order.
bool parse_type_bitmap(TextCursor& in, WireWriter& out);
bool parse_nxt_bitmap(TextCursor& in, WireWriter& out);

// Windows ascending, each of 1 to 32 octets of which the last is not 0. May be empty.
bool check_type_bitmap(Bytes bitmap);

void append_type_bitmap(Bytes bitmap, std::string& out);  // REQUIRES: check_type_bitmap()
// False: the bitmap has no text form (it ends in zeros, or its first bit says another format).
bool append_nxt_bitmap(Bytes bitmap, std::string& out);

inline constexpr std::size_t kMaxNxtBitmap = 16;  // RFC 2535 5.2: types up to 127

}  // namespace bowline::dns
