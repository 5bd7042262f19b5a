// Rdata parts of types that hardly anyone uses any more: WKS services (RFC 1035), NSAP (RFC 1706),
// ATMA (AF-DANS-0152) and A6 (RFC 2874).
//
// append_ functions take a part that passes its check and give false if it has no text form.
// Pure functions, any thread; only append_ functions allocate, into their argument.
#pragma once

#include <string>

#include "dns/text_cursor.h"
#include "dns/text_gateway.h"
#include "dns/wire.h"

namespace bowline::dns {

// Protocol and one bit for each port.
bool check_services(Bytes part);
bool parse_services(TextCursor& in, WireWriter& out);
bool append_services(Bytes part, std::string& out);

bool parse_nsap(TextCursor& in, WireWriter& out);  // 0x47.0005.80.005a00...
void append_nsap(Bytes part, std::string& out);

bool parse_atm_address(TextCursor& in, WireWriter& out);
bool append_atm_address(Bytes part, std::string& out);

// Prefix length, the rest of the address, prefix name.
bool check_a6(Bytes part);
NamePlace name_in_a6(Bytes part);
bool parse_a6(TextCursor& in, WireWriter& out);
bool append_a6(Bytes part, std::string& out);

}  // namespace bowline::dns
