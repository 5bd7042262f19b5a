// What bowlinec does with a configuration database itself, without the server: conf-init,
// conf-import, conf-export.
//
// A database that a server uses is not written to: the server would not know. Any user; who is to
// serve from the database (server.user) must own it.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "control/confdb/source.h"
#include "dns/result.h"

namespace bowline::control::confdb {

struct LocalOptions {
  std::size_t map_mib = 0;  // -m; 0: as the database says, a new one kDefaultMap_MiB
  bool force = false;       // what is in the database may be overwritten
};

// Makes an empty database, or with force empties one.
dns::Result<void> init(const std::string& path, const LocalOptions& options);

enum class Purge : bool { kNo, kYes };

// Puts the file into the database, which is made if it is not there: instead of what it holds
// (refused without force, unless it is empty), or in addition. All or nothing; the result is
// checked as a whole. It is a commit of the history. A database that root makes so is given to the
// server.user of the file.
dns::Result<void> import(const std::string& path, const std::string& file, Purge purge,
                         const LocalOptions& options);

// Hands the text of the configuration to `write`, which conf-import reads back as the same.
dns::Result<void> export_text(const Source& source,
                              const std::function<void(std::string_view)>& write);

}  // namespace bowline::control::confdb
