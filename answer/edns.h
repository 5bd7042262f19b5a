// EDNS of the reply: how large it may be, and its OPT record (RFC 6891) with the options that
// answer those of the request. Unknown options are ignored and not echoed (RFC 6891 6.1.2).
//
// Called by the stages of answer/, by the one thread that answers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "answer/limits.h"
#include "answer/query.h"
#include "dns/builder.h"
#include "dns/edns.h"

namespace bowline::answer {

// The octets that the reply may have: the least of the client's size, the configured size of the
// address family, the transport's and the buffer's. REQUIRES: facts are read.
std::uint32_t reply_limit(const Query& query, const link::Settings& settings);

// What OPT of the reply says that we can take: the configured size of the address family.
inline std::uint16_t udp_payload(const Query& query, const link::Settings& settings) {
  return query.ipv6 ? settings.udp_max_payload_ipv6 : settings.udp_max_payload_ipv4;
}
// The flags of OPT of the reply. RFC 3225 3: DO comes back as it was sent; the others are zero.
inline std::uint16_t opt_flags(const Query& query) {
  constexpr std::uint16_t kDnssecOk = 0x8000;
  return query.facts.edns.dnssec_ok ? kDnssecOk : std::uint16_t{0};
}

// The options of one reply, encoded before anything else of it is written, so that their room is
// kept.
struct ReplyOptions {
  std::uint32_t size = 0;
  std::array<std::uint8_t, kMaxReplyOptions> octets;
};

// Encodes the options that the request asks for. REQUIRES: it has OPT; query.zone is the zone of
// the question if the reply is made from one.
void encode_options(const Query& query, const Sources& sources, ReplyOptions& options);

// Makes the options and returns the octets to keep for the OPT record; 0 for a request without one
// (RFC 6891 7), and then `options` is not touched.
inline std::size_t prepare_opt(const Query& query, const Sources& sources,
                               ReplyOptions& options) {
  if (!query.facts.has_edns) return 0;
  options.size = 0;
  if (query.facts.edns.option_count != 0) encode_options(query, sources, options);
  return dns::kOptFixedSize + options.size;
}

// Writes OPT, and query.extended_error if there is one and room for it.
// REQUIRES: the request has OPT; the builder kept what prepare_opt() said for these options.
void write_opt(const Query& query, const link::Settings& settings, dns::Rcode rcode,
               ReplyOptions& options, dns::MessageBuilder& builder);

}  // namespace bowline::answer
