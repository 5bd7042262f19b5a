// FileRights: root reaches files with no more rights than another user has, for as long as this
// lives. For paths that this user may have chosen: root would overwrite or give away what is not
// theirs.
//
// The calling thread only. Nothing happens unless it is root's and the other user is not root. What
// is made belongs to the other user. Supplementary groups stay root's.
#pragma once

#include <sys/types.h>

namespace bowline::control::config {

class FileRights {
 public:
  FileRights(uid_t uid, gid_t gid);
  FileRights(const FileRights&) = delete;
  FileRights& operator=(const FileRights&) = delete;
  ~FileRights();

 private:
  const bool lent_;
};

}  // namespace bowline::control::config
