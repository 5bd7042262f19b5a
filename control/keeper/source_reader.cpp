#include "control/keeper/source_reader.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "control/confdb/child.h"
#include "control/confdb/database.h"
#include "control/config/export.h"
#include "control/keeper/privileges.h"

namespace bowline::control::keeper {

namespace {

using confdb::Database;
using config::Config;
using dns::Error;
using dns::Result;

std::string user_name(uid_t uid) {
  const passwd* const found = ::getpwuid(uid);
  return found != nullptr ? found->pw_name : std::to_string(uid);
}

// Whoever owns the directory can put any file there, so the files' owners say nothing. Of a
// database that is not there, this process.
Identity owner_of(const std::string& path) {
  struct stat status {};
  if (::geteuid() != 0 || ::stat(path.c_str(), &status) != 0) return {::geteuid(), ::getegid()};
  return {status.st_uid, status.st_gid};
}

// In the child.
Result<void> write_configuration(const std::string& path, Reading reading, std::size_t map_mib,
                                 const confdb::Sink& write) {
  if (auto done = Database::verify_here(path); !done) return done;
  const bool writes = reading == Reading::kStart;
  auto database = Database::open(path, {writes ? map_mib : 0, !writes});
  if (!database) return Error{database.error()};
  if (writes) {
    const auto settled = (*database)->settle();
    if (!settled) return Error{settled.error()};
  }
  const auto config = (*database)->load(confdb::Part::kWithoutZones);
  if (!config) return Error{config.error()};
  config::export_text(*config, [&](std::string_view text) { (void)write(text); });
  return {};
}

Result<Config> read_database(const confdb::Source& source, Reading reading, std::size_t map_mib) {
  const Identity owner = owner_of(source.path);
  const std::string name = "configuration database " + source.path;
  const auto text = confdb::run_in_child(name, [&](const confdb::Sink& write) -> Result<void> {
    if (const int error = drop_privileges(owner); error != 0) {
      return Error{name + ": cannot become its owner, " + user_name(owner.uid) + ": " +
                   std::strerror(error)};
    }
    return write_configuration(source.path, reading, map_mib, write);
  });
  if (!text) return Error{text.error()};
  config::LoadOptions options;
  options.allow_include = false;
  auto config = config::load_config_text(*text, source.to_text(), options);
  if (!config) return config;
  const config::User user = config->server().user;
  if (::geteuid() == 0 && user.uid != owner.uid) {
    return Error{name + " belongs to " + user_name(owner.uid) + ", and its server.user is " +
                 user.user + ": chown -R " + user.user + " " + source.path +
                 ", or run conf-import as that user"};
  }
  return config;
}

}  // namespace

Result<Config> read_source(const confdb::Source& source, Reading reading, std::size_t map_mib) {
  if (!source.is_database()) return config::load_config(source.path);
  return read_database(source, reading, map_mib);
}

}  // namespace bowline::control::keeper
