// Database: the configuration in LMDB, one record for each entry, and its history.
//
// A commit writes the entries that the changes name, and nothing else; it is on disk when it
// returns, or it has not happened. Opened once in a process, used by one thread at a time
// (bowline-control: the store's); several processes may read while one writes.
//
//   auto database = confdb::Database::open("/var/lib/bowline/confdb", {});
//   auto config = (*database)->load();
//   auto number = (*database)->commit({config::compare(*config, next), "root", now});
//
// Whoever serves from a database holds its ServerLock, which keeps local operations of bowlinec
// away. Should one have written nevertheless (with force), commit() sees it and refuses.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/confdb/environment.h"
#include "control/confdb/history.h"
#include "control/confdb/record.h"
#include "control/config/config.h"
#include "link/outcome.h"

namespace bowline::control::confdb {

inline constexpr const char* kDataFile = "data.mdb";  // LMDB's name within the directory
// What a new database may grow to, and the most that may be asked for, as in the manual of knotc.
inline constexpr std::size_t kDefaultMap_MiB = 500;
inline constexpr std::size_t kMaxMap_MiB = 10'000;

enum class Part : std::uint8_t {
  kAll,
  kWithoutZones,  // what the keeper needs; records of zones are looked at and left out
};

class Database final : public History {
 public:
  struct Options {
    std::size_t map_mib = 0;  // 0: as the database says
    bool read_only = false;
  };

  // Makes an empty database, and its directory if only that is missing. An error if it is there.
  static dns::Result<std::unique_ptr<Database>> create(const std::string& path,
                                                       const Options& options);
  // The error: not there, not permitted, damaged, made by a newer version or by another program.
  static dns::Result<std::unique_ptr<Database>> open(const std::string& path,
                                                     const Options& options);

  // Whether there is one, be it damaged; not, where making it was interrupted.
  static bool exists(const std::string& path);

  // Reads and checks. The configuration's path() is "confdb:PATH".
  dns::Result<config::Config> load(Part part = Part::kAll,
                                   const config::LoadOptions& options = {});
  // Reads every page and record in a child process: what is damaged in a way that crashes LMDB ends
  // that child only. REQUIRES: the caller has no other threads, or none that matter to fork().
  static dns::Result<void> verify(const std::string& path);
  // The same in this process, which may crash.
  static dns::Result<void> verify_here(const std::string& path);

  // Undoes a commit that waits for conf-confirm: of a server that starts, so that a configuration
  // with which nothing works any more does not come back. Says whether there was one. Writes in any
  // case: a larger map size stays.
  dns::Result<bool> settle();

  // Replaces everything by `config`. The history begins anew.
  dns::Result<void> replace(const config::Config& config, const NewCommit& commit);

  dns::Result<std::uint64_t> commit(const NewCommit& commit) override;
  dns::Result<std::vector<Commit>> commits() const override;
  dns::Result<std::vector<config::Change>> changes(std::uint64_t number) const override;
  dns::Result<std::optional<Unconfirmed>> unconfirmed() const override;
  dns::Result<void> confirm() override;

  const std::string& path() const { return path_; }

 private:
  Database(std::string path, Options options) : path_(std::move(path)), options_(options) {}

  dns::Result<void> open_environment(const std::string& first_header = {});
  dns::Result<void> read_everything() const;
  dns::Error damaged(const std::string& what) const;
  dns::Result<Header> header(const Transaction& transaction) const;
  dns::Result<void> apply(Transaction& transaction, const std::vector<config::Change>& changes);
  dns::Result<void> write_history(Transaction& transaction, std::uint64_t number,
                                  const NewCommit& commit);
  dns::Result<void> trim_history(Transaction& transaction);
  // Commits the transaction as commit `number`. After a failure the environment is opened anew.
  dns::Result<void> finish(Transaction transaction, std::uint64_t number);
  dns::Result<void> write_all(Transaction& transaction, const config::Config& config);
  dns::Result<std::uint64_t> write(const NewCommit& commit, const config::Config* replacement);

  const std::string path_;
  const Options options_;
  std::unique_ptr<Environment> environment_;
  std::optional<std::uint64_t> number_;  // of the newest commit as this process knows it
};

// Says to others that a server uses the database. Gone with its process, however that ends.
class ServerLock {
 public:
  // The error: somebody else has it.
  static dns::Result<ServerLock> take(const std::string& path);

 private:
  explicit ServerLock(link::Fd fd) : fd_(std::move(fd)) {}
  link::Fd fd_;
};

}  // namespace bowline::control::confdb
