#include "link/chunks.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <cstring>
#include <fstream>
#include <string>

#include "link/publish.h"

using namespace bowline::link;

namespace {

constexpr int kAllSeals = F_SEAL_FUTURE_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;

ChunkWriter make_writer(bool huge = false) {
  auto writer = ChunkWriter::reserve(huge);
  REQUIRE(writer);
  return std::move(*writer);
}

ChunkReader make_reader() {
  auto reader = ChunkReader::reserve();
  REQUIRE(reader);
  return std::move(*reader);
}

Fd plain_memfd(std::uint64_t size, int seals) {
  Fd fd(::memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  REQUIRE(::ftruncate(fd.get(), static_cast<off_t>(size)) == 0);
  if (seals != 0) REQUIRE(::fcntl(fd.get(), F_ADD_SEALS, seals) == 0);
  return fd;
}

}  // namespace

TEST_CASE("refs name granules of slots", "[link][chunks]") {
  CHECK(chunk_start(0) == 0);
  CHECK(chunk_start(1) == kChunkSize / kGranule);
  CHECK(chunk_of(chunk_start(kMaxChunks - 1)) == kMaxChunks - 1);
  CHECK(chunk_of(chunk_start(2) - 1) == 1);
  CHECK(chunk_of(UINT32_MAX) == kMaxChunks - 1);
  for (const std::uint64_t size : {kMinChunkSize, kHugePage, kChunkSize}) {
    CHECK(valid_chunk_size(size));
  }
  for (const std::uint64_t size :
       {std::uint64_t{0}, kMinChunkSize / 2, kMinChunkSize + 4096, 2 * kChunkSize, 3 * kHugePage}) {
    CHECK_FALSE(valid_chunk_size(size));
  }
}

TEST_CASE("a smaller range has its chunks and says where it ends", "[link][chunks]") {
  const auto addresses_kib = [] {
    std::ifstream status("/proc/self/status");
    std::string line;
    while (std::getline(status, line) && !line.starts_with("VmSize:")) {
    }
    return line.empty() ? 0 : std::stoull(line.substr(7));
  };
  const std::uint64_t before_kib = addresses_kib();
  auto writer = ChunkWriter::reserve(false, 2 * kChunkSize);
  auto reader = ChunkReader::reserve(2 * kChunkSize);
  REQUIRE(writer);
  REQUIRE(reader);
  CHECK(addresses_kib() - before_kib < (kReservedSize >> 10));
  auto last = writer->create(1, kChunkSize);
  REQUIRE(last);
  CHECK_FALSE(reader->map(1, last->fd.get(), kChunkSize));
  const Ref end = chunk_start(2) - 1;
  *writer->at<std::uint64_t>(end) = 7;
  CHECK(*reader->at<std::uint64_t>(end) == 7);
  CHECK(writer->stats().chunks == 1);
  CHECK_FALSE(writer->has(2));
  const auto beyond = writer->create(2, kMinChunkSize);
  REQUIRE_FALSE(beyond);
  CHECK(beyond.error().find("128 MiB") != std::string::npos);
  CHECK(reader->map(2, last->fd.get(), kChunkSize)->message.find("impossible") !=
        std::string::npos);
  ChunkWriter moved = std::move(*writer);
  CHECK(moved.size(1) == kChunkSize);
  CHECK_FALSE(writer->has(1));
}

TEST_CASE("the reader sees at a ref what the writer stores there", "[link][chunks]") {
  ChunkWriter writer = make_writer();
  ChunkReader reader = make_reader();
  struct Place {
    std::uint32_t index;
    std::uint64_t size;
  };
  for (const Place place :
       {Place{0, kMinChunkSize}, Place{1, kHugePage}, Place{kMaxChunks - 1, kChunkSize}}) {
    INFO(place.index);
    auto chunk = writer.create(place.index, place.size);
    REQUIRE(chunk);
    CHECK(chunk->memory == writer.at<std::byte>(chunk_start(place.index)));
    REQUIRE_FALSE(reader.map(place.index, chunk->fd.get(), place.size));
    const Ref last = chunk_start(place.index) + static_cast<Ref>(place.size / kGranule) - 1;
    CHECK(*reader.at<std::uint64_t>(last) == 0);
    *writer.at<std::uint64_t>(last) = 0x1234;
    CHECK(*reader.at<std::uint64_t>(last) == 0x1234);
    CHECK(writer.ref_of(writer.at<std::byte>(last)) == last);
    CHECK(writer.size(place.index) == place.size);
    CHECK(reader.size(place.index) == place.size);
  }
  CHECK(writer.stats().bytes == kMinChunkSize + kHugePage + kChunkSize);
  CHECK(reader.stats().chunks == 3);
  CHECK(writer.view().at<std::byte>(5) == writer.at<std::byte>(5));

  writer.withdraw(1);
  reader.unmap(1);
  CHECK_FALSE(writer.has(1));
  CHECK(writer.stats().chunks == 2);
  CHECK(reader.stats().bytes == kMinChunkSize + kChunkSize);
  REQUIRE(writer.create(1, kMinChunkSize));
}

TEST_CASE("nobody can write to a chunk by a second way", "[link][chunks]") {
  ChunkWriter writer = make_writer();
  auto chunk = writer.create(0, kMinChunkSize);
  REQUIRE(chunk);
  const int fd = chunk->fd.get();
  CHECK((::fcntl(fd, F_GET_SEALS) & kAllSeals) == kAllSeals);

  CHECK(::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
  CHECK(errno == EPERM);
  ChunkReader reader = make_reader();
  REQUIRE_FALSE(reader.map(0, fd, kMinChunkSize));
  auto* page = const_cast<std::byte*>(reader.at<std::byte>(0));
  CHECK(::mprotect(page, 4096, PROT_READ | PROT_WRITE) == -1);
  CHECK(errno == EACCES);
  CHECK(::write(fd, "x", 1) == -1);
  CHECK(::ftruncate(fd, 0) == -1);
  CHECK(::ftruncate(fd, static_cast<off_t>(2 * kMinChunkSize)) == -1);
  CHECK(::fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096) == -1);
  CHECK(::fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) == -1);
}

