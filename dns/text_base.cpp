// Hex, base64 and base32hex in presentation form.
#include "dns/text_base.h"

#include <array>

#include "dns/text_string.h"

namespace bowline::dns {
namespace {

constexpr std::uint8_t kBad = 255;

consteval std::array<std::uint8_t, 256> make_values(std::string_view alphabet, bool fold_case) {
  std::array<std::uint8_t, 256> values{};
  values.fill(kBad);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    const auto c = static_cast<std::uint8_t>(alphabet[i]);
    values[c] = static_cast<std::uint8_t>(i);
    if (fold_case && c >= 'A' && c <= 'Z') values[c | 0x20] = static_cast<std::uint8_t>(i);
  }
  return values;
}

constexpr std::string_view kHexAlphabet = "0123456789ABCDEF";
constexpr std::string_view kBase32Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUV";
constexpr std::string_view kBase64Alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr auto kHexValues = make_values(kHexAlphabet, true);
constexpr auto kBase32Values = make_values(kBase32Alphabet, true);
constexpr auto kBase64Values = make_values(kBase64Alphabet, false);

// Decodes text that comes in words of whole groups of digits (RFC 3597 5 demands it of hex). Digits
// of Bits bits are packed from the left; what a padded alphabet needs is counted. Octets are
// collected, because a call of the writer for each is slow.
template <unsigned Bits, bool Padded>
class Decoder {
 public:
  Decoder(const std::array<std::uint8_t, 256>& values, WireWriter& out)
      : values_(values), out_(out) {}

  bool add(std::string_view text) {
    constexpr std::size_t kGroup = Padded ? 4 : Bits == 4 ? 2 : 1;
    if (text.size() % kGroup != 0) return false;
    for (const char c : text) {
      const std::uint8_t value = values_[static_cast<std::uint8_t>(c)];
      if (value == kBad) {
        if (!Padded || c != '=') return false;
        ++padding_;
        continue;
      }
      if (padding_ != 0) return false;
      window_ = window_ << Bits | value;
      bits_ += Bits;
      ++digits_;
      if (bits_ < 8) continue;
      bits_ -= 8;
      chunk_[size_++] = static_cast<std::uint8_t>(window_ >> bits_);
      if (size_ == chunk_.size()) flush();
    }
    return true;
  }

  // False: digits are missing, padding is wrong, or bits behind the last octet are set.
  bool finish() {
    flush();
    if (bits_ >= Bits || (window_ & ((1u << bits_) - 1)) != 0) return false;
    return !Padded || (padding_ < 3 && (digits_ + padding_) % 4 == 0);
  }

 private:
  void flush() {
    out_.bytes(Bytes(chunk_.data(), size_));
    size_ = 0;
  }

  const std::array<std::uint8_t, 256>& values_;
  WireWriter& out_;
  std::uint32_t window_ = 0;
  unsigned bits_ = 0;  // of the window that are not written yet
  std::size_t digits_ = 0;
  std::size_t padding_ = 0;
  std::size_t size_ = 0;
  std::array<std::uint8_t, 64> chunk_;
};

struct HexDecoder : Decoder<4, false> {
  explicit HexDecoder(WireWriter& out) : Decoder(kHexValues, out) {}
};
struct Base32Decoder : Decoder<5, false> {
  explicit Base32Decoder(WireWriter& out) : Decoder(kBase32Values, out) {}
};
struct Base64Decoder : Decoder<6, true> {
  explicit Base64Decoder(WireWriter& out) : Decoder(kBase64Values, out) {}
};

// Digits that `size` octets take in groups of eight.
constexpr std::size_t padded_base32(std::size_t size) { return (size + 4) / 5 * 8; }

template <typename Decode>
bool write_all(std::string_view text, WireWriter& out) {
  Decode decoder(out);
  return decoder.add(text) && decoder.finish();
}

// All tokens that are left, at least `minimum` octets of them.
template <typename Decode>
bool parse_to_end(TextCursor& in, WireWriter& out, std::string_view expected,
                  std::size_t minimum) {
  const std::size_t start = out.size();
  Decode decoder(out);
  const Token* token = nullptr;
  while (!in.at_end()) {
    token = in.next_word(expected);
    if (token == nullptr) return false;
    if (!decoder.add(token->text)) return in.fail(*token, expected);
  }
  if (!decoder.finish()) return in.fail(*token, expected);  // without tokens it succeeds
  if (out.ok() && out.size() - start < minimum) return in.fail_missing(expected);
  return true;
}

// Digits of Bits bits each, from the left; the last is filled up with zero bits.
template <unsigned Bits>
void append_digits(Bytes octets, std::string_view alphabet, std::string& out) {
  constexpr std::uint32_t kMask = (1u << Bits) - 1;
  std::uint32_t window = 0;
  unsigned bits = 0;
  for (const std::uint8_t octet : octets) {
    window = window << 8 | octet;
    bits += 8;
    while (bits >= Bits) {
      bits -= Bits;
      out += alphabet[window >> bits & kMask];
    }
  }
  if (bits > 0) out += alphabet[window << (Bits - bits) & kMask];
}

}  // namespace

