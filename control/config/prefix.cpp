#include "control/config/prefix.h"

#include <algorithm>

namespace bowline::control::config {
namespace {

using Family = Address::Family;
using Bytes = std::array<std::uint8_t, 16>;

constexpr unsigned kMappedBits = 96;
constexpr std::uint8_t kMapped[kMappedBits / 8] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool bit(const Bytes& bytes, unsigned index) {
  return (bytes[index / 8] >> (7 - index % 8) & 1) != 0;
}

void set_bit(Bytes& bytes, unsigned index) {
  bytes[index / 8] = static_cast<std::uint8_t>(bytes[index / 8] | 0x80U >> index % 8);
}

// The last address of the block.
Bytes last_of(const Bytes& first, unsigned length, unsigned bits) {
  Bytes last = first;
  for (unsigned i = length; i < bits; ++i) set_bit(last, i);
  return last;
}

// Adds one at bit `length` - 1, that of the next block. False: there is none.
bool advance(Bytes& first, unsigned length) {
  for (unsigned i = length; i-- > 0;) {
    const bool was_set = bit(first, i);
    first[i / 8] = static_cast<std::uint8_t>(first[i / 8] ^ 0x80U >> i % 8);
    if (!was_set) return true;
  }
  return false;
}

Prefix make_prefix(Family family, const Bytes& bytes, unsigned length) {
  if (family == Family::kIpv4 || length < kMappedBits ||
      !std::equal(std::begin(kMapped), std::end(kMapped), bytes.begin())) {
    return {family, length, bytes};
  }
  Prefix prefix{Family::kIpv4, length - kMappedBits, {}};
  std::copy(bytes.begin() + sizeof kMapped, bytes.end(), prefix.bytes.begin());
  return prefix;
}

}  // namespace

std::string Prefix::to_text() const {
  Address address;
  address.family = family;
  address.bytes = bytes;
  return address.host_text() + "/" + std::to_string(length);
}

std::vector<Prefix> split_range(const AddressRange& range) {
  const unsigned bits = range.family == Family::kIpv4 ? 32 : 128;
  std::vector<Prefix> prefixes;
  Bytes first = range.first;
  for (bool more = true; more && first <= range.last;) {
    unsigned length = bits;
    while (length > 0 && !bit(first, length - 1) &&
           last_of(first, length - 1, bits) <= range.last) {
      --length;
    }
    prefixes.push_back(make_prefix(range.family, first, length));
    more = advance(first, length);
  }
  return prefixes;
}

}  // namespace bowline::control::config
