// Memory for the large arrays of a load, in 2 MiB pages where the system gives them: a million
// names are 60,000 page faults otherwise, and most look-ups in the log miss the TLB.
//
// Control; any thread. What is freed goes back to the system at once.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <new>
#include <vector>

namespace bowline::zones {

// Below this the ordinary heap serves: a small zone must not take a page of 2 MiB.
inline constexpr std::size_t kLargePages = std::size_t{4} << 20;

// Throws std::bad_alloc. The octets are whatever they were.
inline void* allocate_large(std::size_t size) {
  if (size < kLargePages) return ::operator new(size);
  void* const memory =
      ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  (void)::madvise(memory, size, MADV_HUGEPAGE);  // a wish
  return memory;
}

// `size` is what was asked for.
inline void free_large(void* memory, std::size_t size) {
  if (size < kLargePages) {
    ::operator delete(memory);
  } else {
    ::munmap(memory, size);
  }
}

template <typename T>
struct LargePages {
  using value_type = T;

  LargePages() = default;
  template <typename U>
  explicit LargePages(const LargePages<U>&) {}

  T* allocate(std::size_t count) { return static_cast<T*>(allocate_large(count * sizeof(T))); }
  void deallocate(T* memory, std::size_t count) { free_large(memory, count * sizeof(T)); }
  friend bool operator==(const LargePages&, const LargePages&) { return true; }
};

template <typename T>
using LargeVector = std::vector<T, LargePages<T>>;

}  // namespace bowline::zones
