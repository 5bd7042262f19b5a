// Wire: a raw socket at a network interface, for frames to and from what is at its other end; and
// interfaces of a network namespace that dies with its process.
#pragma once

#include <optional>
#include <string>

#include "link/outcome.h"
#include "support/frames.h"

namespace bowline::dataplane::test {

// Puts the calling process into a network namespace of its own. False: it may not.
bool enter_own_network();

// Runs a command of the shell. False, and its output on stdout, if it fails.
bool run_command(const std::string& command);

// Opens a new TAP interface called `name` as the keeper does, and brings it up. Not open: errno.
link::Fd make_tap(const std::string& name);

class Wire {
 public:
  // REQUIRES: the interface exists and is up. Throws if it cannot be watched.
  explicit Wire(const std::string& interface);

  // Sends a frame as it is. False: the interface does not take it.
  bool send(const Octets& frame);

  // The next frame that came in, not one that left, with its VLAN tags; nothing after `timeout_ms`.
  std::optional<Octets> receive(int timeout_ms);

 private:
  link::Fd socket_;
};

}  // namespace bowline::dataplane::test
