// Heap and Arena: memory for the blocks of the tables, inside link's chunks.
//
// Control only. Heap is shared by control's threads (one mutex); an Arena belongs to one thread and
// goes to the Heap once for many blocks. Blocks have no header: who frees one knows its size.
//
//   up to 512 octets   classes of 16, 32, 48, ...       carved from slabs of 64 KiB
//   up to 2 KiB        classes of 640, 768, ...         the same
//   up to 64 KiB       powers of two                    the same
//   above              64 KiB << order                  buddies inside one chunk
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <new>
#include <set>
#include <span>
#include <vector>

#include "link/chunks.h"
#include "zones/reader.h"

namespace bowline::zones {

// The tables' range or the machine's memory is used up. Thrown inside zones/ only: builder, writer
// and publisher turn it into an error.
struct OutOfMemory : std::bad_alloc {};

inline constexpr std::size_t kUnit = 64U << 10;          // a slab, and the buddies' smallest block
inline constexpr std::size_t kFirstChunk = 4U << 20;     // small set-ups stay small; then doubling
inline constexpr unsigned kUnitOrders = 11;              // 64 KiB << 10 is a whole chunk
inline constexpr unsigned kClasses = 49;

class Heap {
 public:
  // Makes chunk `index` of `size` octets usable at its place in the range; false: impossible.
  using Grow = std::function<bool(unsigned index, std::size_t size)>;

  // `base` is where the range is mapped writable. Chunk 0's first unit is left to its header.
  Heap(std::byte* base, Grow grow);

  Base base() const { return {base_}; }
  template <typename T>
  T* at(Ref ref) const {
    return reinterpret_cast<T*>(base_ + std::size_t{ref} * link::kGranule);
  }

  // Adds at least one and at most `wanted` blocks of the class to `into`.
  void take(unsigned size_class, std::size_t wanted, std::vector<Ref>& into);
  void give(unsigned size_class, std::span<const Ref> blocks);
  Ref take_units(unsigned order);
  void give_units(Ref block, unsigned order);

  // Frees blocks of any size, from any thread.
  void free(Ref block, std::size_t size);

  struct Usage {
    std::size_t chunk_octets;  // obtained from the system
    std::size_t free_octets;   // of them in free units and free lists
    unsigned chunks;
  };
  Usage usage() const;

 private:
  Ref take_units_locked(unsigned order);
  void give_units_locked(std::uint32_t unit, unsigned order);
  bool grow_locked(std::size_t needed);

  std::byte* base_;
  Grow grow_;
  mutable std::mutex mutex_;
  unsigned chunks_ = 0;
  std::size_t chunk_octets_ = 0;
  std::array<std::vector<Ref>, kClasses> lists_;
  std::array<std::set<std::uint32_t>, kUnitOrders> units_;  // free, by number of the first unit
};

class Arena {
 public:
  explicit Arena(Heap& heap) : heap_(heap) {}
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  Heap& heap() const { return heap_; }
  // Returns zeroed-out nothing: the octets are whatever they were. Throws OutOfMemory.
  Ref allocate(std::size_t size);
  void free(Ref block, std::size_t size);

 private:
  Heap& heap_;
  std::array<std::vector<Ref>, kClasses> lists_;
};

// The octets that a block of `size` really takes.
std::size_t allocated_size(std::size_t size);

}  // namespace bowline::zones