bool write_hex(std::string_view text, WireWriter& out) { return write_all<HexDecoder>(text, out); }

bool write_base64(std::string_view text, WireWriter& out) {
  return write_all<Base64Decoder>(text, out);
}

bool write_base32hex(std::string_view text, WireWriter& out) {
  return write_all<Base32Decoder>(text, out);
}

void append_hex(Bytes octets, std::string& out) { append_digits<4>(octets, kHexAlphabet, out); }

void append_base64(Bytes octets, std::string& out) {
  append_digits<6>(octets, kBase64Alphabet, out);
  out.append((3 - octets.size() % 3) % 3, '=');
}

void append_base32hex(Bytes octets, std::string& out) {
  append_digits<5>(octets, kBase32Alphabet, out);
}

bool parse_hex(TextCursor& in, WireWriter& out) {
  return parse_to_end<HexDecoder>(in, out, "pairs of hex digits", 1);
}

bool parse_digest(TextCursor& in, WireWriter& out) {
  return parse_to_end<HexDecoder>(in, out, "a digest of at least 12 octets in hex",
                                  kMinZonemdDigest);
}

bool parse_base64(TextCursor& in, WireWriter& out) {
  return parse_to_end<Base64Decoder>(in, out, "base64", 1);
}

bool parse_optional_base64(TextCursor& in, WireWriter& out) {
  return parse_to_end<Base64Decoder>(in, out, "base64 or nothing", 0);
}

bool parse_base64_or_dash(TextCursor& in, WireWriter& out) {
  constexpr std::string_view kExpected = "base64, or - for no data";
  if (!in.at_end() && in.peek().text == "-") return in.next_word(kExpected) != nullptr;
  return parse_to_end<Base64Decoder>(in, out, kExpected, 1);
}

bool parse_salt(TextCursor& in, WireWriter& out) {
  constexpr std::string_view kExpected = "a salt of at most 255 octets in hex, or -";
  const Token* token = in.next_word(kExpected);
  if (token == nullptr) return false;
  if (token->text == "-") {
    out.u8(0);
    return true;
  }
  const std::size_t size = token->text.size() / 2;
  if (size == 0 || size > kMaxString) return in.fail(*token, kExpected);
  out.u8(static_cast<std::uint8_t>(size));
  return write_hex(token->text, out) || in.fail(*token, kExpected);
}

bool parse_hash(TextCursor& in, WireWriter& out) {
  constexpr std::string_view kExpected = "a hash in base32hex, in groups of eight digits";
  const Token* token = in.next_word(kExpected);
  if (token == nullptr) return false;
  const std::string_view digits = token->text.substr(0, token->text.find_last_not_of('=') + 1);
  const std::size_t size = digits.size() * 5 / 8;
  const bool good = size > 0 && size <= kMaxString && token->text.size() == padded_base32(size);
  if (!good) return in.fail(*token, kExpected);
  out.u8(static_cast<std::uint8_t>(size));
  return write_base32hex(digits, out) || in.fail(*token, kExpected);
}

// RFC 5155 3.3 has no padding, and the 20 octets of its only algorithm need none; hashes of other
// sizes are filled up as RFC 4648 7 says.
void append_hash(Bytes octets, std::string& out) {
  const std::size_t end = out.size() + padded_base32(octets.size());
  append_base32hex(octets, out);
  out.resize(end, '=');
}

}  // namespace bowline::dns
