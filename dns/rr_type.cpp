// The tables that rr_type.def becomes: rows by code, and a hash of mnemonics.
#include "dns/rr_type.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "dns/load_short.h"

namespace bowline::dns {
namespace {

constexpr std::size_t kMaxFields = 9;       // SIG and RRSIG
constexpr std::size_t kMaxMnemonic = 10;    // NSEC3PARAM
constexpr std::size_t kDirectCodes = 320;   // codes below are found by index, others by search
constexpr std::size_t kHashSlots = 512;     // four times the rows, so probes are short

struct Row {
  std::string_view mnemonic;
  std::uint16_t code;
  std::uint8_t field_count;
  std::array<Field, kMaxFields> fields;
};

consteval Row make_row(std::string_view mnemonic, std::uint16_t code,
                       std::initializer_list<Field> fields) {
  Row row{mnemonic, code, static_cast<std::uint8_t>(fields.size()), {}};
  std::copy(fields.begin(), fields.end(), row.fields.begin());
  return row;
}

using enum Field;
constexpr Row kRows[] = {
#define RR_TYPE(enumerator, mnemonic, code, ...) make_row(mnemonic, code, {__VA_ARGS__}),
#include "dns/rr_type.def"
#undef RR_TYPE
};
constexpr std::size_t kRowCount = std::size(kRows);
constexpr std::uint8_t kNoRow = 255;
static_assert(kRowCount < kNoRow);

consteval std::array<std::uint8_t, kDirectCodes> make_index() {
  std::array<std::uint8_t, kDirectCodes> index{};
  index.fill(kNoRow);
  for (std::size_t i = 0; i < kRowCount; ++i) {
    if (kRows[i].code < kDirectCodes) index[kRows[i].code] = static_cast<std::uint8_t>(i);
  }
  return index;
}
constexpr auto kIndex = make_index();

const Row* find_row(RrType type) {
  const std::uint16_t code = code_of(type);
  if (code < kDirectCodes) return kIndex[code] == kNoRow ? nullptr : &kRows[kIndex[code]];
  for (const Row& row : kRows) {
    if (row.code == code) return &row;
  }
  return nullptr;
}

// A mnemonic as two numbers: upper case, padded with zeros, its size in the last octet.
struct Packed {
  std::uint64_t low = 0, high = 0;
  bool operator==(const Packed&) const = default;
};

// a-z to A-Z in each of eight octets. Sums of seven bits do not run over into the next octet.
std::uint64_t upper(std::uint64_t octets) {
  constexpr std::uint64_t kEach = 0x0101010101010101;
  const std::uint64_t low = octets & 0x7f * kEach;
  const std::uint64_t from_a = low + (0x80 - 'a') * kEach;
  const std::uint64_t above_z = low + (0x7f - 'z') * kEach;
  return octets ^ ((from_a & ~above_z & ~octets & 0x80 * kEach) >> 2);
}

// What pack() makes. REQUIRES: at most kMaxMnemonic octets.
Packed pack_fast(std::string_view text) {
  const std::size_t low = std::min<std::size_t>(text.size(), 8);
  Packed packed{upper(load_short(text.data(), low)), std::uint64_t{text.size()} << 56};
  if (low < text.size()) packed.high |= upper(load_short(text.data() + low, text.size() - low));
  return packed;
}

constexpr Packed pack(std::string_view text) {
  Packed packed;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const char upper = c >= 'a' && c <= 'z' ? static_cast<char>(c - 0x20) : c;
    const std::uint64_t octet = static_cast<std::uint8_t>(upper);
    (i < 8 ? packed.low : packed.high) |= octet << (i % 8 * 8);
  }
  packed.high |= std::uint64_t{text.size()} << 56;
  return packed;
}

constexpr std::size_t slot_of(const Packed& packed) {
  return ((packed.low ^ packed.high << 5) * 0x9e3779b97f4a7c15) >> 55;
}
static_assert(std::size_t{1} << (64 - 55) == kHashSlots);

struct Slot {
  Packed packed;
  std::uint16_t code = 0;
};

consteval std::array<Slot, kHashSlots> make_slots() {
  std::array<Slot, kHashSlots> slots{};
  for (const Row& row : kRows) {
    const Packed packed = pack(row.mnemonic);
    std::size_t at = slot_of(packed);
    while (slots[at].code != 0) at = (at + 1) % kHashSlots;
    slots[at] = {packed, row.code};
  }
  return slots;
}
constexpr auto kSlots = make_slots();

// TYPEnnn, RFC 3597 5.
std::int32_t generic_code(std::string_view text, const Packed& packed) {
  constexpr std::size_t kPrefix = 4;
  constexpr std::size_t kMaxDigits = 5;
  if (text.size() <= kPrefix || text.size() > kPrefix + kMaxDigits) return -1;
  if (static_cast<std::uint32_t>(packed.low) != static_cast<std::uint32_t>(pack("TYPE").low)) {
    return -1;
  }
  std::uint32_t code = 0;
  for (const char c : text.substr(kPrefix)) {
    if (c < '0' || c > '9') return -1;
    code = code * 10 + static_cast<std::uint32_t>(c - '0');
  }
  if (code > 65535) return -1;
  return static_cast<std::int32_t>(code);
}

}  // namespace

std::string to_text(RrType type) {
  if (const Row* row = find_row(type)) return std::string(row->mnemonic);
  return "TYPE" + std::to_string(code_of(type));
}

std::optional<std::string_view> mnemonic_of(RrType type) {
  const Row* row = find_row(type);
  if (row == nullptr) return std::nullopt;
  return row->mnemonic;
}

std::int32_t rr_type_code_from_text(std::string_view text) {
  if (text.empty() || text.size() > kMaxMnemonic) return -1;
  const Packed packed = pack_fast(text);
  for (std::size_t at = slot_of(packed); kSlots[at].code != 0; at = (at + 1) % kHashSlots) {
    if (kSlots[at].packed == packed) return kSlots[at].code;
  }
  return generic_code(text, packed);
}

std::span<const Field> fields_of(RrType type) {
  static constexpr Field kUnknown[] = {kOpaque};
  const Row* row = find_row(type);
  if (row == nullptr) return kUnknown;
  return {row->fields.data(), row->field_count};
}

}  // namespace bowline::dns
