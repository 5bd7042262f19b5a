// Rdata of every type: text to wire, wire to text, checks and canonical form, all from the one
// table in rr_type.def. No function here knows a type by its number.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "dns/name.h"
#include "dns/rr_type.h"
#include "dns/token.h"
#include "dns/wire.h"

namespace bowline::dns {

inline constexpr std::size_t kMaxRdataSize = 65535;  // RFC 1035 3.2.1: RDLENGTH has 16 bits

// What was wrong with a piece of text, and where.
struct TextError {
  std::string expected;    // "an IPv4 address such as 192.0.2.1"
  std::string found;       // the offending text, printable, cut to 64 octets
  std::uint32_t line = 0;  // of the token, or of the entry's end where one is missing
  std::uint32_t column = 0;
};

// Writes the uncompressed wire rdata that `tokens` say, including the generic form of RFC 3597
// (`\# length hex`) for every type, whose octets are then checked like any wire rdata.
// Relative names end in `origin`. False: `error` is filled and `out` is to be thrown away.
bool rdata_from_text(RrType type, std::span<const Token> tokens, NameView origin, WireWriter& out,
                     TextError& error);

// Presentation form. Rdata that check_rdata() refuses is printed in the generic form.
std::string rdata_to_text(RrType type, Bytes rdata);

// Whether uncompressed `rdata` has exactly the fields of its type. Unknown types always pass.
bool check_rdata(RrType type, Bytes rdata);

// Reads rdata of `size` octets out of a message, expanding compressed names where the type allows
// them (RFC 3597 4), checks it, and writes the uncompressed form. False and `reader` failed on any
// fault.
bool read_rdata(RrType type, WireReader& reader, std::size_t size, WireWriter& out);

// One domain name inside rdata.
struct RdataName {
  std::uint16_t offset;
  std::uint8_t size;
  bool compressible;  // RFC 3597 4: the types of RFC 1035 only
  bool canonical_lowercase;  // RFC 4034 6.2 (3), RFC 6840 5.1
};
inline constexpr std::size_t kMaxNamesInRdata = 128;  // HIP lists servers; 2 in every other type

// Finds the names in checked rdata, leftmost first; at most names.size() of them are stored.
// Returns how many were stored. Hot path: no allocation.
std::size_t find_names(RrType type, Bytes rdata, std::span<RdataName> names);

// Writes the canonical form (RFC 4034 6.2). `out` has at least rdata.size() octets left.
void write_canonical_rdata(RrType type, Bytes rdata, WireWriter& out);

// RFC 4034 6.3: canonical order of two rdata of one type. <0, 0, >0. Equal means duplicate.
int compare_canonical_rdata(RrType type, Bytes a, Bytes b);

}  // namespace bowline::dns
