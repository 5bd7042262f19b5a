#include "control/config/file_rights.h"

#include <sys/fsuid.h>
#include <unistd.h>

namespace bowline::control::config {

// The kernel takes the capabilities that override permissions away with the user id, and gives them
// back with it (capabilities(7)).
FileRights::FileRights(uid_t uid, gid_t gid) : lent_(::geteuid() == 0 && uid != 0) {
  if (!lent_) return;
  (void)::setfsgid(gid);
  (void)::setfsuid(uid);
}

FileRights::~FileRights() {
  if (!lent_) return;
  (void)::setfsuid(::geteuid());
  (void)::setfsgid(::getegid());
}

}  // namespace bowline::control::config
