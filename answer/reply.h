// Reply: the answer being written, with what the stages agree on while they write it. Lives on the
// stack of the one thread that answers, for one query.
#pragma once

#include "answer/query.h"
#include "answer/scratch.h"
#include "dns/builder.h"

namespace bowline::answer {

// Where the name now looked up stands in its zone.
enum class Standing : std::uint8_t {
  kExact,       // `node` is its own
  kWildcard,    // `node` is the wildcard that it is made from (RFC 4592 3.3)
  kMissing,     // there is nothing
  kReferral,    // `node` is the delegation at or above it
  kBelowDname,  // `node` is the DNAME owner above it
};

struct Place {
  Standing standing = Standing::kMissing;
  const zones::Node* node = nullptr;  // kMissing: the closest encloser
  unsigned depth = 0;                 // labels of the delegation or DNAME owner; for kMissing and
                                      // kWildcard, of the closest encloser; else of the name
};

struct Reply {
  // REQUIRES: query.facts hold a question; query.limit is set; the zone is known.
  Reply(Query& query, const Sources& sources, Scratch& scratch);

  zones::Base base() const { return sources.view.base; }
  const zones::Zone& zone() const { return *query.zone; }

  // Adds an RRset, with its signatures if the client wants them: whole or not at all.
  bool put(dns::NameView owner, bool owner_is_question, const zones::Rrset& rrset);
  // The same for an RRset that the reply must not lack: TC if it does not fit.
  bool put_required(dns::NameView owner, bool owner_is_question, const zones::Rrset& rrset);
  // Turns the buffer into the finished reply.
  void finish();

  // Of put(): the records alone, and those of the answer section from the one on that the query's
  // ID chooses.
  bool put_records(dns::NameView owner, bool owner_is_question, const zones::Rrset& rrset);
  bool put_rotated(dns::NameView owner, bool owner_is_question, const zones::Rrset& rrset);

  Query& query;
  const Sources& sources;
  Scratch& scratch;
  dns::MessageBuilder builder;
  Place place;                        // of query.name
  dns::Rcode rcode = dns::Rcode::kNoError;
  bool dnssec;                        // DO is set
  bool rotated;                       // answer-rotation
  bool authoritative;
  bool truncated = false;
  std::uint8_t chain_size = 0;        // of scratch.chain
  std::uint8_t proof_count = 0;       // of scratch.proofs
  std::uint8_t source_count = 0;      // of scratch.sources
  std::uint8_t host_count = 0;        // of scratch.hosts, with ANY only
  std::uint32_t nsec3_digests = 0;    // used so far, of kMaxNsec3Digests
};

// The flags that every reply has: QR, opcode and RD as sent (RFC 1035 4.1.1). CD is clear: copying
// it is for those who resolve (RFC 4035 3.1.6, 3.2.2).
inline std::uint16_t reply_flags(const Query& query) {
  constexpr std::uint16_t kept = dns::flag::kOpcodeMask | dns::flag::kRd;
  return static_cast<std::uint16_t>(dns::flag::kQr | (query.facts.header.flags & kept));
}
// What to count for a reply of this RCODE.
link::Counter counter_of(dns::Rcode rcode);
// Ends the message: OPT with `options`, flags with `rcode`, counts, and the query's outcome.
// REQUIRES: the builder kept what prepare_opt() said for these options.
void finish_message(Query& query, const link::Settings& settings, ReplyOptions& options,
                    dns::MessageBuilder& builder, std::uint16_t flags, dns::Rcode rcode);

}  // namespace bowline::answer
