// Values of plain types: numbers, words, octets, names. Addresses are in address_text.cpp.
#include "control/config/value_text.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include "control/config/address_text.h"
#include "control/config/zone_file_name.h"
#include "dns/rr_type.h"

namespace bowline::control::config {
namespace {

using dns::Error;
using dns::Result;

struct Unit {
  char letter;
  std::int64_t factor;
};

constexpr Unit kTimeUnits[] = {{'s', 1},          {'m', 60},          {'h', 3600},
                               {'d', 24 * 3600},  {'w', 7 * 24 * 3600}, {'M', 30 * 24 * 3600},
                               {'y', 365 * 24 * 3600}};
constexpr Unit kSizeUnits[] = {
    {'B', 1}, {'K', 1 << 10}, {'M', 1 << 20}, {'G', std::int64_t{1} << 30}};

std::string quoted(std::string_view text) {
  constexpr std::size_t kShown = 80;  // enough to find the place
  std::string result = "\"";
  for (const char c : text.substr(0, kShown)) {
    result += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  }
  return result + (text.size() > kShown ? "...\"" : "\"");
}

Error found(std::string_view text, std::string_view allowed) {
  return {(text.empty() ? std::string("the value is missing") : quoted(text)) + ", allowed is " +
          std::string(allowed)};
}

std::string join(const std::vector<std::string_view>& words) {
  std::string result;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) result += i + 1 == words.size() ? " or " : ", ";
    result += words[i];
  }
  return result;
}

bool equals_folded(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return dns::fold(static_cast<std::uint8_t>(x)) == dns::fold(static_cast<std::uint8_t>(y));
  });
}

std::string bounds(const Kind& kind) {
  std::string text = kind.max == std::numeric_limits<std::int64_t>::max()
                         ? std::to_string(kind.min) + " or more"
                         : std::to_string(kind.min) + " to " + std::to_string(kind.max);
  if (kind.type == Type::kInt) return "a number, " + text;
  if (kind.type == Type::kTime) return "a time (units s m h d w M y), " + text + " seconds";
  return "a size (units B K M G), " + text + " octets";
}

Result<Value> parse_number(const Kind& kind, std::string_view text, std::span<const Unit> units) {
  std::int64_t number = 0;
  const bool is_signed = text.size() > 1 && text[0] == '+' && text[1] != '-';
  const char* const end = text.data() + text.size();
  const auto [rest, failure] = std::from_chars(text.data() + (is_signed ? 1 : 0), end, number);
  std::int64_t factor = 1;
  bool good = failure == std::errc{};
  if (good && rest != end) {
    const auto unit = std::find_if(units.begin(), units.end(),
                                   [rest = rest](const Unit& u) { return u.letter == *rest; });
    good = rest + 1 == end && unit != units.end();
    if (good) factor = unit->factor;
  }
  if (good) good = !__builtin_mul_overflow(number, factor, &number);
  if (!good || number < kind.min || number > kind.max) return found(text, bounds(kind));
  return Value(number);
}

std::optional<bool> parse_flag(std::string_view text) {
  if (equals_folded(text, "on") || equals_folded(text, "true")) return true;
  if (equals_folded(text, "off") || equals_folded(text, "false")) return false;
  return std::nullopt;
}

Result<Value> parse_word(std::string_view text, std::vector<std::string_view> allowed) {
  for (const std::string_view word : allowed) {
    if (equals_folded(text, word)) return Value(std::string(word));
  }
  Error error = found(text, join(allowed));
  const std::string_view meant = nearest(text, allowed);
  if (!meant.empty()) error.message += "; did you mean " + std::string(meant) + "?";
  return error;
}

Result<Value> parse_flag_or_word(const Kind& kind, std::string_view text) {
  if (const auto flag = parse_flag(text)) return Value(std::string(*flag ? "on" : "off"));
  std::vector<std::string_view> allowed = {"on", "off"};
  for (const std::string_view word : split_words(kind.words)) allowed.push_back(word);
  return parse_word(text, std::move(allowed));
}

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<Octets> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  Octets octets;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = digit_of(text[i]);
    const int low = digit_of(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    octets.push_back(static_cast<std::uint8_t>(high << 4 | low));
  }
  return octets;
}

Result<Value> parse_hex_or_text(const Kind& kind, std::string_view text) {
  std::optional<Octets> octets;
  if (text.starts_with("0x")) {
    octets = from_hex(text.substr(2));
  } else {
    octets.emplace(text.begin(), text.end());
  }
  const auto size = octets ? static_cast<std::int64_t>(octets->size()) : -1;
  if (size < kind.min || size > kind.max) {
    const std::string many = kind.min == kind.max
                                 ? std::to_string(kind.min)
                                 : "up to " + std::to_string(kind.max);
    return found(text, "text or 0x with pairs of hexadecimal digits, " + many + " octets");
  }
  return Value(std::move(*octets));
}