TEST_CASE("the reader refuses what is not a sealed chunk of the right size", "[link][chunks]") {
  ChunkReader reader = make_reader();
  struct Row {
    const char* description;
    std::uint64_t true_size;
    int seals;
    std::uint32_t index;
    std::uint64_t claimed;
    const char* says;
  };
  const Row rows[] = {
      {"not sealed", kMinChunkSize, 0, 0, kMinChunkSize, "not sealed"},
      {"may shrink", kMinChunkSize, kAllSeals & ~F_SEAL_SHRINK, 0, kMinChunkSize, "not sealed"},
      {"may grow", kMinChunkSize, kAllSeals & ~F_SEAL_GROW, 0, kMinChunkSize, "not sealed"},
      {"writable", kMinChunkSize, kAllSeals & ~F_SEAL_FUTURE_WRITE, 0, kMinChunkSize, "not sealed"},
      {"seals open", kMinChunkSize, kAllSeals & ~F_SEAL_SEAL, 0, kMinChunkSize, "not sealed"},
      {"smaller than said", kMinChunkSize, kAllSeals, 0, kHugePage, "65536 bytes instead of"},
      {"larger than said", kHugePage, kAllSeals, 0, kMinChunkSize, "2097152 bytes instead of"},
      {"no power of two", 3 * kHugePage, kAllSeals, 0, 3 * kHugePage, "impossible"},
      {"larger than a slot", 2 * kChunkSize, kAllSeals, 0, 2 * kChunkSize, "impossible"},
      {"index past the range", kMinChunkSize, kAllSeals, kMaxChunks, kMinChunkSize, "impossible"},
  };
  for (const Row& row : rows) {
    INFO(row.description);
    const Fd fd = plain_memfd(row.true_size, row.seals);
    const auto failure = reader.map(row.index, fd.get(), row.claimed);
    REQUIRE(failure);
    CHECK_THAT(failure->message, Catch::Contains(row.says));
    CHECK(reader.stats().chunks == 0);
  }
  const auto pipe_end = Fd(::dup(0));
  CHECK(reader.map(0, pipe_end.get(), kMinChunkSize));

  const Fd good = plain_memfd(kMinChunkSize, kAllSeals);
  CHECK_FALSE(reader.map(3, good.get(), kMinChunkSize));
  CHECK(reader.map(3, good.get(), kMinChunkSize));  // the slot is taken
}

TEST_CASE("a lack of memory is a failure, and the slot stays free", "[link][chunks]") {
  ChunkWriter writer = make_writer();
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{kMinChunkSize, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  const auto chunk = writer.create(0, kHugePage);
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  std::signal(SIGXFSZ, handler);

  REQUIRE_FALSE(chunk);
  CHECK_THAT(chunk.error(), Catch::Contains("2048 KiB"));
  CHECK_FALSE(writer.has(0));
  CHECK(writer.create(0, kHugePage));
}

TEST_CASE("huge pages are used or their absence remembered", "[link][chunks]") {
  ChunkWriter writer = make_writer(true);
  auto small = writer.create(0, kMinChunkSize);  // below a huge page: no reason to warn
  REQUIRE(small);
  CHECK_FALSE(small->huge);
  CHECK_FALSE(writer.fell_back());
  auto chunk = writer.create(1, kHugePage);
  REQUIRE(chunk);
  CHECK(chunk->huge != writer.fell_back());
  CHECK(writer.stats().huge_bytes == (chunk->huge ? kHugePage : 0));
  ChunkReader reader = make_reader();
  CHECK_FALSE(reader.map(1, chunk->fd.get(), kHugePage));
  CHECK(reader.stats().huge_bytes == writer.stats().huge_bytes);
}

TEST_CASE("the header of the tables is checked by those who map them", "[link][chunks]") {
  ChunkWriter writer = make_writer();
  auto chunk = writer.create(0, kMinChunkSize);
  REQUIRE(chunk);
  const std::array<std::uint8_t, kHashSecretBytes> secret = {1, 2, 3};
  TablesHeader* header = init_tables(chunk->memory, chunk->size, 4, kTablesLayout, secret);
  ChunkReader reader = make_reader();
  REQUIRE_FALSE(reader.map(0, chunk->fd.get(), kMinChunkSize));
  CHECK_FALSE(check_tables(reader, 4, kTablesLayout));
  CHECK(check_tables(reader, 5, kTablesLayout));
  CHECK(check_tables(reader, 4, layout_hash({kTablesLayout, 1})));

  const auto* seen = reader.at<TablesHeader>(kNullRef);
  CHECK(seen->hash_secret[2] == 3);
  CHECK(seen->line.epoch.load() == kFirstEpoch);
  CHECK(seen->line.root.load() == kNullRef);
  CHECK(publish(*header, kFirstFreeRef) == kFirstEpoch + 1);
  CHECK(seen->line.root.load() == kFirstFreeRef);
}
