#include "control/confdb/local.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>

#include "control/confdb/database.h"
#include "control/config/edit.h"
#include "control/config/export.h"
#include "control/config/visit.h"

namespace bowline::control::confdb {

namespace {

using config::Config;
using dns::Error;
using dns::Result;

std::string own_name() {
  const passwd* const found = ::getpwuid(::getuid());
  return found != nullptr ? found->pw_name : std::to_string(::getuid());
}

NewCommit make_commit(std::vector<config::Change> changes, const std::string& summary) {
  return {std::move(changes), own_name(), ::time(nullptr), 0, summary};
}

// What is open for writing, and nobody else's.
struct Opened {
  ServerLock lock;
  std::unique_ptr<Database> database;
  bool is_new = false;
};

Result<Opened> open_for_writing(const std::string& path, const LocalOptions& options) {
  if (options.map_mib > kMaxMap_MiB) {
    return Error{"a configuration database has at most " + std::to_string(kMaxMap_MiB) + " MiB"};
  }
  const bool is_new = !Database::exists(path);
  if (!is_new) {
    if (auto sound = Database::verify(path); !sound) return Error{sound.error()};
  }
  const Database::Options wanted{options.map_mib, false};
  auto database = is_new ? Database::create(path, wanted) : Database::open(path, wanted);
  if (!database) return Error{database.error()};
  auto lock = ServerLock::take(path);
  if (!lock) return Error{lock.error()};
  return Opened{std::move(*lock), std::move(*database), is_new};
}

bool is_empty(const Config& config) {
  bool empty = true;
  config::visit(config, {}, [&](const auto&, auto, const auto&, const auto&) {
    return empty = false;
  });
  return empty;
}

Error overwrite_error(const std::string& path) {
  return {"configuration database " + path +
          " is there already and not empty: use force (-f) to overwrite it"};
}

// What root makes there would keep the owner out.
Result<void> give_to(uid_t uid, gid_t gid, const std::string& path) {
  if (::geteuid() != 0 || uid == 0) return {};
  for (const char* file : {"/data.mdb", "/lock.mdb", "/server.lock", ""}) {
    // A further name would be one that its owner has made, of something else perhaps.
    struct stat found {};
    if (::lstat((path + file).c_str(), &found) != 0) continue;
    if (!S_ISDIR(found.st_mode) && found.st_nlink != 1) continue;
    if (::lchown((path + file).c_str(), uid, gid) != 0) {
      return Error{"cannot give " + path + file + " to user " + std::to_string(uid) + ": " +
                   std::strerror(errno)};
    }
  }
  return {};
}

Result<void> give_to_owner(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {};
  return give_to(status.st_uid, status.st_gid, path);
}

Result<Config> empty_config() { return config::load_config_text(""); }

// The file in addition to what `base` holds.
Result<Config> add_file(const Config& base, const std::string& file) {
  config::Draft draft(base);
  if (auto done = draft.set("include", {file}); !done) return Error{done.error()};
  return draft.finish();
}

}  // namespace

Result<void> init(const std::string& path, const LocalOptions& options) {
  auto opened = open_for_writing(path, options);
  if (!opened) return Error{opened.error()};
  if (opened->is_new) return {};
  if (!options.force) return overwrite_error(path);
  const auto empty = empty_config();
  if (!empty) return Error{empty.error()};
  auto done = opened->database->replace(*empty, make_commit({}, "conf-init"));
  return done ? give_to_owner(path) : done;
}

Result<void> import(const std::string& path, const std::string& file, Purge purge,
                    const LocalOptions& options) {
  // A mistake in the file makes no database.
  auto next = config::load_config(file);
  if (!next && purge == Purge::kYes) return Error{next.error()};
  auto opened = open_for_writing(path, options);
  if (!opened) return Error{opened.error()};
  Database& database = *opened->database;
  auto before = database.load();
  const bool overwrites = !before || !is_empty(*before);
  if (purge == Purge::kNo) {
    if (!before) return Error{before.error()};
    next = add_file(*before, file);
    if (!next) return Error{next.error()};
  } else if (overwrites && !options.force) {
    return overwrite_error(path);
  }
  const std::string what = "conf-import " + file;
  if (opened->is_new || !overwrites || !before) {
    if (auto done = database.replace(*next, make_commit({}, what)); !done) return done;
    if (!opened->is_new) return give_to_owner(path);
    const config::User user = next->server().user;  // who is to serve from it must write it
    return give_to(user.uid, user.gid, path);
  }
  auto changes = config::compare(*before, *next);
  if (changes.empty()) return {};
  const std::string summary = what + ": " + summarize(changes);
  auto number = database.commit(make_commit(std::move(changes), summary));
  if (!number) return Error{number.error()};
  return give_to_owner(path);
}

Result<void> export_text(const Source& source,
                         const std::function<void(std::string_view)>& write) {
  const auto config = load(source);
  if (!config) return Error{config.error()};
  config::export_text(*config, write);
  return {};
}

}  // namespace bowline::control::confdb