// RFC 4648 4, padding required.
std::optional<Octets> from_base64(std::string_view text) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  Octets octets;
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_padding = i >= text.size() - padding;
    const std::size_t digit = is_padding ? 0 : kAlphabet.find(text[i]);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    if (i % 4 == 3) {
      const int last = i + 1 == text.size() ? static_cast<int>(8 * padding) : 0;
      for (int shift = 16; shift >= last; shift -= 8) {
        octets.push_back(static_cast<std::uint8_t>(bits >> shift));
      }
    }
  }
  return octets;
}

Result<Value> parse_base64(const Kind& kind, std::string_view text) {
  auto octets = from_base64(text);
  const auto size = octets ? static_cast<std::int64_t>(octets->size()) : -1;
  if (size < kind.min || size > kind.max) {
    return found(text, kind.type == Type::kPin ? "the base64 text of a SHA-256 hash (32 octets)"
                                               : "base64 text with its padding");
  }
  return Value(std::move(*octets));
}

Result<Value> parse_name(std::string_view text) {
  static const dns::Name root;
  if (text.empty()) return found(text, "a domain name");
  auto name = dns::Name::from_text(text, &root);
  if (!name) return Error{found(text, "a domain name").message + " (" + name.error() + ")"};
  return Value(name->lower());
}

Result<Value> parse_fraction(const Kind& kind, std::string_view text) {
  unsigned remainder = 0;
  unsigned modulus = 0;
  const char* const end = text.data() + text.size();
  auto [rest, failure] = std::from_chars(text.data(), end, remainder);
  bool good = failure == std::errc{} && rest != end && *rest == '/';
  if (good) {
    const auto second = std::from_chars(rest + 1, end, modulus);
    good = second.ec == std::errc{} && second.ptr == end;
  }
  if (!good || remainder >= modulus || modulus > static_cast<unsigned>(kind.max)) {
    return found(text, "R/M with R < M <= " + std::to_string(kind.max));
  }
  return Value(std::string(text));
}

Result<Value> parse_text(const Kind& kind, std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return found(text, "text without NUL");
  if (text.size() > static_cast<std::size_t>(kind.max)) {
    return found(text, "text of up to " + std::to_string(kind.max) + " octets");
  }
  return Value(std::string(text));
}

Result<Value> parse_path(const Kind& kind, std::string_view text) {
  if (text.empty()) return found(text, "a path");
  if (kind.type == Type::kZoneFile) {
    if (auto checked = check_zone_file_name(text); !checked) return Error{checked.error()};
  }
  return parse_text(kind, text);
}

Result<Value> parse_module(std::string_view text, bool with_identifier) {
  const std::size_t slash = with_identifier ? text.find('/') : std::string_view::npos;
  const std::string_view name = text.substr(0, slash);
  const bool complete = slash == std::string_view::npos || slash + 1 < text.size();
  if (!name.starts_with("mod-") || name.size() == 4 || !complete) {
    return found(text, with_identifier ? "mod-NAME or mod-NAME/IDENTIFIER" : "mod-NAME");
  }
  return Value(std::string(text));
}

Result<Value> parse_user(std::string_view text) {
  const std::size_t colon = text.find(':');
  const bool good = !text.empty() && colon != 0 && colon != text.size() - 1 &&
                    (colon == std::string_view::npos || text.find(':', colon + 1) == text.npos);
  if (!good) return found(text, "USER or USER:GROUP");
  return Value(std::string(text));
}

Result<Value> parse_rr_type(std::string_view text) {
  const auto type = dns::rr_type_from_text(text);
  if (!type) return found(text, "the mnemonic of a record type or TYPE with a number");
  return Value(dns::to_text(*type));
}

}  // namespace

Result<Value> parse_value(const Kind& kind, std::string_view text) {
  switch (kind.type) {
    case Type::kInt: return parse_number(kind, text, {});
    case Type::kTime: return parse_number(kind, text, kTimeUnits);
    case Type::kSize: return parse_number(kind, text, kSizeUnits);
    case Type::kBool: {
      if (text.empty()) return Value(true);  // `item:` alone
      const auto flag = parse_flag(text);
      if (!flag) return found(text, "on, off, true or false");
      return Value(*flag);
    }
    case Type::kText: return parse_text(kind, text);
    case Type::kReference:
      if (text.empty() && kind.min > 0) return found(text, "the name of an entry");
      return parse_text(kind, text);
    case Type::kPath:
    case Type::kZoneFile: return parse_path(kind, text);
    case Type::kHexOrText: return parse_hex_or_text(kind, text);
    case Type::kBase64:
    case Type::kPin: return parse_base64(kind, text);
    case Type::kAddress:
    case Type::kSocket:
    case Type::kDevice:
    case Type::kRange:
    case Type::kRangeOrPath: {
      auto value = parse_address_value(kind.type, text);
      if (!value) return found(text, value.error());
      return value;
    }
    case Type::kName: return parse_name(text);
    case Type::kWord: return parse_word(text, split_words(kind.words));
    case Type::kBoolOrWord: return parse_flag_or_word(kind, text);
    case Type::kModule: return parse_module(text, true);
    case Type::kModuleName: return parse_module(text, false);
    case Type::kUser: return parse_user(text);
    case Type::kFraction: return parse_fraction(kind, text);
    case Type::kRrType: return parse_rr_type(text);
  }
  __builtin_unreachable();
}

}  // namespace bowline::control::config
