// LOC in presentation form (RFC 1876 3).
#include "dns/text_location.h"

#include <algorithm>
#include <array>

#include "dns/text_number.h"

namespace bowline::dns {
namespace {

constexpr std::size_t kLocationSize = 16;
constexpr std::uint32_t kMiddle = std::uint32_t{1} << 31;     // equator, prime meridian
constexpr std::uint32_t kDegree = 3600000;                    // in thousandths of a second
constexpr std::uint64_t kAltitudeBase = 10000000;             // 100,000 m below, in cm
constexpr std::uint64_t kMaxSize = 9000000000;                // 90,000,000.00 m in cm
constexpr std::array<std::uint8_t, 3> kDefaultSizes = {0x12, 0x16, 0x13};  // 1 m, 10 km, 10 m

// Digits with up to `places` decimal places, as an integer of the smallest unit.
std::optional<std::uint64_t> fixed_point(std::string_view text, std::size_t places) {
  const std::size_t dot = std::min(text.find('.'), text.size());
  auto value = number_from_text(text.substr(0, dot), UINT32_MAX);
  if (!value) return std::nullopt;
  const std::string_view decimals = dot < text.size() ? text.substr(dot + 1) : "";
  if (decimals.size() > places || (dot < text.size() && decimals.empty())) return std::nullopt;
  for (std::size_t i = 0; i < places; ++i) {
    const char c = i < decimals.size() ? decimals[i] : '0';
    if (c < '0' || c > '9') return std::nullopt;
    *value = *value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

std::string_view without_unit(std::string_view text) {
  return text.ends_with('m') ? text.substr(0, text.size() - 1) : text;
}

struct Direction {
  char positive, negative;
  std::uint32_t max_degrees;
  std::string_view expected;
};
constexpr Direction kLatitude = {'N', 'S', 90, "a latitude such as 52 14 05.000 N"};
constexpr Direction kLongitude = {'E', 'W', 180, "a longitude such as 0 8 50.000 E"};

// Degrees, then maybe minutes, then maybe seconds, then the letter.
bool parse_angle(TextCursor& in, const Direction& direction, WireWriter& out) {
  constexpr std::array<std::uint64_t, 3> kUnit = {kDegree, 60000, 1};
  std::uint64_t angle = 0;
  for (std::size_t i = 0; i <= kUnit.size(); ++i) {
    const Token* token = in.next_word(direction.expected);
    if (token == nullptr) return false;
    const std::string_view text = token->text;
    const char letter = text.size() == 1 ? text[0] : '\0';
    if (i > 0 && (letter == direction.positive || letter == direction.negative)) {
      if (angle > direction.max_degrees * std::uint64_t{kDegree}) break;
      const auto offset = static_cast<std::uint32_t>(angle);
      out.u32(letter == direction.positive ? kMiddle + offset : kMiddle - offset);
      return true;
    }
    if (i == kUnit.size()) return in.fail(*token, direction.expected);
    const auto value = fixed_point(text, i == 2 ? 3 : 0);
    const std::uint64_t limit = i == 0 ? direction.max_degrees + 1 : i == 1 ? 60 : 60000;
    if (!value || *value >= limit) return in.fail(*token, direction.expected);
    angle += *value * kUnit[i];
  }
  return in.fail_missing(direction.expected);
}

bool parse_altitude(TextCursor& in, WireWriter& out) {
  constexpr std::string_view kExpected = "an altitude in metres such as -24m or 10.50m";
  const Token* token = in.next_word(kExpected);
  if (token == nullptr) return false;
  std::string_view text = without_unit(token->text);
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const auto value = fixed_point(text, 2);
  if (!value || *value > (negative ? kAltitudeBase : UINT32_MAX - kAltitudeBase)) {
    return in.fail(*token, kExpected);
  }
  out.u32(static_cast<std::uint32_t>(negative ? kAltitudeBase - *value : kAltitudeBase + *value));
  return true;
}

// RFC 1876 2: centimetres as one digit and a power of ten.
std::uint8_t encode_size(std::uint64_t centimetres) {
  std::uint8_t exponent = 0;
  while (centimetres >= 10) {
    centimetres /= 10;
    ++exponent;
  }
  return static_cast<std::uint8_t>(centimetres << 4 | exponent);
}

// Both digits decimal.
bool is_size(std::uint8_t size) { return size >> 4 <= 9 && (size & 15) <= 9; }

void append_decimals(std::uint64_t value, std::size_t places, std::string& out) {
  std::uint64_t unit = 1;
  for (std::size_t i = 0; i < places; ++i) unit *= 10;
  append_number(value / unit, out);
  out += '.';
  for (unit /= 10; unit > 0; unit /= 10) out += static_cast<char>('0' + value / unit % 10);
}

void append_angle(std::uint32_t wire, const Direction& direction, std::string& out) {
  const bool negative = wire < kMiddle;
  const std::uint32_t angle = negative ? kMiddle - wire : wire - kMiddle;
  append_number(angle / kDegree, out);
  out += ' ';
  append_number(angle / 60000 % 60, out);
  out += ' ';
  append_decimals(angle % 60000, 3, out);
  out += ' ';
  out += negative ? direction.negative : direction.positive;
  out += ' ';
}

bool angle_fits(std::uint32_t wire, const Direction& direction) {
  const std::uint32_t angle = wire < kMiddle ? kMiddle - wire : wire - kMiddle;
  return angle <= direction.max_degrees * kDegree;
}

}  // namespace

std::optional<std::size_t> measure_location(Bytes rest) {
  if (rest.empty()) return std::nullopt;
  if (rest[0] != 0) return rest.size();
  if (rest.size() < kLocationSize || !is_size(rest[1]) || !is_size(rest[2]) ||
      !is_size(rest[3]) || !angle_fits(load_u32(&rest[4]), kLatitude) ||
      !angle_fits(load_u32(&rest[8]), kLongitude)) {
    return std::nullopt;
  }
  return kLocationSize;
}

bool parse_location(TextCursor& in, WireWriter& out) {
  constexpr std::string_view kExpected = "a size in metres, from 0 to 90000000.00m";
  const std::size_t start = out.size();
  out.u32(0);
  if (!parse_angle(in, kLatitude, out) || !parse_angle(in, kLongitude, out) ||
      !parse_altitude(in, out)) {
    return false;
  }
  std::array<std::uint8_t, 3> sizes = kDefaultSizes;
  for (std::uint8_t& size : sizes) {
    if (in.at_end()) break;
    const Token* token = in.next_word(kExpected);
    if (token == nullptr) return false;
    const auto value = fixed_point(without_unit(token->text), 2);
    if (!value || *value > kMaxSize) return in.fail(*token, kExpected);
    size = encode_size(*value);
  }
  if (!out.ok()) return true;  // no room; the caller reports that for all fields
  out.patch_u16(start, sizes[0]);
  out.patch_u16(start + 2, static_cast<std::uint16_t>(sizes[1] << 8 | sizes[2]));
  return true;
}

bool append_location(Bytes part, std::string& out) {
  if (part[0] != 0) return false;
  append_angle(load_u32(&part[4]), kLatitude, out);
  append_angle(load_u32(&part[8]), kLongitude, out);
  const std::uint64_t altitude = load_u32(&part[12]);
  if (altitude < kAltitudeBase) out += '-';
  append_decimals(altitude < kAltitudeBase ? kAltitudeBase - altitude : altitude - kAltitudeBase,
                  2, out);
  out += 'm';
  for (std::size_t i = 1; i <= kDefaultSizes.size(); ++i) {
    std::uint64_t size = part[i] >> 4;
    if (size == 0 && part[i] != 0) return false;  // no size with an exponent
    for (unsigned e = part[i] & 15; e > 0; --e) size *= 10;
    out += ' ';
    append_decimals(size, 2, out);
    out += 'm';
  }
  return true;
}

}  // namespace bowline::dns
