// Usual: the reply that most questions get, made in one go: the name has data of the type, and they
// go into the answer as they stand in the tables.
//
// Called by the one thread that answers.
#pragma once

#include "answer/query.h"

namespace bowline::answer {

// Writes the reply if it is a usual one: the very octets that write_full() would write. False: it
// is not, or does not fit, and nothing was touched. REQUIRES: the query was admitted and looked up.
bool write_usual(Query& query, const Sources& sources);

}  // namespace bowline::answer
