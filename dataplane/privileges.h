// Privileges: how this process gives up all that it was started with, for good.
//
// Main thread only. After either call descriptors and memory of this process stay closed to others
// of the same user, and no exec() brings a privilege back.
#pragma once

#include <optional>

#include "dns/result.h"

namespace bowline::dataplane {

// At once, while there is no other thread: for a process that needs none.
dns::Result<void> give_up_privileges();

struct Identity {
  unsigned uid = 0;
  unsigned gid = 0;
};

// Becomes `identity`, without supplementary groups and capabilities, in every thread: also in those
// that libraries have started. Proved by reading back what /proc says of each thread. The error,
// one line, means that privileges may be left: the process must not take any input.
dns::Result<void> give_up_privileges_everywhere(const Identity& identity);

// What the keeper's first message on `channel` says of privileges, without taking it: whether they
// are needed until the devices are open. Nothing: the channel is closed, or that is no greeting.
// Waits for it. REQUIRES: `channel` is a blocking handover socket.
std::optional<bool> are_privileges_needed(int channel);

}  // namespace bowline::dataplane
