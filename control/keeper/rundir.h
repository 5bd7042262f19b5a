// The run folder and the pid file, which is locked for as long as the keeper lives: two keepers
// with one configuration would fight over everything else.
//
// The keeper's thread only.
#pragma once

#include <sys/types.h>

#include <string>

#include "dns/result.h"
#include "link/outcome.h"

namespace bowline::control::keeper {

// Makes the folder, owned by uid and gid, unless it exists; with missing parents.
dns::Result<void> make_rundir(const std::string& path, uid_t uid, gid_t gid);

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
