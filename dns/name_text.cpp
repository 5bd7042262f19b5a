// Names in presentation form (RFC 1035 5.1, RFC 4343 2.1).
#include "dns/name_text.h"

#include <tmmintrin.h>

#include <algorithm>
#include <array>
#include <bit>

#include "dns/load_short.h"
#include "dns/text_string.h"

namespace bowline::dns {
namespace {

// Appends the origin behind `size` octets of labels.
NameTextFault append_origin(const NameView* origin, std::uint8_t* out, std::size_t& size) {
  if (origin == nullptr) return NameTextFault::kRelative;
  if (size + origin->size() > kMaxNameSize) return NameTextFault::kLongName;
  std::memcpy(out + size, origin->data(), origin->size());
  size += origin->size();
  return NameTextFault::kNone;
}

// Octets that stand for themselves in a name.
using PlainOctets = std::array<bool, 256>;

constexpr PlainOctets kPlainInFiles = [] {
  PlainOctets plain{};
  for (unsigned c = 0; c < 256; ++c) {
    plain[c] = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               c == '-' || c == '_' || c == '/' || c == '*';
  }
  return plain;
}();

// For names that come one by one, from command lines and the like.
constexpr PlainOctets kPlainElsewhere = [] {
  PlainOctets plain{};
  plain.fill(true);
  plain['.'] = plain['\\'] = false;
  return plain;
}();

NameTextFault read_name(std::string_view text, const PlainOctets& plain, const NameView* origin,
                        std::uint8_t* out, std::size_t& size) {
  size = 0;
  if (text.empty()) return NameTextFault::kEmpty;
  if (text == "@") return append_origin(origin, out, size);
  if (text == ".") {
    out[size++] = 0;
    return NameTextFault::kNone;
  }
  std::size_t label = 0;  // where the present label's length octet is
  std::size_t end = 1;    // where its next octet goes
  for (std::size_t at = 0; at < text.size();) {
    int octet = static_cast<std::uint8_t>(text[at]);
    if (plain[static_cast<std::uint8_t>(octet)]) {
      ++at;
    } else if (octet == '.') {
      const std::size_t length = end - label - 1;
      if (length == 0) return NameTextFault::kEmptyLabel;
      out[label] = static_cast<std::uint8_t>(length);
      label = end++;
      ++at;
      continue;
    } else if (octet == '\\') {
      octet = read_escape(text, at);
      if (octet < 0) return NameTextFault::kEscape;
    } else {
      return NameTextFault::kCharacter;
    }
    if (end - label > kMaxLabelSize) return NameTextFault::kLongLabel;
    if (end >= kMaxNameSize) return NameTextFault::kLongName;
    out[end++] = static_cast<std::uint8_t>(octet);
  }
  if (end == label + 1) {  // the text ended in a dot
    if (label >= kMaxNameSize) return NameTextFault::kLongName;
    out[label] = 0;
    size = end;
    return NameTextFault::kNone;
  }
  out[label] = static_cast<std::uint8_t>(end - label - 1);
  size = end;
  return append_origin(origin, out, size);
}

// ---- Names without escapes, 16 octets at a time -----------------------------------------------

// Longer ones are read octet by octet: blocks are written whole and must not run over the buffer.
constexpr std::size_t kMaxSimple = 224;

struct Found {
  std::uint32_t usual;  // plain octets in files, and dots
  std::uint32_t dots;
};

// An octet is usual if its two halves share a bit: one for each kind of row of the ASCII table.
Found find_usual(__m128i octets) {
  const __m128i by_high =
      _mm_setr_epi8(0, 0, 1, 2, 4, 8, 4, 16, 0, 0, 0, 0, 0, 0, 0, 0);
  const __m128i by_low = _mm_setr_epi8(2 | 8 | 16, 2 | 4 | 8 | 16, 2 | 4 | 8 | 16, 2 | 4 | 8 | 16,
                                       2 | 4 | 8 | 16, 2 | 4 | 8 | 16, 2 | 4 | 8 | 16,
                                       2 | 4 | 8 | 16, 2 | 4 | 8 | 16, 2 | 4 | 8 | 16,
                                       1 | 4 | 8 | 16, 4, 4, 1 | 4, 1 | 4, 1 | 4 | 8);
  const __m128i high = _mm_and_si128(_mm_srli_epi16(octets, 4), _mm_set1_epi8(0x0f));
  const __m128i shared =
      _mm_and_si128(_mm_shuffle_epi8(by_high, high), _mm_shuffle_epi8(by_low, octets));
  const __m128i none = _mm_cmpeq_epi8(shared, _mm_setzero_si128());
  const __m128i dots = _mm_cmpeq_epi8(octets, _mm_set1_epi8('.'));
  return {~static_cast<std::uint32_t>(_mm_movemask_epi8(none)),
          static_cast<std::uint32_t>(_mm_movemask_epi8(dots))};
}

// The wire form is the text one octet further on, with a length in place of each dot. False: let
// read_name() look, which knows what is wrong with it, if anything.
bool read_simple_name(std::string_view text, const NameView* origin, std::uint8_t* out,
                      std::size_t& size) {
  if (text.size() > kMaxSimple) return false;
  std::size_t label = 0;  // where the present label begins in the text, and its length in `out`
  const auto end_label = [&](std::size_t end) {
    const std::size_t length = end - label;
    out[label] = static_cast<std::uint8_t>(length);
    label = end + 1;
    return length - 1 < kMaxLabelSize;
  };
  for (std::size_t at = 0; at < text.size(); at += sizeof(__m128i)) {
    const std::size_t left = text.size() - at;
    const __m128i block = load_block(text.data() + at, left);
    const std::uint32_t all = (std::uint32_t{1} << std::min(left, sizeof block)) - 1;
    const Found found = find_usual(block);
    if ((found.usual & all) != all) return false;
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + 1 + at), block);
    for (std::uint32_t dots = found.dots; dots != 0; dots &= dots - 1) {
      if (!end_label(at + static_cast<std::size_t>(std::countr_zero(dots)))) return false;
    }
  }
  size = text.size() + 1;
  if (label == text.size()) {
    out[label] = 0;
    return label != 0;
  }
  return end_label(text.size()) && append_origin(origin, out, size) == NameTextFault::kNone;
}

}  // namespace

