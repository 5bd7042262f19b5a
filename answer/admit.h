// Admit: the first stage. It reads the request and decides which are answered from the tables at
// once, which get an error, which control must see, and which get nothing.
#pragma once

#include "answer/query.h"

namespace bowline::answer {

// Reads the request. True: it asks for data of class IN or ANY, and facts and limit are set.
// False: the outcome is decided.
bool admit(Query& query, const Sources& sources);

// Makes the reply an error: header, the question if one could be read, and OPT if one was sent,
// with `extended` (RFC 8914) unless that is kOther. REQUIRES: facts are read; the message is
// unchanged.
void write_error(Query& query, dns::Rcode rcode, const Sources& sources,
                 dns::ExtendedErrorCode extended = dns::ExtendedErrorCode::kOther);

}  // namespace bowline::answer
