#include "control/keeper/chunk_book.h"

#include <sys/types.h>
#include <unistd.h>

#include <cstddef>

#include "link/publish.h"

namespace bowline::control::keeper {

bool ChunkBook::add(const link::HandoverMessage& announcement, link::Fd fd) {
  if (!fd || announcement.index >= link::kMaxChunks || announcement.serial == 0) return false;
  Generation& book = books_[announcement.generation];
  if (book.serial_of_index.contains(announcement.index) ||
      book.by_serial.contains(announcement.serial)) {
    return false;
  }
  book.serial_of_index.emplace(announcement.index, announcement.serial);
  book.by_serial.emplace(announcement.serial, Chunk{announcement, std::move(fd)});
  return true;
}

bool ChunkBook::withdraw(std::uint64_t generation, std::uint32_t index) {
  const auto book = books_.find(generation);
  if (book == books_.end()) return false;
  const auto serial = book->second.serial_of_index.find(index);
  if (serial == book->second.serial_of_index.end()) return false;
  book->second.by_serial.erase(serial->second);
  book->second.serial_of_index.erase(serial);
  return true;
}

void ChunkBook::drop_generation(std::uint64_t generation) { books_.erase(generation); }

void ChunkBook::drop_older_than(std::uint64_t generation) {
  books_.erase(books_.begin(), books_.lower_bound(generation));
}

bool ChunkBook::published(std::uint64_t generation) const {
  const auto book = books_.find(generation);
  if (book == books_.end()) return false;
  const auto serial = book->second.serial_of_index.find(0);
  if (serial == book->second.serial_of_index.end()) return false;
  const link::Fd& fd = book->second.by_serial.at(serial->second).fd;
  link::Ref root = link::kNullRef;
  constexpr off_t kPlace = offsetof(link::TablesHeader, line) + offsetof(link::PublishLine, root);
  return ::pread(fd.get(), &root, sizeof root, kPlace) == sizeof root && root != link::kNullRef;
}

void ChunkBook::for_each(const std::function<void(const Chunk&)>& visit) const {
  for (const auto& [generation, book] : books_) {
    for (const auto& [serial, chunk] : book.by_serial) visit(chunk);
  }
}

void ChunkBook::for_each_generation(const std::function<void(std::uint64_t)>& visit) const {
  for (const auto& [generation, book] : books_) visit(generation);
}

}  // namespace bowline::control::keeper
