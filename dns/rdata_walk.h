// Walking rdata field by field: what checks, printing, names and canonical form have in common.
//
// Pure functions without allocation; any process, any thread.
#pragma once

#include <optional>

#include "dns/name.h"
#include "dns/rr_type.h"
#include "dns/text_gateway.h"
#include "dns/wire.h"

namespace bowline::dns {

// Octets of a `field` at the start of `rest`; nothing if it is cut or malformed there.
std::optional<std::size_t> measure_field(Field field, Bytes rest);

// Where the one name in a measured part is; kNames has several and is not asked.
NamePlace name_in_field(Field field, Bytes part);

inline constexpr bool is_compressible(Field field) { return field == Field::kNameCompressible; }

// RFC 3597 4: fields that a reader has to expand.
inline constexpr bool is_expanded(Field field) {
  return field == Field::kNameCompressible || field == Field::kNameDecompressible;
}

// RFC 4034 6.2 (3) with RFC 6840 5.1.
inline constexpr bool is_lowered(Field field) {
  return is_expanded(field) || field == Field::kNameLowered || field == Field::kA6;
}

// Calls `visit(Field, offset, part)` for each field in order, until it returns false.
// True: all fields were there, nothing was left over, and no visit refused.
template <typename Visit>
bool walk_fields(RrType type, Bytes rdata, Visit&& visit) {
  std::size_t at = 0;
  for (const Field field : fields_of(type)) {
    const auto size = measure_field(field, rdata.subspan(at));
    if (!size || !visit(field, at, rdata.subspan(at, *size))) return false;
    at += *size;
  }
  return at == rdata.size();
}

}  // namespace bowline::dns