std::string_view to_text(NameTextFault fault) {
  switch (fault) {
    case NameTextFault::kNone: return "is a name";
    case NameTextFault::kEmpty: return "is empty";
    case NameTextFault::kEmptyLabel: return "has an empty label";
    case NameTextFault::kLongLabel: return "has a label of more than 63 octets";
    case NameTextFault::kLongName: return "has more than 255 octets";
    case NameTextFault::kEscape: return "has an incomplete or too large escape";
    case NameTextFault::kRelative: return "does not end in a dot";
    case NameTextFault::kCharacter: return "has a character that needs a backslash before it";
  }
  return "is not a name";
}

NameTextFault read_name_text(std::string_view text, const NameView* origin, std::uint8_t* out,
                             std::size_t& size) {
  if (read_simple_name(text, origin, out, size)) return NameTextFault::kNone;
  return read_name(text, kPlainInFiles, origin, out, size);
}

void append_name_text(NameView name, std::string& out) {
  if (name.is_root()) {
    out += '.';
    return;
  }
  for (const std::uint8_t* at = name.data(); *at != 0; at += *at + 1u) {
    for (unsigned i = 1; i <= *at; ++i) {
      const std::uint8_t c = at[i];
      if (c <= ' ' || c >= 0x7f) {
        append_decimal_escape(c, out);
        continue;
      }
      if (!kPlainInFiles[c]) out += '\\';
      out += static_cast<char>(c);
    }
    out += '.';
  }
}

std::string NameView::to_text() const {
  std::string text;
  append_name_text(*this, text);
  return text;
}

Result<Name> Name::from_text(std::string_view text, const Name* origin) {
  std::array<std::uint8_t, kMaxNameSize> bytes;
  std::size_t size = 0;
  const NameView suffix = origin == nullptr ? NameView() : origin->view();
  const NameTextFault fault =
      read_name(text, kPlainElsewhere, origin == nullptr ? nullptr : &suffix, bytes.data(), size);
  if (fault != NameTextFault::kNone) {
    return Error{"'" + std::string(text.substr(0, kMaxNameSize)) + "' is not a domain name: it " +
                 std::string(dns::to_text(fault))};
  }
  return Name(NameView(bytes.data(), size));
}

}  // namespace bowline::dns
