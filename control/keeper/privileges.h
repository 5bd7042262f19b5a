// Privileges: what a child gives up between fork() and exec(), before its first input.
//
// drop_privileges() is called in the forked child of the single-threaded keeper only.
#pragma once

#include <sys/types.h>

namespace bowline::control::keeper {

struct Identity {
  uid_t uid = 0;
  gid_t gid = 0;
};

// Gives up all capabilities for good, even for root, and becomes `identity`. Returns errno, 0 if
// all is well. A keeper without privileges can only stay who it is.
int drop_privileges(const Identity& identity);

// Whether this process can make its children run as `identity`.
bool may_become(const Identity& identity);

}  // namespace bowline::control::keeper
