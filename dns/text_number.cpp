// Numbers, periods, times and mnemonics in presentation form.
#include "dns/text_number.h"

#include <array>
#include <charconv>
#include <chrono>
#include <span>

#include "dns/name.h"
#include "dns/rr_type.h"

namespace bowline::dns {
namespace {

struct Mnemonic {
  std::string_view text;
  std::uint16_t value;
};

// IANA "DNS Security Algorithm Numbers", with the other spellings that are in use.
constexpr Mnemonic kAlgorithms[] = {
    {"RSAMD5", 1},           {"DH", 2},
    {"DSA", 3},              {"ECC", 4},
    {"RSASHA1", 5},          {"DSA-NSEC3-SHA1", 6},
    {"NSEC3DSA", 6},         {"RSASHA1-NSEC3-SHA1", 7},
    {"NSEC3RSASHA1", 7},     {"RSASHA256", 8},
    {"RSASHA512", 10},       {"ECC-GOST", 12},
    {"ECCGOST", 12},         {"ECDSAP256SHA256", 13},
    {"ECDSAP384SHA384", 14}, {"ED25519", 15},
    {"ED448", 16},           {"SM2SM3", 17},
    {"ECC-GOST12", 23},      {"INDIRECT", 252},
    {"PRIVATEDNS", 253},     {"PRIVATEOID", 254},
};

// IANA "CERT RR Certificate Types".
constexpr Mnemonic kCertTypes[] = {
    {"PKIX", 1}, {"SPKI", 2},   {"PGP", 3},     {"IPKIX", 4}, {"ISPKI", 5},
    {"IPGP", 6}, {"ACPKIX", 7}, {"IACPKIX", 8}, {"URI", 253}, {"OID", 254},
};

constexpr Mnemonic kSchemes[] = {{"NOTIFY", 1}};  // RFC 9859 6.2

bool same_text(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (fold(static_cast<std::uint8_t>(a[i])) != fold(static_cast<std::uint8_t>(b[i]))) {
      return false;
    }
  }
  return true;
}

std::optional<std::uint64_t> value_of(std::string_view text, std::span<const Mnemonic> mnemonics,
                                      std::uint64_t max) {
  if (const auto number = number_from_text(text, max)) return number;
  for (const Mnemonic& mnemonic : mnemonics) {
    if (same_text(mnemonic.text, text)) return mnemonic.value;
  }
  return std::nullopt;
}

void append_mnemonic(std::uint16_t value, std::span<const Mnemonic> mnemonics, std::string& out) {
  for (const Mnemonic& mnemonic : mnemonics) {
    if (mnemonic.value == value) {
      out += mnemonic.text;
      return;
    }
  }
  append_number(value, out);
}

// Takes a token and has `read` turn its text into a number.
template <typename Read>
std::optional<std::uint64_t> take_number(TextCursor& in, std::string_view expected, Read read) {
  const Token* token = in.next_word(expected);
  if (token == nullptr) return std::nullopt;
  const auto value = read(token->text);
  if (!value) {
    in.fail(*token, expected);
    return std::nullopt;
  }
  return *value;
}

std::uint64_t seconds_of_unit(char unit) {
  switch (fold(static_cast<std::uint8_t>(unit))) {
    case 's': return 1;
    case 'm': return 60;
    case 'h': return 3600;
    case 'd': return 86400;
    case 'w': return 604800;
    default: return 0;
  }
}

// The two digits at text[at] as a number; -1 if they are none.
int two_digits(std::string_view text, std::size_t at) {
  const int tens = text[at] - '0';
  const int ones = text[at + 1] - '0';
  return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? -1 : tens * 10 + ones;
}

}  // namespace

std::optional<std::uint32_t> period_from_text(std::string_view text) {
  std::uint64_t sum = 0;
  std::size_t at = 0;
  do {
    const std::size_t start = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    const auto value = number_from_text(text.substr(start, at - start), UINT32_MAX);
    if (!value) return std::nullopt;
    if (at == text.size()) {
      if (start != 0) return std::nullopt;  // a number without a unit stands alone
      return static_cast<std::uint32_t>(*value);
    }
    const std::uint64_t unit = seconds_of_unit(text[at++]);
    if (unit == 0) return std::nullopt;
    sum += *value * unit;
    if (sum > UINT32_MAX) return std::nullopt;
  } while (at < text.size());
  return static_cast<std::uint32_t>(sum);
}

