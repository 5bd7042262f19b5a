// Field: the kinds of parts that rdata is made of. A row of rr_type.def is a list of them.
//
// A kind fixes everything about its part: how it is written in a zone file, how many octets it has
// on the wire and which values are valid there, and what happens to it in canonical form. Kinds
// marked "end" take all octets or tokens that are left, so they stand last.
#pragma once

#include <cstdint>

namespace bowline::dns {

enum class Field : std::uint8_t {
  kOpaque,  // end: any octets; text only as RFC 3597 5

  // Domain names. All but kName are lower-cased in canonical form (RFC 4034 6.2, RFC 6840 5.1).
  kNameCompressible,    // the types of RFC 1035: compressed when written (RFC 3597 4)
  kNameDecompressible,  // never compressed by us, expanded when read (RFC 3597 4)
  kNameLowered,         // must not be compressed by anyone
  kName,                // the same, and case is kept
  kNames,               // end: kName, as many as there are

  // Numbers.
  kU8,
  kU16,
  kU32,
  kU64,
  kPeriod,     // 32 bits of seconds, also as 1h30m
  kTime,       // RFC 4034 3.2: YYYYMMDDHHMMSS or seconds since 1970
  kType,       // RR type
  kAlgorithm,  // DNSSEC algorithm, number or mnemonic (RFC 4034 A.1)
  kCertType,   // RFC 4398 2.1
  kScheme,     // RFC 9859 2.1: DSYNC scheme

  // Addresses.
  kIpv4,
  kIpv6,
  kEui48,    // RFC 7043 3.2
  kEui64,    // RFC 7043 4.2
  kLocator,  // RFC 6742 2.1.1: 64 bits as four groups of hex digits

  // Text.
  kString,          // RFC 1035 3.3: length and octets
  kOptionalString,  // end: none or one
  kStrings,         // end: one or more
  kTag,             // RFC 8659 4.1.1: string of letters and digits, not empty
  kTextToEnd,       // end: octets without a length
  kUriTarget,       // end: the same, not empty (RFC 7553 4.4)

  // Binary.
  kHex,             // end: one octet or more
  kDigest,          // end: hex of 12 octets or more (RFC 8976 2.2.4)
  kBase64,          // end: one octet or more
  kOptionalBase64,  // end: may be empty
  kKeyMaterial,     // end: base64; a KEY without key (RFC 2535 3.1.2) has only generic text
  kIpsecKey,        // end: base64, may be empty; with algorithm 0 a key has only generic text
  kBase64OrDash,    // end: may be empty, then written as "-"
  kSalt,            // RFC 5155 3.3: length and hex, "-" if empty
  kHash,            // RFC 5155 3.3: length and base32hex, not empty
  kTypeBitmap,      // end: RFC 4034 4.1.2
  kNxtBitmap,       // end: RFC 2535 5.2

  // Structures of single types.
  kServices,           // end: WKS protocol and port bits (RFC 1035 3.4.2)
  kNsap,               // end: RFC 1706 5
  kAtmAddress,         // end: AF-DANS-0152
  kLocation,           // RFC 1876
  kPrefixes,           // end: APL items (RFC 3123)
  kA6,                 // end: RFC 2874 3.1
  kIpsecGateway,       // RFC 4025 2: gateway type, algorithm, gateway
  kAmtRelay,           // end: RFC 8777 4.2: discovery bit and relay type, relay
  kHostIdentity,       // RFC 8005 5: lengths, algorithm, HIT and public key
  kServiceParameters,  // end: RFC 9460 2
};

}  // namespace bowline::dns
