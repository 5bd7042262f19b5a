// Database::verify(): everything that is in the database is read once.
#include <cstring>

#include "control/confdb/child.h"
#include "control/confdb/database.h"

namespace bowline::control::confdb {

namespace {

using dns::Error;
using dns::Result;

constexpr MDB_dbi kFreePages = 0;  // LMDB's own table; commits walk it

// A list of page numbers: their count, then the numbers.
bool is_page_list(std::string_view value) {
  std::size_t count = 0;
  if (value.size() < sizeof count) return false;
  std::memcpy(&count, value.data(), sizeof count);
  return count == value.size() / sizeof count - 1;
}

}  // namespace

Result<void> Database::read_everything() const {
  const auto transaction = Transaction::begin(*environment_, Transaction::Kind::kRead);
  if (!transaction) return Error{transaction.error()};
  if (const auto found = header(*transaction); !found) return Error{found.error()};
  auto done = transaction->walk(
      kFreePages, [&](std::string_view, std::string_view value) -> Result<void> {
        if (!is_page_list(value)) return damaged("its list of free pages");
        return {};
      });
  if (!done) return done;
  std::string_view item;
  std::vector<std::string_view> values;
  EntryReader entry;
  done = transaction->walk(
      environment_->entries(), [&](std::string_view key, std::string_view value) -> Result<void> {
        if (entry.open(key, value)) {
          while (entry.next(item, values)) {
          }
        }
        if (!entry.ok()) return damaged("a record of its entries");
        return {};
      });
  if (!done) return done;
  return transaction->walk(
      environment_->history(), [&](std::string_view key, std::string_view value) -> Result<void> {
        const bool is_head = key.ends_with('h');
        if (history_number(key) == 0 || (is_head && !decode_commit(key, value)) ||
            (!is_head && !is_whole(key, value))) {
          return damaged("its history");
        }
        return {};
      });
}

Result<void> Database::verify_here(const std::string& path) {
  const auto database = open(path, {.read_only = true});
  if (!database) return Error{database.error()};
  return (*database)->read_everything();
}

Result<void> Database::verify(const std::string& path) {
  auto done = run_in_child("configuration database " + path,
                           [&](const Sink&) { return verify_here(path); });
  if (!done) return Error{done.error()};
  return {};
}

}  // namespace bowline::control::confdb
