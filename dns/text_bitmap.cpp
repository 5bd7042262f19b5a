// Sets of RR types in presentation form.
#include "dns/text_bitmap.h"

#include <algorithm>
#include <array>

#include "dns/rr_type.h"

namespace bowline::dns {
namespace {

constexpr std::size_t kWindows = 256;
constexpr std::size_t kWindowSize = 32;
constexpr std::string_view kExpectedType = "a record type such as AAAA or TYPE28";

void set_bit(std::span<std::uint8_t> bits, unsigned index) {
  bits[index / 8] |= static_cast<std::uint8_t>(0x80 >> index % 8);
}

// Octets up to the last that is not zero.
std::size_t used_size(std::span<const std::uint8_t> bits) {
  std::size_t size = bits.size();
  while (size > 0 && bits[size - 1] == 0) --size;
  return size;
}

void write_window(std::uint8_t number, std::span<const std::uint8_t> bits, WireWriter& out) {
  const std::size_t size = used_size(bits);
  if (size == 0) return;
  out.u8(number);
  out.u8(static_cast<std::uint8_t>(size));
  out.bytes(bits.first(size));
}

std::optional<RrType> take_type(TextCursor& in) {
  const Token* token = in.next_word(kExpectedType);
  if (token == nullptr) return std::nullopt;
  const auto type = rr_type_from_text(token->text);
  if (!type) in.fail(*token, kExpectedType);
  return type;
}

// The rest of a bitmap that has a type beyond the first window. Apart, for its 8 KiB.
[[gnu::noinline]] bool parse_all_windows(TextCursor& in, std::span<const std::uint8_t> first,
                                         RrType type, WireWriter& out) {
  std::array<std::uint8_t, kWindows * kWindowSize> bits{};
  std::copy(first.begin(), first.end(), bits.begin());
  set_bit(bits, code_of(type));
  while (!in.at_end()) {
    const auto next = take_type(in);
    if (!next) return false;
    set_bit(bits, code_of(*next));
  }
  for (std::size_t i = 0; i < kWindows; ++i) {
    write_window(static_cast<std::uint8_t>(i),
                 std::span(bits).subspan(i * kWindowSize, kWindowSize), out);
  }
  return true;
}

void append_types(Bytes bits, unsigned first, std::string& out) {
  for (unsigned i = 0; i < bits.size() * 8; ++i) {
    if ((bits[i / 8] & 0x80 >> i % 8) == 0) continue;
    if (!out.empty() && out.back() != ' ') out += ' ';
    out += to_text(static_cast<RrType>(first + i));
  }
}

}  // namespace

bool parse_type_bitmap(TextCursor& in, WireWriter& out) {
  std::array<std::uint8_t, kWindowSize> bits{};
  while (!in.at_end()) {
    const auto type = take_type(in);
    if (!type) return false;
    if (code_of(*type) >= kWindowSize * 8) return parse_all_windows(in, bits, *type, out);
    set_bit(bits, code_of(*type));
  }
  write_window(0, bits, out);
  return true;
}

bool parse_nxt_bitmap(TextCursor& in, WireWriter& out) {
  constexpr std::string_view kExpected = "a record type from 1 to 127";
  std::array<std::uint8_t, kMaxNxtBitmap> bits{};
  do {
    const Token* token = in.next_word(kExpected);
    if (token == nullptr) return false;
    const auto type = rr_type_from_text(token->text);
    if (!type || code_of(*type) == 0 || code_of(*type) >= bits.size() * 8) {
      return in.fail(*token, kExpected);
    }
    set_bit(bits, code_of(*type));
  } while (!in.at_end());
  out.bytes(Bytes(bits).first(used_size(bits)));
  return true;
}

bool check_type_bitmap(Bytes bitmap) {
  int last = -1;
  while (!bitmap.empty()) {
    if (bitmap.size() < 3) return false;
    const int window = bitmap[0];
    const std::size_t size = bitmap[1];
    if (window <= last || size == 0 || size > kWindowSize || bitmap.size() < 2 + size ||
        bitmap[1 + size] == 0) {
      return false;
    }
    last = window;
    bitmap = bitmap.subspan(2 + size);
  }
  return true;
}

void append_type_bitmap(Bytes bitmap, std::string& out) {
  while (!bitmap.empty()) {
    const std::size_t size = bitmap[1];
    append_types(bitmap.subspan(2, size), bitmap[0] * 256u, out);
    bitmap = bitmap.subspan(2 + size);
  }
}

bool append_nxt_bitmap(Bytes bitmap, std::string& out) {
  if ((bitmap.front() & 0x80) != 0 || bitmap.back() == 0) return false;
  append_types(bitmap, 0, out);
  return true;
}

}  // namespace bowline::dns