std::optional<std::uint32_t> time_from_text(std::string_view text) {
  constexpr std::size_t kDateSize = 14;
  if (text.size() != kDateSize) {
    const auto seconds = number_from_text(text, UINT32_MAX);
    if (!seconds) return std::nullopt;
    return static_cast<std::uint32_t>(*seconds);
  }
  std::array<int, 7> part{};  // century, year, month, day, hour, minute, second
  for (std::size_t i = 0; i < part.size(); ++i) {
    part[i] = two_digits(text, 2 * i);
    if (part[i] < 0) return std::nullopt;
  }
  using namespace std::chrono;
  const year_month_day date{year{part[0] * 100 + part[1]}, month{static_cast<unsigned>(part[2])},
                            day{static_cast<unsigned>(part[3])}};
  if (!date.ok() || part[4] > 23 || part[5] > 59 || part[6] > 59) return std::nullopt;
  const std::int64_t seconds = sys_days{date}.time_since_epoch().count() * std::int64_t{86400} +
                               part[4] * 3600 + part[5] * 60 + part[6];
  if (seconds < 0 || seconds > UINT32_MAX) return std::nullopt;
  return static_cast<std::uint32_t>(seconds);
}

void append_time(std::uint32_t seconds, std::string& out) {
  using namespace std::chrono;
  const year_month_day date{sys_days{days{seconds / 86400}}};
  const std::uint32_t rest = seconds % 86400;
  const std::uint64_t number =
      ((static_cast<std::uint64_t>(static_cast<int>(date.year())) * 100 +
        static_cast<unsigned>(date.month())) * 100 + static_cast<unsigned>(date.day())) * 1000000 +
      rest / 3600 * 10000 + rest / 60 % 60 * 100 + rest % 60;
  append_number(number, out);
}

void append_number(std::uint64_t value, std::string& out) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

bool parse_u8(TextCursor& in, WireWriter& out) {
  const auto value = take_number(in, "a number from 0 to 255",
                                 [](std::string_view t) { return number_from_text(t, UINT8_MAX); });
  if (value) out.u8(static_cast<std::uint8_t>(*value));
  return value.has_value();
}

bool parse_u16(TextCursor& in, WireWriter& out) {
  const auto value =
      take_number(in, "a number from 0 to 65535",
                  [](std::string_view t) { return number_from_text(t, UINT16_MAX); });
  if (value) out.u16(static_cast<std::uint16_t>(*value));
  return value.has_value();
}

bool parse_u32(TextCursor& in, WireWriter& out) {
  const auto value =
      take_number(in, "a number from 0 to 4294967295",
                  [](std::string_view t) { return number_from_text(t, UINT32_MAX); });
  if (value) out.u32(static_cast<std::uint32_t>(*value));
  return value.has_value();
}

bool parse_u64(TextCursor& in, WireWriter& out) {
  const auto value =
      take_number(in, "a number from 0 to 18446744073709551615",
                  [](std::string_view t) { return number_from_text(t, UINT64_MAX); });
  if (value) {
    out.u32(static_cast<std::uint32_t>(*value >> 32));
    out.u32(static_cast<std::uint32_t>(*value));
  }
  return value.has_value();
}

bool parse_period(TextCursor& in, WireWriter& out) {
  const auto value = take_number(in, "seconds, or a period such as 1h30m", period_from_text);
  if (value) out.u32(static_cast<std::uint32_t>(*value));
  return value.has_value();
}

bool parse_time(TextCursor& in, WireWriter& out) {
  const auto value =
      take_number(in, "a time such as 20260131120000, or seconds since 1970", time_from_text);
  if (value) out.u32(static_cast<std::uint32_t>(*value));
  return value.has_value();
}

bool parse_type(TextCursor& in, WireWriter& out) {
  const auto value = take_number(
      in, "a record type such as AAAA or TYPE28",
      [](std::string_view t) -> std::optional<std::uint16_t> {
        const auto type = rr_type_from_text(t);
        return type ? std::optional(code_of(*type)) : std::nullopt;
      });
  if (value) out.u16(static_cast<std::uint16_t>(*value));
  return value.has_value();
}

bool parse_algorithm(TextCursor& in, WireWriter& out) {
  const auto value =
      take_number(in, "a DNSSEC algorithm: its number or mnemonic",
                  [](std::string_view t) { return value_of(t, kAlgorithms, UINT8_MAX); });
  if (value) out.u8(static_cast<std::uint8_t>(*value));
  return value.has_value();
}

bool parse_cert_type(TextCursor& in, WireWriter& out) {
  const auto value =
      take_number(in, "a certificate type: its number or mnemonic",
                  [](std::string_view t) { return value_of(t, kCertTypes, UINT16_MAX); });
  if (value) out.u16(static_cast<std::uint16_t>(*value));
  return value.has_value();
}

bool parse_scheme(TextCursor& in, WireWriter& out) {
  const auto value = take_number(
      in, "a DSYNC scheme: NOTIFY or a number from 0 to 255",
      [](std::string_view t) { return value_of(t, kSchemes, UINT8_MAX); });
  if (value) out.u8(static_cast<std::uint8_t>(*value));
  return value.has_value();
}

void append_cert_type(std::uint16_t value, std::string& out) {
  append_mnemonic(value, kCertTypes, out);
}

void append_scheme(std::uint8_t value, std::string& out) { append_mnemonic(value, kSchemes, out); }

}  // namespace bowline::dns
