// Environment, Transaction: LMDB with owners and with errors that say what to do.
//
// Private to this folder. A path must not be open twice in one process (LMDB locks by process), and
// an environment must not be used after fork(). One write transaction at a time, over all
// processes; a second one waits. A Transaction belongs to one thread.
#pragma once

#include <lmdb.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "dns/result.h"

namespace bowline::control::confdb {

class Environment {
 public:
  struct Options {
    std::size_t map_octets = 0;  // 0: as the database says; less than that is no change
    bool read_only = false;
    std::string header = {};     // of a database that is to be made, with tables; else empty
  };

  // REQUIRES: the directory is there.
  static dns::Result<std::unique_ptr<Environment>> open(const std::string& path,
                                                        const Options& options);
  // Whether there is a database, be it damaged; not, where making one was interrupted.
  static bool exists(const std::string& path);
  ~Environment();
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  MDB_env* handle() const { return env_; }
  MDB_dbi header() const { return header_; }
  MDB_dbi entries() const { return entries_; }
  MDB_dbi history() const { return history_; }

  // What LMDB's or errno's code means for this database.
  dns::Error explain(int code) const;
  // The same before there is an environment.
  static dns::Error explain(int code, const std::string& path, std::size_t map_octets);

 private:
  Environment(std::string path, MDB_env* env) : path_(std::move(path)), env_(env) {}
  static int open_into(std::unique_ptr<Environment>& environment, const std::string& path,
                       const Options& options);
  int open_tables(const Options& options);

  const std::string path_;
  MDB_env* env_;
  bool is_open_ = false;
  MDB_dbi header_ = 0;
  MDB_dbi entries_ = 0;
  MDB_dbi history_ = 0;
};

class Transaction {
 public:
  enum class Kind : unsigned { kRead = MDB_RDONLY, kWrite = 0 };

  static dns::Result<Transaction> begin(const Environment& environment, Kind kind);
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();  // without commit() nothing has happened

  // A view that lives until the next put() or erase(), at most as long as the transaction.
  dns::Result<std::optional<std::string_view>> get(MDB_dbi table, std::string_view key) const;
  dns::Result<void> put(MDB_dbi table, std::string_view key, std::string_view value);
  // What is not there is no error.
  dns::Result<void> erase(MDB_dbi table, std::string_view key);
  dns::Result<void> clear(MDB_dbi table);
  // Calls `visit` in the order of keys; an error ends the walk.
  using Visit = std::function<dns::Result<void>(std::string_view key, std::string_view value)>;
  dns::Result<void> walk(MDB_dbi table, const Visit& visit) const;

  // All or nothing, and on disk when it returns. After an error the environment may refuse further
  // writes: open it anew.
  dns::Result<void> commit();

 private:
  Transaction(const Environment& environment, MDB_txn* txn)
      : environment_(&environment), txn_(txn) {}

  const Environment* environment_;
  MDB_txn* txn_;
};

}  // namespace bowline::control::confdb
