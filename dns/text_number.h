// Numbers, periods, times and numbers with mnemonics in presentation form.
//
// Pure functions, any thread; nothing allocates but the append_ functions, into their argument.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "dns/rdata_field.h"
#include "dns/text_cursor.h"
#include "dns/wire.h"

namespace bowline::dns {

// Decimal digits only, at most `max`.
inline std::optional<std::uint64_t> number_from_text(std::string_view text, std::uint64_t max) {
  constexpr std::size_t kMaxDigits = 20;  // of 2^64 - 1
  if (text.empty() || text.size() > kMaxDigits) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    const auto digit = static_cast<std::uint64_t>(c) - '0';
    if (digit > 9 || value > (UINT64_MAX - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  if (value > max) return std::nullopt;
  return value;
}

// Seconds, also as a sum with units: 1w2d3h4m5s, letters of either case.
std::optional<std::uint32_t> period_from_text(std::string_view text);

// RFC 4034 3.2: YYYYMMDDHHMMSS in UTC, or seconds since 1970.
std::optional<std::uint32_t> time_from_text(std::string_view text);
void append_time(std::uint32_t seconds, std::string& out);

void append_number(std::uint64_t value, std::string& out);

bool parse_u8(TextCursor& in, WireWriter& out);
bool parse_u16(TextCursor& in, WireWriter& out);
bool parse_u32(TextCursor& in, WireWriter& out);
bool parse_u64(TextCursor& in, WireWriter& out);
bool parse_period(TextCursor& in, WireWriter& out);
bool parse_time(TextCursor& in, WireWriter& out);
bool parse_type(TextCursor& in, WireWriter& out);

// The fields with registries of their own: numbers or, in text, their mnemonics.
bool parse_algorithm(TextCursor& in, WireWriter& out);
bool parse_cert_type(TextCursor& in, WireWriter& out);
bool parse_scheme(TextCursor& in, WireWriter& out);
void append_cert_type(std::uint16_t value, std::string& out);
void append_scheme(std::uint8_t value, std::string& out);

}  // namespace bowline::dns
