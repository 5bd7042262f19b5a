// Chunks: the memory of the tables. ChunkWriter makes it (control), ChunkReader maps it
// (dataplane).
//
// One generation of tables is a reserved range of 64 GiB with 1,024 slots of 64 MiB (or of fewer,
// where addresses are scarce). Each chunk is one memfd mapped at the start of its slot; it may be
// smaller than its slot (a power of two), so that a small set-up stays small. Inside, places are
// named by Ref: the offset from the start of the range in granules of 16 bytes. Ref 0 is "none": it
// is the segment header, which nothing points to.
//
//   field              writer    meaning
//   bytes of a chunk   control   tables; complete and final before a published root leads there
//   size of a chunk    nobody    sealed, so no access inside it can raise SIGBUS
//
// Why this is safe: control maps a chunk writable, then seals it F_SEAL_FUTURE_WRITE: from then on
// nobody, control included, can make another writable mapping or mprotect() a read-only one. GROW,
// SHRINK and SEAL fix its size. It is fallocated in full before it is used, so a lack of memory is
// ENOSPC at create().
//
// Both classes: one thread at a time for calls that are not const; view() and at() from any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "link/outcome.h"

namespace bowline::link {

using Ref = std::uint32_t;

inline constexpr Ref kNullRef = 0;
inline constexpr std::uint64_t kGranule = 16;               // 2^32 granules are the 64 GiB range
inline constexpr std::uint64_t kChunkSize = 64ull << 20;    // so that 1,024 of them fill the range
inline constexpr std::uint64_t kMinChunkSize = 64ull << 10; // a slab of the tables' allocator
inline constexpr std::uint64_t kReservedSize = 64ull << 30; // what a 32-bit Ref can reach
inline constexpr std::uint32_t kMaxChunks = kReservedSize / kChunkSize;
inline constexpr std::uint64_t kHugePage = 2ull << 20;
static_assert(kReservedSize == kGranule << 32);

// First Ref of the slot of chunk `index`.
constexpr Ref chunk_start(std::uint32_t index) {
  return static_cast<Ref>(index * (kChunkSize / kGranule));
}

// Index of the chunk that `ref` lies in.
constexpr std::uint32_t chunk_of(Ref ref) {
  return static_cast<std::uint32_t>(ref / (kChunkSize / kGranule));
}

// Tells whether a chunk may have this size.
constexpr bool valid_chunk_size(std::uint64_t size) {
  return size >= kMinChunkSize && size <= kChunkSize && (size & (size - 1)) == 0;
}

// Resolves refs of one generation for reading. A plain value; lives as long as its reader or
// writer.
struct TablesView {
  const std::byte* base = nullptr;

  // REQUIRES: `ref` comes from the tables of this generation and its chunk is mapped.
  template <typename T>
  const T* at(Ref ref) const {
    return reinterpret_cast<const T*>(base + std::uint64_t{ref} * kGranule);
  }
};

struct ChunkStats {
  std::uint64_t bytes = 0;       // in all chunks mapped now
  std::uint64_t huge_bytes = 0;  // of these, in 2 MiB pages
  std::uint32_t chunks = 0;
};

// A reserved, aligned range of addresses with what is mapped into it. Base of the two below.
class ChunkRange {
 public:
  ChunkRange() = default;
  ChunkRange(ChunkRange&&) noexcept;
  ChunkRange& operator=(ChunkRange&&) noexcept;
  ~ChunkRange();

  bool has(std::uint32_t index) const { return index < slots_ && sizes_[index] != 0; }
  // Bytes of chunk `index`, 0 if it is not there.
  std::uint64_t size(std::uint32_t index) const { return has(index) ? sizes_[index] & ~1ull : 0; }
  ChunkStats stats() const;
  TablesView view() const { return {base_}; }

 protected:
  // REQUIRES: `size` is a multiple of kChunkSize, above 0 and not above kReservedSize.
  std::optional<Failure> reserve(std::uint64_t size);
  std::uint32_t slots() const { return slots_; }
  std::byte* slot(std::uint32_t index) const { return base_ + index * kChunkSize; }
  // Maps `fd` at the start of a slot, not dumped to core files. Returns errno, 0 if all is well.
  int place(std::uint32_t index, int fd, std::uint64_t size, bool huge, int protection);
  // Makes a slot inaccessible again.
  void vacate(std::uint32_t index);

  std::byte* base_ = nullptr;

 private:
  void* reserved_ = nullptr;  // start of the mapping that base_ is aligned within
  std::uint32_t slots_ = 0;   // that the range has
  // By index: bytes, with the lowest bit set for huge pages; 0: no chunk.
  std::unique_ptr<std::uint64_t[]> sizes_;
};

// A chunk just made: hand the descriptor to the keeper, then let it go.
struct NewChunk {
  Fd fd;
  std::byte* memory = nullptr;  // writable, zeroed, lives until withdraw()
  std::uint64_t size = 0;
  bool huge = false;
};

// Control's side.
class ChunkWriter : public ChunkRange {
 public:
  // Reserves a range of `size` bytes, a multiple of kChunkSize: less than all for programs that run
  // under valgrind, which has no 64 GiB in one piece. `want_huge_pages`: try 2 MiB pages for each
  // chunk of at least that size.
  static Outcome<ChunkWriter> reserve(bool want_huge_pages, std::uint64_t size = kReservedSize);

  // Makes, allocates, maps and seals chunk `index`. ENOSPC and ENOMEM come back as failures, and so
  // does an index past the end of a smaller range.
  // REQUIRES: !has(index); valid_chunk_size(size).
  Outcome<NewChunk> create(std::uint32_t index, std::uint64_t size = kChunkSize);

  // Unmaps a chunk; its memory goes back once the keeper and the dataplane have let go of it as
  // well.
  // REQUIRES: has(index); no reader can reach it (epoch.h).
  void withdraw(std::uint32_t index) { vacate(index); }

  // Huge pages were wanted and a chunk did not get them: worth one warning.
  bool fell_back() const { return fell_back_; }

  // REQUIRES: the chunk of `ref` exists.
  template <typename T>
  T* at(Ref ref) const {
    return reinterpret_cast<T*>(base_ + std::uint64_t{ref} * kGranule);
  }

  // REQUIRES: `place` lies in the range, on a granule.
  Ref ref_of(const void* place) const {
    return static_cast<Ref>(
        static_cast<std::uint64_t>(static_cast<const std::byte*>(place) - base_) / kGranule);
  }

 private:
  bool want_huge_pages_ = false;
  bool fell_back_ = false;
};

// The dataplane's side; one for each generation that is mapped.
class ChunkReader : public ChunkRange {
 public:
  // `size` as above; not less than the writer's.
  static Outcome<ChunkReader> reserve(std::uint64_t size = kReservedSize);

  // Maps a chunk read-only. Refuses one whose size is not `size` or that is not sealed in full. The
  // caller keeps `fd` and may close it.
  std::optional<Failure> map(std::uint32_t index, int fd, std::uint64_t size);

  // REQUIRES: no thread of this process reads the chunk any more.
  void unmap(std::uint32_t index) { vacate(index); }

  // REQUIRES: the chunk of `ref` is mapped.
  template <typename T>
  const T* at(Ref ref) const {
    return view().at<T>(ref);
  }
};

}  // namespace bowline::link
