// SegmentHeader: the first 64 bytes of every shared segment, and the layout hash that guards it.
//
// The creator of a segment writes its header once, before any other process has the descriptor; it
// never changes. Whoever attaches copies it and calls check_segment() before it reads anything
// else, so that two builds with different structs (an upgrade) never reinterpret each other's
// bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <type_traits>

#include "link/outcome.h"

namespace bowline::link {

inline constexpr std::size_t kCacheLine = 64;

// "BOWLINE1" as it is read in a hex dump (little endian).
inline constexpr std::uint64_t kMagic = 0x31454e494c574f42;

// Raised when the meaning of a field changes and no size or offset does.
inline constexpr std::uint32_t kAbi = 1;

enum class SegmentKind : std::uint32_t {
  kTables = 1,    // chunk 0 of a generation of tables
  kExchange = 2,  // the exchange of one pairing
};

struct SegmentHeader {
  std::uint64_t magic;
  std::uint32_t abi;
  std::uint32_t kind;         // SegmentKind
  std::uint64_t layout_hash;  // layout_hash() over all structs in the segment
  std::uint64_t size;         // bytes of the segment (of chunk 0 for tables)
  std::uint64_t generation;   // incarnation of control that the segment belongs to
  std::uint64_t unused[3];
};
static_assert(sizeof(SegmentHeader) == kCacheLine && std::is_trivially_copyable_v<SegmentHeader>);

// Folds sizes and offsets (sizeof, offsetof) of shared structs into one number, at compile time.
// Further structs are added to an earlier hash by naming it first: layout_hash({kTablesLayout,
// ...}).
constexpr std::uint64_t layout_hash(std::initializer_list<std::uint64_t> facts) {
  std::uint64_t hash = 0x9e3779b97f4a7c15;
  for (const std::uint64_t fact : facts) {
    hash ^= fact + 0x9e3779b97f4a7c15;
    hash *= 0xff51afd7ed558ccd;
    hash ^= hash >> 32;
  }
  return hash;
}

constexpr SegmentHeader make_segment_header(SegmentKind kind, std::uint64_t layout,
                                            std::uint64_t size, std::uint64_t generation) {
  return {kMagic, kAbi, static_cast<std::uint32_t>(kind), layout, size, generation, {}};
}

// Returns why a segment with this header cannot be used, nothing if it can.
// REQUIRES: `header` is a private copy; `size` is the true size of the mapping.
std::optional<Failure> check_segment(const SegmentHeader& header, SegmentKind kind,
                                     std::uint64_t layout, std::uint64_t size,
                                     std::uint64_t generation);

}  // namespace bowline::link
