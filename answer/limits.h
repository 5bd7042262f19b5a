// The limits of the work for one answer, each with its reason.
#pragma once

#include <cstddef>
#include <cstdint>

namespace bowline::answer {

// Names of one CNAME or DNAME chain after the question. BIND follows 16, Unbound 11, Knot 5.
inline constexpr unsigned kMaxChainSteps = 11;

// An RRset with more targets gets no optional addresses (hardening 59, CVE-2024-11187): 13 is what
// the root zone has.
inline constexpr unsigned kMaxAdditionalNames = 13;
// Of a delegation whose servers are inside it the addresses are mandatory (RFC 9471 3.1); what is
// beyond this number sets TC. Over UDP the space ends far below it.
inline constexpr unsigned kMaxGlueNames = 512;
// Names looked up together: enough to hide a memory miss, and kMaxAdditionalNames in one go.
inline constexpr std::size_t kGlueBatch = 16;
// RRsets of one answer that can have additional addresses: ANY at a name with MX, NS, SRV, SVCB and
// HTTPS.
inline constexpr std::size_t kMaxAdditionalSources = 5;

// The most that RFC 5155 10.3 allows, for keys of 4096 bits. Validators take more than 100 or 150
// for unsigned, but must see the NSEC3 to know (RFC 9276 3.2), so peers serve such zones, too.
inline constexpr unsigned kMaxNsec3Iterations = 2500;
// SHA-1 digests of one answer: the three hashes that an NXDOMAIN takes at the most iterations; at
// 150, 49 hashes. An opted-out empty non-terminal chain of ip6.arpa has 34 labels, and each
// wildcard of a chain takes one more.
inline constexpr unsigned kMaxNsec3Digests = 3 * (kMaxNsec3Iterations + 1);
// NSEC and NSEC3 RRsets of one answer: one for each expanded wildcard of a chain, then at most
// three.
inline constexpr std::size_t kMaxProofs = kMaxChainSteps + 1 + 3;

// Suffixes above a missing name whose index buckets are fetched before they are asked for. Longer
// searches are rare.
inline constexpr unsigned kFetchedParents = 3;
// Depths of apexes above a name, the deepest ones, whose directory buckets are fetched.
inline constexpr unsigned kFetchedApexes = 4;

// Octets of all options of one OPT record, with room for the longest NSID: see edns.cpp.
inline constexpr std::size_t kMaxReplyOptions = 320;
// RFC 6891 6.1.3: the version that is spoken here.
inline constexpr std::uint8_t kEdnsVersion = 0;

// The least a transport may offer (RFC 1035 4.2.1): a question and an OPT always fit.
inline constexpr std::uint32_t kMinReplyCapacity = 512;

}  // namespace bowline::answer
