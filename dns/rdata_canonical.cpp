// Names inside rdata, canonical form (RFC 4034 6.2) and canonical order (6.3).
#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "dns/rdata.h"
#include "dns/rdata_walk.h"

namespace bowline::dns {
namespace {

// No type has more names that are lower-cased (SOA, MINFO, RP, PX).
constexpr std::size_t kMaxLoweredNames = 2;

std::size_t add_names(Bytes part, std::size_t at, std::span<RdataName> names) {
  std::size_t count = 0;
  while (!part.empty() && count < names.size()) {
    const auto name = NameView::parse(part);
    if (!name) break;
    names[count++] = {static_cast<std::uint16_t>(at), static_cast<std::uint8_t>(name->size()),
                      false, false};
    at += name->size();
    part = part.subspan(name->size());
  }
  return count;
}

// The parts of rdata that are lower-cased. Length octets are below 'A', so a name folds as a whole.
struct LoweredNames {
  std::array<RdataName, kMaxLoweredNames> names;
  std::size_t count;

  LoweredNames(RrType type, Bytes rdata) : count(find_names(type, rdata, names)) {}

  template <typename Visit>
  void for_each(Visit visit) const {
    for (std::size_t i = 0; i < count; ++i) {
      if (names[i].canonical_lowercase) visit(names[i].offset, names[i].size);
    }
  }

  bool any() const {
    return std::any_of(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(count),
                       [](const RdataName& name) { return name.canonical_lowercase; });
  }

  bool covers(std::size_t at) const {
    bool inside = false;
    for_each([&](std::size_t offset, std::size_t size) {
      inside |= at >= offset && at < offset + size;
    });
    return inside;
  }
};

int sign(std::size_t a, std::size_t b) { return a < b ? -1 : a > b ? 1 : 0; }

constexpr bool is_upper(std::uint8_t c) { return c >= 'A' && c <= 'Z'; }

// Where a and b differ first; `size` if nowhere.
std::size_t first_difference(const std::uint8_t* a, const std::uint8_t* b, std::size_t size) {
  std::size_t at = 0;
  for (; at + 8 <= size; at += 8) {
    std::uint64_t of_a, of_b;
    std::memcpy(&of_a, a + at, 8);
    std::memcpy(&of_b, b + at, 8);
    if (of_a != of_b) return at + static_cast<std::size_t>(std::countr_zero(of_a ^ of_b)) / 8;
  }
  while (at < size && a[at] == b[at]) ++at;
  return at;
}

}  // namespace

std::size_t find_names(RrType type, Bytes rdata, std::span<RdataName> names) {
  if (!has_names(type)) return 0;
  std::size_t count = 0;
  walk_fields(type, rdata, [&](Field field, std::size_t at, Bytes part) {
    if (count == names.size()) return false;
    if (field == Field::kNames) {
      count += add_names(part, at, names.subspan(count));
      return true;
    }
    const NamePlace place = name_in_field(field, part);
    if (place.size == 0) return true;
    names[count++] = {static_cast<std::uint16_t>(at + place.offset),
                      static_cast<std::uint8_t>(place.size), is_compressible(field),
                      is_lowered(field)};
    return true;
  });
  return count;
}

void write_canonical_rdata(RrType type, Bytes rdata, WireWriter& out) {
  const LoweredNames lowered(type, rdata);
  std::size_t done = 0;
  lowered.for_each([&](std::size_t offset, std::size_t size) {
    out.bytes(rdata.subspan(done, offset - done));
    out.bytes(Name(NameView(&rdata[offset], size)).lower().view().bytes());
    done = offset + size;
  });
  out.bytes(rdata.subspan(done));
}

// Octets that are equal as they stand are equal in canonical form too, and the first that differ
// decide unless one of them is a letter that may be folded: only then the fields are looked at.
int compare_canonical_rdata(RrType type, Bytes a, Bytes b) {
  const std::size_t common = std::min(a.size(), b.size());
  std::size_t i = first_difference(a.data(), b.data(), common);
  if (i == common) return sign(a.size(), b.size());
  if (!has_names(type) || (!is_upper(a[i]) && !is_upper(b[i]))) return a[i] < b[i] ? -1 : 1;
  const LoweredNames in_a(type, a);
  const LoweredNames in_b(type, b);
  for (; i < common; ++i) {
    const std::uint8_t from_a = in_a.covers(i) ? fold(a[i]) : a[i];
    const std::uint8_t from_b = in_b.covers(i) ? fold(b[i]) : b[i];
    if (from_a != from_b) return from_a < from_b ? -1 : 1;
  }
  return sign(a.size(), b.size());
}

}  // namespace bowline::dns
