// Names as the oracle has them: labels in a vector, the one below the root first, so that a suffix
// is a prefix of the vector and the canonical order of RFC 4034 6.1 is the vector's own.
//
// Tests only; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace bowline::oracle {

using Octets = std::string;  // compares as unsigned octets
using Name = std::vector<Octets>;

inline constexpr std::size_t kMaxName = 255;  // RFC 1035 2.3.4
inline constexpr std::size_t kMaxLabel = 63;

Octets lower(Octets octets);       // ASCII only (RFC 4343 3)
Name lower(Name name);
Octets to_wire(const Name& name);  // uncompressed (RFC 1035 3.1)
std::size_t wire_size(const Name& name);

// The last `count` labels: an ancestor or the name itself. REQUIRES: count <= name.size().
Name suffix(const Name& name, std::size_t count);
// `label` right below `parent`.
Name below(const Name& parent, const Octets& label);
// `rest`, labels in the same order, below `parent`.
Name below(const Name& parent, const Name& rest);
// Whether `name` is `ancestor` or below it. REQUIRES: both in lower case.
bool is_at_or_below(const Name& name, const Name& ancestor);

// Reads the uncompressed name at `at` and moves `at` behind it. False: it is malformed.
bool read_name(const Octets& octets, std::size_t& at, Name& name);

std::string to_text(const Name& name);

}  // namespace bowline::oracle
