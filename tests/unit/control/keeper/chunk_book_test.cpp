// The keeper's book of chunk descriptors.
#include "control/keeper/chunk_book.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <vector>

#include "link/publish.h"

namespace {

using namespace bowline;
using control::keeper::ChunkBook;

link::Fd memory() {
  link::Fd fd(::memfd_create("test", MFD_CLOEXEC));
  REQUIRE(::ftruncate(fd.get(), 4096) == 0);
  return fd;
}

link::HandoverMessage chunk(std::uint64_t generation, std::uint32_t index, std::uint64_t serial) {
  link::HandoverMessage message;
  message.type = link::HandoverType::kChunk;
  message.generation = generation;
  message.index = index;
  message.serial = serial;
  return message;
}

std::vector<std::uint64_t> order(const ChunkBook& book) {
  std::vector<std::uint64_t> found;
  book.for_each([&](const ChunkBook::Chunk& each) {
    CHECK(::fcntl(each.fd.get(), F_GETFD) >= 0);
    found.push_back(each.announcement.generation * 100 + each.announcement.serial);
  });
  return found;
}

}  // namespace

TEST_CASE("chunks are replayed by generation, then by serial") {
  ChunkBook book;
  REQUIRE(book.add(chunk(2, 0, 1), memory()));
  REQUIRE(book.add(chunk(1, 7, 2), memory()));
  REQUIRE(book.add(chunk(1, 9, 1), memory()));
  CHECK(order(book) == std::vector<std::uint64_t>{101, 102, 201});
}

TEST_CASE("wrong announcements are refused") {
  ChunkBook book;
  REQUIRE(book.add(chunk(1, 0, 1), memory()));
  CHECK_FALSE(book.add(chunk(1, 0, 2), memory()));  // index twice
  CHECK_FALSE(book.add(chunk(1, 1, 1), memory()));  // serial twice
  CHECK_FALSE(book.add(chunk(1, link::kMaxChunks, 3), memory()));
  CHECK_FALSE(book.add(chunk(1, 2, 0), memory()));
  CHECK_FALSE(book.add(chunk(1, 2, 2), link::Fd()));
  CHECK(order(book) == std::vector<std::uint64_t>{101});
}

TEST_CASE("withdrawn and dropped chunks are closed") {
  ChunkBook book;
  link::Fd fd = memory();
  const int number = fd.get();
  REQUIRE(book.add(chunk(1, 3, 1), std::move(fd)));
  CHECK_FALSE(book.withdraw(1, 4));
  CHECK_FALSE(book.withdraw(2, 3));
  CHECK(book.withdraw(1, 3));
  CHECK(::fcntl(number, F_GETFD) < 0);
  CHECK_FALSE(book.withdraw(1, 3));
  for (std::uint64_t generation = 1; generation <= 3; ++generation) {
    REQUIRE(book.add(chunk(generation, 5, 2), memory()));
  }
  book.drop_older_than(2);
  CHECK(order(book) == std::vector<std::uint64_t>{202, 302});
  book.drop_generation(3);
  CHECK(order(book) == std::vector<std::uint64_t>{202});
}

TEST_CASE("a generation counts as published once its header has a root") {
  ChunkBook book;
  link::Fd fd = memory();
  const int number = fd.get();
  CHECK_FALSE(book.published(1));
  REQUIRE(book.add(chunk(1, 1, 1), memory()));
  CHECK_FALSE(book.published(1));
  REQUIRE(book.add(chunk(1, 0, 2), std::move(fd)));
  CHECK_FALSE(book.published(1));
  link::TablesHeader header{};
  header.line.root = 4711;
  REQUIRE(::pwrite(number, &header, sizeof header, 0) == sizeof header);
  CHECK(book.published(1));
}
