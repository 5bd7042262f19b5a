// The twin of read_query() without the short cut for what most requests are: for the test that both
// agree. Others call read_query(). Any thread.
#pragma once

#include "dns/message.h"

namespace bowline::dns {

QueryFault read_query_in_general(Bytes message, QueryFacts& facts);

}  // namespace bowline::dns
