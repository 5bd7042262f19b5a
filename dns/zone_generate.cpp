// Ranges and templates of $GENERATE.
#include "dns/zone_generate.h"

#include <charconv>

namespace bowline::dns {
namespace {

constexpr std::uint32_t kMaxValue = 0x7fffffff;

// Takes a number from the front of `text`. Signs are not numbers.
std::optional<std::uint32_t> take_number(std::string_view& text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || value > kMaxValue) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

struct Modifier {
  std::int64_t offset = 0;
  std::uint32_t width = 0;
  char base = 'd';
};

// Takes "{offset[,width[,base]]}".
std::optional<Modifier> take_modifier(std::string_view& text) {
  Modifier modifier;
  if (!take(text, '{')) return std::nullopt;
  const bool negative = take(text, '-');
  if (!negative) take(text, '+');
  const auto offset = take_number(text);
  if (!offset) return std::nullopt;
  modifier.offset = negative ? -std::int64_t{*offset} : std::int64_t{*offset};
  if (take(text, ',')) {
    const auto width = take_number(text);
    if (!width || *width > kMaxGenerateWidth) return std::nullopt;
    modifier.width = *width;
    if (take(text, ',')) {
      if (text.empty() || std::string_view("doxXnN").find(text[0]) == std::string_view::npos) {
        return std::nullopt;
      }
      modifier.base = text[0];
      text.remove_prefix(1);
    }
  }
  if (!take(text, '}')) return std::nullopt;
  return modifier;
}

char digit_of(std::uint64_t value, bool upper) {
  return (upper ? "0123456789ABCDEF" : "0123456789abcdef")[value & 15];
}

// Hex digits from the lowest up, each a label. The width counts the dots between them.
void append_nibbles(std::uint64_t value, std::uint32_t width, bool upper, std::string& out) {
  const std::size_t start = out.size();
  out += digit_of(value, upper);
  for (value >>= 4; value != 0 || out.size() - start < width; value >>= 4) {
    out += '.';
    if (value == 0 && out.size() - start >= width) break;
    out += digit_of(value, upper);
  }
}

void append_number(std::uint64_t value, const Modifier& modifier, std::string& out) {
  const std::uint64_t radix = modifier.base == 'd' ? 10 : modifier.base == 'o' ? 8 : 16;
  char digits[24];
  std::size_t count = 0;
  do {
    digits[count++] = digit_of(value % radix, modifier.base == 'X');
    value /= radix;
  } while (value != 0);
  if (modifier.width > count) out.append(modifier.width - count, '0');
  while (count != 0) out += digits[--count];
}

}  // namespace

std::optional<GenerateRange> read_generate_range(std::string_view text) {
  const auto start = take_number(text);
  if (!start || !take(text, '-')) return std::nullopt;
  const auto stop = take_number(text);
  if (!stop || *stop < *start) return std::nullopt;
  GenerateRange range{*start, *stop, 1};
  if (take(text, '/')) {
    const auto step = take_number(text);
    if (!step || *step == 0) return std::nullopt;
    range.step = *step;
  }
  if (!text.empty()) return std::nullopt;
  return range;
}

static_assert(kMaxGenerateText == 4096 && kMaxGenerateWidth == 255);  // as the messages say

std::string_view to_text(GenerateFault fault) {
  switch (fault) {
    case GenerateFault::kNone: return "nothing wrong";
    case GenerateFault::kModifier:
      return "${offset,width,base} with a width of at most 255 and one of d o x X n N";
    case GenerateFault::kNegative: return "an offset that keeps all numbers at 0 or above";
    case GenerateFault::kLongText: return "text of at most 4096 octets";
  }
  return "unknown fault";
}

GenerateFault expand_generate(std::string_view text, std::uint32_t value, std::string& out) {
  const std::size_t limit = out.size() + kMaxGenerateText;
  while (!text.empty()) {
    if (text[0] == '$' && text.size() > 1 && text[1] == '$') {
      out += "\\$";
      text.remove_prefix(2);
    } else if (text[0] == '$') {
      text.remove_prefix(1);
      std::optional<Modifier> modifier = Modifier{};
      if (text.starts_with('{')) modifier = take_modifier(text);
      if (!modifier) return GenerateFault::kModifier;
      const std::int64_t number = std::int64_t{value} + modifier->offset;
      if (number < 0) return GenerateFault::kNegative;
      if (modifier->base == 'n' || modifier->base == 'N') {
        append_nibbles(static_cast<std::uint64_t>(number), modifier->width,
                       modifier->base == 'N', out);
      } else {
        append_number(static_cast<std::uint64_t>(number), *modifier, out);
      }
    } else {
      const std::size_t length = text[0] == '\\' && text.size() > 1 ? 2 : 1;
      out.append(text.substr(0, length));
      text.remove_prefix(length);
    }
    if (out.size() > limit) return GenerateFault::kLongText;
  }
  return GenerateFault::kNone;
}

}  // namespace bowline::dns
