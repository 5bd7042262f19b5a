// Class CH: what a server says of itself (RFC 4892), if it is configured to.
#pragma once

#include "answer/query.h"

namespace bowline::answer {

// Answers TXT or ANY for id.server, hostname.bind, version.server and version.bind; all else of the
// class is REFUSED. REQUIRES: admitted, of class CH.
void answer_chaos(Query& query, const Sources& sources);

}  // namespace bowline::answer
