// TablesHeader: the start of chunk 0 of a generation, with the line on which control publishes.
//
//   field         writer                    meaning
//   segment       control, at its start     magic, ABI, layout of link/ and zones/, generation
//   hash_secret   control, at its start     key of the hash of names
//   line.root     control, any time         Ref of the newest complete version; kNullRef: none yet
//   line.epoch    control, after root       number of that version; starts at 1, grows by 1
//
//   who       change                          why
//   control   root: r -> r' (seq_cst)         version e+1 is complete in memory
//   control   epoch: e -> e+1 (release)       after the root: who sees e+1 finds r' or newer
//   reader    loads epoch, then root          so its root is of that epoch or newer
//
// The dataplane maps all this read-only. What readers do with it, and why freeing is safe: epoch.h.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

#include "link/chunks.h"
#include "link/segment.h"
#include "link/settings.h"

namespace bowline::link {

inline constexpr std::size_t kHashSecretBytes = 16;
inline constexpr std::uint64_t kFirstEpoch = 1;  // 0 is EpochSlots::kOffline

struct alignas(kCacheLine) PublishLine {
  std::atomic<std::uint64_t> epoch;
  std::atomic<Ref> root;
  std::uint32_t unused[13];
};

struct TablesHeader {
  SegmentHeader segment;
  alignas(kCacheLine) std::uint8_t hash_secret[kHashSecretBytes];
  std::uint8_t unused[kCacheLine - kHashSecretBytes];
  PublishLine line;
};
static_assert(sizeof(PublishLine) == kCacheLine && sizeof(TablesHeader) == 3 * kCacheLine);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
static_assert(std::atomic<Ref>::is_always_lock_free);

// Hash of link's own structs in the tables; zones/ adds its structs: layout_hash({kTablesLayout,
// ...}).
inline constexpr std::uint64_t kTablesLayout =
    layout_hash({sizeof(TablesHeader), offsetof(TablesHeader, hash_secret),
                 offsetof(TablesHeader, line), offsetof(PublishLine, root), kSettingsLayout});

// First ref behind the header, for control's allocator.
inline constexpr Ref kFirstFreeRef = sizeof(TablesHeader) / kGranule;

// Writes the header of a new generation. `memory` is chunk 0 of `size` bytes, zeroed and not yet
// shared.
inline TablesHeader* init_tables(std::byte* memory, std::uint64_t size, std::uint64_t generation,
                                 std::uint64_t layout,
                                 std::span<const std::uint8_t, kHashSecretBytes> secret) {
  auto* header = reinterpret_cast<TablesHeader*>(memory);
  header->segment = make_segment_header(SegmentKind::kTables, layout, size, generation);
  std::memcpy(header->hash_secret, secret.data(), secret.size());
  header->line.root.store(kNullRef, std::memory_order_relaxed);
  header->line.epoch.store(kFirstEpoch, std::memory_order_release);
  return header;
}

// Returns why the tables that start in a mapped chunk 0 cannot be used.
// REQUIRES: chunk 0 is mapped by `reader`.
inline std::optional<Failure> check_tables(const ChunkReader& reader, std::uint64_t generation,
                                           std::uint64_t layout) {
  const SegmentHeader copy = reader.at<TablesHeader>(kNullRef)->segment;
  return check_segment(copy, SegmentKind::kTables, layout, reader.size(0), generation);
}

// Publishes `root` and returns its epoch. What only the version before could reach is retired at
// this epoch: it may be freed once oldest_in_use() has reached it.
// REQUIRES: control, one thread at a time; everything under `root` is written and, if a dataplane
// is paired, every chunk of it acknowledged (Exchange::mapped_through).
inline std::uint64_t publish(TablesHeader& header, Ref root) {
  const std::uint64_t epoch = header.line.epoch.load(std::memory_order_relaxed) + 1;
  header.line.root.store(root, std::memory_order_seq_cst);  // pairs with EpochReader::enter()
  header.line.epoch.store(epoch, std::memory_order_release);
  return epoch;
}

}  // namespace bowline::link
