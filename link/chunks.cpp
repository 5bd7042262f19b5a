#include "link/chunks.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/memfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "link/interleave.h"

namespace bowline::link {

namespace {

constexpr int kChunkSeals = F_SEAL_FUTURE_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
constexpr std::uint64_t kHugeBit = 1;  // in the table of sizes, which are all even

std::string reason(int error) { return std::generic_category().message(error); }

std::string chunk_name(std::uint32_t index) { return "chunk " + std::to_string(index) + ": "; }

// Makes a memfd with all of its memory allocated. Returns errno, 0 if all is well. Workers of all
// memory nodes read the tables: no node is to bear all of that, nor is any worker far from all.
int allocate(std::uint64_t size, bool huge, Fd& fd) {
  const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING | (huge ? MFD_HUGETLB | MFD_HUGE_2MB : 0);
  fd = Fd(::memfd_create("bowline-tables", flags));
  if (!fd) return errno;
  const Interleaved interleaved;
  int result = 0;
  do {
    result = ::fallocate(fd.get(), 0, 0, static_cast<off_t>(size));
  } while (result != 0 && errno == EINTR);
  return result == 0 ? 0 : errno;
}

}  // namespace

ChunkRange::ChunkRange(ChunkRange&& other) noexcept
    : base_(std::exchange(other.base_, nullptr)),
      reserved_(std::exchange(other.reserved_, nullptr)),
      slots_(std::exchange(other.slots_, 0)),
      sizes_(std::move(other.sizes_)) {}

ChunkRange& ChunkRange::operator=(ChunkRange&& other) noexcept {
  std::swap(base_, other.base_);
  std::swap(reserved_, other.reserved_);
  std::swap(slots_, other.slots_);
  std::swap(sizes_, other.sizes_);
  return *this;
}

ChunkRange::~ChunkRange() {
  if (reserved_ != nullptr) ::munmap(reserved_, (slots_ + 1ull) * kChunkSize);
}

std::optional<Failure> ChunkRange::reserve(std::uint64_t size) {
  assert(size >= kChunkSize && size <= kReservedSize && size % kChunkSize == 0);
  // One slot more than needed, so that the first can start at a multiple of its size.
  void* memory = ::mmap(nullptr, size + kChunkSize, PROT_NONE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    return Failure{"cannot reserve " + std::to_string(size >> 20) +
                   " MiB of addresses for the tables: " + reason(errno) +
                   " (is there a limit on the address space, ulimit -v?)"};
  }
  reserved_ = memory;
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  const std::uintptr_t aligned = (address + kChunkSize - 1) & ~(kChunkSize - 1);
  base_ = static_cast<std::byte*>(memory) + (aligned - address);
  slots_ = static_cast<std::uint32_t>(size / kChunkSize);
  sizes_ = std::make_unique<std::uint64_t[]>(slots_);
  return std::nullopt;
}

int ChunkRange::place(std::uint32_t index, int fd, std::uint64_t size, bool huge, int protection) {
  if (::mmap(slot(index), size, protection, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED) {
    return errno;
  }
  // Zones can be gigabytes; a core file of a crash must not hold them.
  ::madvise(slot(index), size, MADV_DONTDUMP);
  sizes_[index] = size | (huge ? kHugeBit : 0);
  return 0;
}

void ChunkRange::vacate(std::uint32_t index) {
  if (!has(index)) return;
  // Mapping over is atomic: at no time can another mapping of this process land in the range.
  ::mmap(slot(index), size(index), PROT_NONE,
         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  sizes_[index] = 0;
}

ChunkStats ChunkRange::stats() const {
  ChunkStats stats;
  for (std::uint32_t i = 0; i < slots_; ++i) {
    if (!has(i)) continue;
    stats.bytes += size(i);
    if ((sizes_[i] & kHugeBit) != 0) stats.huge_bytes += size(i);
    ++stats.chunks;
  }
  return stats;
}

Outcome<ChunkWriter> ChunkWriter::reserve(bool want_huge_pages, std::uint64_t size) {
  ChunkWriter writer;
  if (auto failure = writer.ChunkRange::reserve(size)) return *failure;
  writer.want_huge_pages_ = want_huge_pages;
  return writer;
}

Outcome<NewChunk> ChunkWriter::create(std::uint32_t index, std::uint64_t size) {
  assert(index < kMaxChunks && !has(index) && valid_chunk_size(size));
  if (index >= slots()) {
    return Failure{chunk_name(index) + "the tables are at the end of the " +
                   std::to_string((slots() * kChunkSize) >> 20) +
                   " MiB of addresses reserved for them (reserve more)"};
  }
  NewChunk chunk;
  chunk.size = size;
  int error = ENOMEM;
  if (want_huge_pages_ && size >= kHugePage) {
    error = allocate(size, true, chunk.fd);
    // The mapping can fail as well: by a limit on huge pages of a control group.
    if (error == 0) error = place(index, chunk.fd.get(), size, true, PROT_READ | PROT_WRITE);
    chunk.huge = error == 0;
    if (error != 0) {
      chunk.fd.reset();
      fell_back_ = true;
    }
  }
  if (!chunk.huge) {
    error = allocate(size, false, chunk.fd);
    if (error == 0) error = place(index, chunk.fd.get(), size, false, PROT_READ | PROT_WRITE);
  }
  if (error == 0 && ::fcntl(chunk.fd.get(), F_ADD_SEALS, kChunkSeals) != 0) {
    error = errno;
    vacate(index);
  }
  if (error != 0) {
    return Failure{chunk_name(index) + "cannot get " + std::to_string(size >> 10) +
                   " KiB of memory for the tables: " + reason(error) +
                   " (more memory, or fewer or smaller zones, are needed)"};
  }
  chunk.memory = slot(index);
  return chunk;
}

Outcome<ChunkReader> ChunkReader::reserve(std::uint64_t size) {
  ChunkReader reader;
  if (auto failure = reader.ChunkRange::reserve(size)) return *failure;
  return reader;
}

std::optional<Failure> ChunkReader::map(std::uint32_t index, int fd, std::uint64_t size) {
  if (index >= slots() || has(index) || !valid_chunk_size(size)) {
    return Failure{chunk_name(index) + "index or size " + std::to_string(size) + " is impossible"};
  }
  // Seals before the size: with GROW and SHRINK set the size cannot change after it was read.
  const int seals = ::fcntl(fd, F_GET_SEALS);
  if (seals < 0 || (seals & kChunkSeals) != kChunkSeals) {
    return Failure{chunk_name(index) + "is not sealed against writing and resizing"};
  }
  struct stat status {};
  struct statfs file_system {};
  if (::fstat(fd, &status) != 0 || ::fstatfs(fd, &file_system) != 0) {
    return Failure{chunk_name(index) + reason(errno)};
  }
  if (static_cast<std::uint64_t>(status.st_size) != size) {
    return Failure{chunk_name(index) + "has " + std::to_string(status.st_size) +
                   " bytes instead of " + std::to_string(size)};
  }
  const bool huge = file_system.f_type == HUGETLBFS_MAGIC;
  const int error = place(index, fd, size, huge, PROT_READ);
  if (error != 0) return Failure{chunk_name(index) + "cannot map it: " + reason(error)};
  return std::nullopt;
}

}  // namespace bowline::link
