#include "zones/heap.h"

#include <algorithm>
#include <bit>
#include <cassert>

namespace bowline::zones {

namespace {

constexpr std::size_t kFineLimit = 512, kFineStep = 16;
constexpr std::size_t kCoarseLimit = 2048, kCoarseStep = 128;
constexpr unsigned kFineClasses = kFineLimit / kFineStep;
constexpr unsigned kCoarseClasses = (kCoarseLimit - kFineLimit) / kCoarseStep;
constexpr unsigned kUnitsPerSlot = link::kChunkSize / kUnit;
constexpr std::size_t kGranulesPerUnit = kUnit / link::kGranule;

// An arena fetches this many blocks at a time, or a whole slab: one lock for many blocks.
constexpr std::size_t kBatch = 64;
// An arena that holds more free memory of one class than this gives half of it back.
constexpr std::size_t kArenaMost = 4 * kUnit;

static_assert(kFineClasses + kCoarseClasses + 5 == kClasses);

unsigned class_of(std::size_t size) {
  assert(size > 0 && size <= kUnit);
  if (size <= kFineLimit) return static_cast<unsigned>((size + kFineStep - 1) / kFineStep - 1);
  if (size <= kCoarseLimit) {
    return kFineClasses +
           static_cast<unsigned>((size - kFineLimit + kCoarseStep - 1) / kCoarseStep - 1);
  }
  return kFineClasses + kCoarseClasses + static_cast<unsigned>(std::bit_width((size - 1) >> 12));
}

std::size_t size_of_class(unsigned size_class) {
  if (size_class < kFineClasses) return (size_class + 1) * kFineStep;
  size_class -= kFineClasses;
  if (size_class < kCoarseClasses) return kFineLimit + (size_class + 1) * kCoarseStep;
  return std::size_t{4096} << (size_class - kCoarseClasses);
}

unsigned order_of(std::size_t size) {
  return static_cast<unsigned>(std::bit_width((size - 1) / kUnit));
}

Ref ref_of_unit(std::uint32_t unit) { return static_cast<Ref>(unit * kGranulesPerUnit); }

}  // namespace

std::size_t allocated_size(std::size_t size) {
  return size <= kUnit ? size_of_class(class_of(size)) : kUnit << order_of(size);
}

Heap::Heap(std::byte* base, Grow grow) : base_(base), grow_(std::move(grow)) {}

bool Heap::grow_locked(std::size_t needed) {
  if (chunks_ == link::kMaxChunks || needed > link::kChunkSize) return false;
  const unsigned doublings = std::min(chunks_, 4U);
  std::size_t size = std::max(kFirstChunk << doublings, std::bit_ceil(needed));
  // Chunk 0 loses a unit to its header, so a block as large as the chunk would not fit in it.
  if (chunks_ == 0 && needed == size) size *= 2;
  size = std::min(size, link::kChunkSize);
  if (!grow_(chunks_, size)) return false;
  const std::uint32_t first = chunks_ * kUnitsPerSlot;
  const auto units = static_cast<std::uint32_t>(size / kUnit);
  const bool has_header = chunks_ == 0;
  ++chunks_;
  chunk_octets_ += size;
  if (!has_header) {
    units_[std::bit_width(units) - 1U].insert(first);
    return true;
  }
  for (std::uint32_t unit = 1; unit < units; unit *= 2) {
    units_[std::bit_width(unit) - 1U].insert(first + unit);
  }
  return true;
}

Ref Heap::take_units_locked(unsigned order) {
  for (;;) {
    for (unsigned have = order; have < kUnitOrders; ++have) {
      if (units_[have].empty()) continue;
      const std::uint32_t unit = *units_[have].begin();
      units_[have].erase(units_[have].begin());
      while (have > order) {
        --have;
        units_[have].insert(unit + (1U << have));
      }
      return ref_of_unit(unit);
    }
    if (!grow_locked(kUnit << order)) throw OutOfMemory();
  }
}

void Heap::give_units_locked(std::uint32_t unit, unsigned order) {
  while (order + 1 < kUnitOrders) {
    const auto buddy = units_[order].find(unit ^ (1U << order));
    if (buddy == units_[order].end()) break;
    unit = std::min(unit, *buddy);
    units_[order].erase(buddy);
    ++order;
  }
  units_[order].insert(unit);
}

void Heap::take(unsigned size_class, std::size_t wanted, std::vector<Ref>& into) {
  const std::lock_guard lock(mutex_);
  std::vector<Ref>& list = lists_[size_class];
  if (!list.empty()) {
    const std::size_t count = std::min(wanted, list.size());
    into.insert(into.end(), list.end() - static_cast<std::ptrdiff_t>(count), list.end());
    list.resize(list.size() - count);
    return;
  }
  const Ref slab = take_units_locked(0);
  const std::size_t size = size_of_class(size_class);
  const auto step = static_cast<Ref>(size / link::kGranule);
  // Highest first: an arena takes from the back, so memory is used in ascending order.
  for (std::size_t i = kUnit / size; i-- > 0;) into.push_back(slab + static_cast<Ref>(i) * step);
}

void Heap::give(unsigned size_class, std::span<const Ref> blocks) {
  const std::lock_guard lock(mutex_);
  lists_[size_class].insert(lists_[size_class].end(), blocks.begin(), blocks.end());
}

Ref Heap::take_units(unsigned order) {
  const std::lock_guard lock(mutex_);
  return take_units_locked(order);
}

void Heap::give_units(Ref block, unsigned order) {
  const std::lock_guard lock(mutex_);
  give_units_locked(static_cast<std::uint32_t>(block / kGranulesPerUnit), order);
}

void Heap::free(Ref block, std::size_t size) {
  if (size > kUnit) return give_units(block, order_of(size));
  give(class_of(size), std::span(&block, 1));
}

Heap::Usage Heap::usage() const {
  const std::lock_guard lock(mutex_);
  std::size_t free_octets = 0;
  for (unsigned i = 0; i < kClasses; ++i) free_octets += lists_[i].size() * size_of_class(i);
  for (unsigned i = 0; i < kUnitOrders; ++i) free_octets += units_[i].size() * (kUnit << i);
  return {chunk_octets_, free_octets, chunks_};
}

Arena::~Arena() {
  for (unsigned i = 0; i < kClasses; ++i) {
    if (!lists_[i].empty()) heap_.give(i, lists_[i]);
  }
}

Ref Arena::allocate(std::size_t size) {
  if (size > kUnit) return heap_.take_units(order_of(size));
  const unsigned size_class = class_of(size);
  std::vector<Ref>& list = lists_[size_class];
  if (list.empty()) heap_.take(size_class, kBatch, list);
  const Ref block = list.back();
  list.pop_back();
  return block;
}

void Arena::free(Ref block, std::size_t size) {
  if (size > kUnit) return heap_.give_units(block, order_of(size));
  const unsigned size_class = class_of(size);
  std::vector<Ref>& list = lists_[size_class];
  list.push_back(block);
  if (list.size() * size_of_class(size_class) > kArenaMost) {
    const auto half = static_cast<std::ptrdiff_t>(list.size() / 2);
    heap_.give(size_class, {list.data(), static_cast<std::size_t>(half)});
    list.erase(list.begin(), list.begin() + half);
  }
}

}  // namespace bowline::zones
