// Privileges: what a child gives up between fork() and exec(), before its first input, and what the
// keeper must have for its ports.
//
// drop_privileges() and keep_device_privileges() are called in the forked child of the
// single-threaded keeper only.
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

// For a dataplane with devices of DPDK: keeps the user and those capabilities that opening devices
// takes, and gives up all others. The dataplane gives up the rest once its devices are open.
// Returns errno, 0 if all is well.
int keep_device_privileges();

// Whether this process may attach XDP programs and open AF_XDP sockets.
bool may_open_interfaces();
// Whether its dataplane would be able to open devices of DPDK.
bool may_open_devices();

// Whether this process can make its children run as `identity`.
bool may_become(const Identity& identity);

}  // namespace bowline::control::keeper
