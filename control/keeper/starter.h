// Starter: who started bowlined and waits to hear whether it serves. In the foreground that is the
// terminal; with -d it is a process that stays in front until the daemon is ready.
//
// The keeper's one thread, and the process that it leaves in front.
#pragma once

#include <string>

#include "dns/result.h"
#include "link/outcome.h"

namespace bowline::control::keeper {

class Starter {
 public:
  // Nobody but the terminal.
  Starter() = default;

  // Goes on in a new session, in `folder`, with /dev/null for its three streams; what was called
  // stays in front until ready() or failed(), and never returns from here. The error: why there is
  // no daemon.
  static dns::Result<Starter> go_to_background(const std::string& folder);

  bool is_daemon() const { return is_daemon_; }

  // The server is ready: who waits ends with 0.
  void ready();

  // It will not be: said on the standard error of who started it, who ends with 1 when we do.
  void failed(const std::string& why);

 private:
  bool is_daemon_ = false;
  link::Fd pipe_;  // to who waits; empty: nobody waits any more
};

}  // namespace bowline::control::keeper
