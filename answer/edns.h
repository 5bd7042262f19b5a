// EDNS of the reply: how large it may be, and its OPT record (RFC 6891). Unknown options of the
// request are ignored (RFC 6891 6.1.2).
#pragma once

#include <cstddef>

#include "answer/query.h"
#include "dns/builder.h"

namespace bowline::answer {

// The octets that the reply may have: the least of the client's size, the configured size of the
// address family, the transport's and the buffer's. REQUIRES: facts are read.
std::uint32_t reply_limit(const Query& query, const link::Settings& settings);

// The octets to keep for the OPT record; 0 for a request without one (RFC 6891 7).
std::size_t opt_size(const Query& query, const link::Settings& settings);

// Writes it. REQUIRES: the builder kept opt_size() octets, which are not 0.
void write_opt(const Query& query, const link::Settings& settings, dns::Rcode rcode,
               dns::MessageBuilder& builder);

}  // namespace bowline::answer
