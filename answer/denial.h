// Denial: the NSEC and NSEC3 RRsets that prove what is not there (RFC 4035 3.1.3, RFC 5155 7.2).
//
// Each prove_...() collects RRsets while the zone and the name are at hand; put_proofs() puts them
// into the authority section, each once. All do nothing if the client did not set DO or the zone
// is not signed. A zone with NSEC3PARAM is proved with NSEC3.
#pragma once

#include "answer/lookup.h"
#include "answer/reply.h"

namespace bowline::answer {

// Begins a burst's proofs: finds the places that the answers to the wave are likely to need, all
// together. The answers are the same without. `zone_flags`: all that the zones of the wave have.
// REQUIRES: `closest` of each query that has a zone is set.
void foresee_proofs(Wave wave, std::uint8_t zone_flags, zones::Base base, Scratch& scratch);

// The name itself does not exist, so the wildcard was right to expand (RFC 4035 3.1.3.3,
// RFC 5155 7.2.6). REQUIRES: reply.place is kWildcard.
void prove_expansion(Reply& reply);

// There is no RRset of the type at the name or at its wildcard (RFC 4035 3.1.3.1 and .4,
// RFC 5155 7.2.3 to 7.2.5). REQUIRES: reply.place is kExact or kWildcard.
void prove_no_data(Reply& reply);

// Neither the name nor a wildcard for it exists (RFC 4035 3.1.3.2, RFC 5155 7.2.2).
// REQUIRES: reply.place is kMissing.
void prove_no_name(Reply& reply);

// The delegation is not signed (RFC 4035 3.1.4.1, RFC 5155 7.2.7). REQUIRES: reply.place is
// kReferral.
void prove_no_ds(Reply& reply);

// TC if one does not fit.
void put_proofs(Reply& reply);

}  // namespace bowline::answer
