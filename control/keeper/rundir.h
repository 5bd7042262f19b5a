// The run folder, its lock, and the PID file of a daemon.
//
// The lock lies on the folder itself and lasts as long as the keeper: two keepers with one run
// folder would fight over everything in it. A file for it could be removed and made again beside
// the lock; the folder is there anyway. The keeper's thread only.
#pragma once

#include <sys/types.h>

#include <string>

#include "dns/result.h"
#include "link/outcome.h"

namespace bowline::control::keeper {

// Makes the folder, owned by uid and gid, unless it exists; with missing parents.
dns::Result<void> make_rundir(const std::string& path, uid_t uid, gid_t gid);

// Locks the folder until the descriptor is closed. The error names who has it.
dns::Result<link::Fd> lock_rundir(const std::string& path);

// Holds this process's PID, and is gone with this object. Locked, too: a second daemon with another
// run folder shall not overwrite it.
class PidFile {
 public:
  static dns::Result<PidFile> create(const std::string& path);
  PidFile(PidFile&&) noexcept = default;
  PidFile& operator=(PidFile&&) = delete;
  ~PidFile();

 private:
  PidFile(std::string path, link::Fd fd) : path_(std::move(path)), fd_(std::move(fd)) {}

  std::string path_;
  link::Fd fd_;
};

}  // namespace bowline::control::keeper
