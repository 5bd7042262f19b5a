// Parameters of SVCB and HTTPS (RFC 9460 2.1, 2.2, 7, 14.3.2).
//
// Pure functions, any thread. Parsing and printing allocate.
#pragma once

#include <string>

#include "dns/text_cursor.h"
#include "dns/wire.h"

namespace bowline::dns {

// The structure alone: whole parameters, keys strictly ascending. What is in their values is the
// business of clients, so that a newer form of a key does not stop a transfer.
bool check_service_parameters(Bytes parameters);

// Text is held to all rules: values are well-formed, `mandatory` names present keys.
bool parse_service_parameters(TextCursor& in, WireWriter& out);

// False: the parameters break a rule that text is held to.
bool append_service_parameters(Bytes parameters, std::string& out);

}  // namespace bowline::dns
