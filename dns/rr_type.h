// RrType: the RR types of the IANA registry, from the one table rr_type.def.
//
// Pure functions over constant tables: any process, any thread; all but to_text() never allocate.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "dns/rdata_field.h"

namespace bowline::dns {

// Any 16-bit value is a type; the registry's have names: RrType::kA, kNs, kSoa, ...
enum class RrType : std::uint16_t {
#define RR_TYPE(enumerator, mnemonic, code, ...) k##enumerator = code,
#include "dns/rr_type.def"
#undef RR_TYPE
};

inline constexpr std::uint16_t code_of(RrType type) { return static_cast<std::uint16_t>(type); }

// The mnemonic, or TYPE123 for a type without one (RFC 3597 5).
std::string to_text(RrType type);

// The mnemonic, or nothing for a type without one.
std::optional<std::string_view> mnemonic_of(RrType type);

// The code that a mnemonic or TYPEnnn stands for, letters of either case; -1 if none. A number, for
// an optional that comes back from a call is put together in memory and waited for.
std::int32_t rr_type_code_from_text(std::string_view text);

// The same as a type.
inline std::optional<RrType> rr_type_from_text(std::string_view text) {
  const std::int32_t code = rr_type_code_from_text(text);
  if (code < 0) return std::nullopt;
  return static_cast<RrType>(code);
}

// Types that no zone holds: OPT, and the Q and meta range of RFC 6895 3.1 with TKEY, TSIG, NXNAME.
inline constexpr bool is_meta_type(RrType type) {
  return type == RrType::kOpt || (code_of(type) >= 128 && code_of(type) <= 255);
}

// The fields of its rdata in wire order; of a type outside the table, one kOpaque.
std::span<const Field> fields_of(RrType type);

inline constexpr bool is_name_field(Field field) {
  return field >= Field::kNameCompressible && field <= Field::kNames;
}

namespace detail {

inline constexpr std::size_t kNameTypeBits = 320;  // every type with a name has a smaller code

consteval bool holds_name(std::initializer_list<Field> fields) {
  for (const Field field : fields) {
    if (is_name_field(field) || field == Field::kA6 || field == Field::kIpsecGateway ||
        field == Field::kAmtRelay) {
      return true;
    }
  }
  return false;
}

consteval std::array<std::uint64_t, kNameTypeBits / 64> make_name_types() {
  using enum Field;
  std::array<std::uint64_t, kNameTypeBits / 64> bits{};
#define RR_TYPE(enumerator, mnemonic, code, ...) \
  if (holds_name({__VA_ARGS__})) bits.at(code / 64) |= std::uint64_t{1} << (code % 64);
#include "dns/rr_type.def"
#undef RR_TYPE
  return bits;
}

inline constexpr auto kNameTypes = make_name_types();

}  // namespace detail

// Whether rdata of the type may hold a domain name. One load; for the packet path.
inline constexpr bool has_names(RrType type) {
  const std::uint16_t code = code_of(type);
  return code < detail::kNameTypeBits && (detail::kNameTypes[code / 64] >> (code % 64) & 1) != 0;
}

}  // namespace bowline::dns
