#include "control/confdb/environment.h"

#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "control/confdb/record.h"

namespace bowline::control::confdb {

namespace {

constexpr MDB_dbi kTables = 3;
constexpr mdb_mode_t kMode = 0640;  // it may hold secrets of keys

MDB_val to_val(std::string_view text) {
  return {text.size(), const_cast<char*>(text.data())};
}

std::string_view to_view(const MDB_val& value) {
  return {static_cast<const char*>(value.mv_data), value.mv_size};
}

std::string own_name() {
  const passwd* const found = ::getpwuid(::geteuid());
  return found != nullptr ? found->pw_name : "uid " + std::to_string(::geteuid());
}

}  // namespace

dns::Error Environment::explain(int code, const std::string& path, std::size_t map_octets) {
  const std::string name = "configuration database " + path;
  switch (code) {
    case ENOENT:
    case ENOTDIR:
      return {name + " is not there: make it with 'bowlinec -C " + path +
              " conf-init', or conf-import a file"};
    case EACCES:
    case EPERM:
      return {name + ": no permission for user " + own_name() +
              ": its directory and files must belong to server.user"};
    case EROFS:
    case ENOSPC:
    case EDQUOT:
    case EIO:
      return {name + ": " + std::strerror(code) + ": nothing was changed; check the disk"};
    case MDB_NOTFOUND:
    case MDB_INCOMPATIBLE:
      return {name + " was not made by Bowline, or is damaged: export it with the program that "
                     "made it and conf-import the file, or put a copy back"};
    case MDB_VERSION_MISMATCH:
      return {name + " was made by another version of LMDB: export it there, then conf-import the "
                     "file"};
    case MDB_MAP_FULL:
      return {name + " is full: its size is limited to " + std::to_string(map_octets >> 20) +
              " MiB; start bowlined, or bowlinec for a local operation, with a larger -m MiB"};
    case MDB_READERS_FULL:
      return {name + ": too many processes read it: end some"};
    case MDB_INVALID:
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_PANIC:
    case MDB_BAD_TXN:
      return {name + " is damaged (" + mdb_strerror(code) +
              "): put a copy back, or remove it and conf-import a file"};
    default:
      return {name + ": " + mdb_strerror(code)};
  }
}

dns::Error Environment::explain(int code) const {
  MDB_envinfo info{};
  if (is_open_) (void)mdb_env_info(env_, &info);  // it crashes without a map
  return explain(code, path_, info.me_mapsize);
}

int Environment::open_into(std::unique_ptr<Environment>& environment, const std::string& path,
                           const Options& options) {
  MDB_env* env = nullptr;
  if (const int code = mdb_env_create(&env); code != 0) return code;
  environment.reset(new Environment(path, env));
  int code = mdb_env_set_maxdbs(env, kTables);
  if (code == 0 && options.map_octets != 0) code = mdb_env_set_mapsize(env, options.map_octets);
  // A read transaction belongs to its handle, not to its thread.
  const unsigned flags = MDB_NOTLS | (options.read_only ? MDB_RDONLY : 0U);
  if (code == 0) code = mdb_env_open(env, path.c_str(), flags, kMode);
  environment->is_open_ = code == 0;
  return code != 0 ? code : environment->open_tables(options);
}

dns::Result<std::unique_ptr<Environment>> Environment::open(const std::string& path,
                                                            const Options& options) {
  std::unique_ptr<Environment> environment;
  const int code = open_into(environment, path, options);
  if (code == 0) return environment;
  return environment ? environment->explain(code) : explain(code, path, 0);
}

bool Environment::exists(const std::string& path) {
  std::unique_ptr<Environment> environment;
  return open_into(environment, path, {.read_only = true}) != ENOENT;
}

Environment::~Environment() { mdb_env_close(env_); }

int Environment::open_tables(const Options& options) {
  MDB_txn* txn = nullptr;
  const bool makes = !options.header.empty();
  const unsigned create = makes ? MDB_CREATE : 0U;
  const unsigned kind = makes ? 0U : MDB_RDONLY;
  if (const int begun = mdb_txn_begin(env_, nullptr, kind, &txn); begun != 0) return begun;
  int code = mdb_dbi_open(txn, "header", create, &header_);
  if (code == 0) code = mdb_dbi_open(txn, "entries", create, &entries_);
  if (code == 0) code = mdb_dbi_open(txn, "history", create, &history_);
  if (code == 0 && makes) {
    MDB_val key = to_val(kHeaderKey);
    MDB_val value = to_val(options.header);
    code = mdb_put(txn, header_, &key, &value, 0);
  }
  if (code == 0) return mdb_txn_commit(txn);
  mdb_txn_abort(txn);
  // Without any table its making was interrupted: as if it were not there.
  MDB_stat stat{};
  const bool is_empty = mdb_env_stat(env_, &stat) == 0 && stat.ms_entries == 0;
  return code == MDB_NOTFOUND && is_empty ? ENOENT : code;
}

// ---- Transactions -----------------------------------------------------------------------------

dns::Result<Transaction> Transaction::begin(const Environment& environment, Kind kind) {
  // A reader that was killed would keep all pages that are freed from now on.
  int dead = 0;
  if (kind == Kind::kWrite) (void)mdb_reader_check(environment.handle(), &dead);
  MDB_txn* txn = nullptr;
  const int code =
      mdb_txn_begin(environment.handle(), nullptr, static_cast<unsigned>(kind), &txn);
  if (code != 0) return environment.explain(code);
  return Transaction(environment, txn);
}

Transaction::Transaction(Transaction&& other) noexcept
    : environment_(other.environment_), txn_(std::exchange(other.txn_, nullptr)) {}

Transaction::~Transaction() {
  if (txn_ != nullptr) mdb_txn_abort(txn_);
}

dns::Result<std::optional<std::string_view>> Transaction::get(MDB_dbi table,
                                                              std::string_view key) const {
  MDB_val wanted = to_val(key);
  MDB_val found{};
  const int code = mdb_get(txn_, table, &wanted, &found);
  if (code == MDB_NOTFOUND) return std::optional<std::string_view>();
  if (code != 0) return environment_->explain(code);
  return std::optional(to_view(found));
}

dns::Result<void> Transaction::put(MDB_dbi table, std::string_view key, std::string_view value) {
  MDB_val at = to_val(key);
  MDB_val data = to_val(value);
  if (const int code = mdb_put(txn_, table, &at, &data, 0); code != 0) {
    return environment_->explain(code);
  }
  return {};
}

dns::Result<void> Transaction::erase(MDB_dbi table, std::string_view key) {
  MDB_val at = to_val(key);
  const int code = mdb_del(txn_, table, &at, nullptr);
  if (code != 0 && code != MDB_NOTFOUND) return environment_->explain(code);
  return {};
}

dns::Result<void> Transaction::clear(MDB_dbi table) {
  if (const int code = mdb_drop(txn_, table, 0); code != 0) return environment_->explain(code);
  return {};
}

dns::Result<void> Transaction::walk(MDB_dbi table, const Visit& visit) const {
  MDB_cursor* cursor = nullptr;
  if (const int code = mdb_cursor_open(txn_, table, &cursor); code != 0) {
    return environment_->explain(code);
  }
  const std::unique_ptr<MDB_cursor, void (*)(MDB_cursor*)> owner(cursor, mdb_cursor_close);
  MDB_val key{};
  MDB_val value{};
  int code = 0;
  // In a damaged tree pages may lead to each other, or nowhere: no more and no less than it counts.
  MDB_stat stat{};
  (void)mdb_stat(txn_, table, &stat);
  std::size_t count = 0;
  for (; (code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0; ++count) {
    if (count >= stat.ms_entries) return environment_->explain(MDB_CORRUPTED);
    if (auto done = visit(to_view(key), to_view(value)); !done) return done;
  }
  if (code != MDB_NOTFOUND) return environment_->explain(code);
  if (count != stat.ms_entries) return environment_->explain(MDB_CORRUPTED);
  return {};
}

dns::Result<void> Transaction::commit() {
  const int code = mdb_txn_commit(std::exchange(txn_, nullptr));
  if (code != 0) return environment_->explain(code);
  return {};
}

}  // namespace bowline::control::confdb
