// Interrupt: Ctrl-C ends what is under way instead of the program.
//
// One thread. While an Interrupt lives, SIGINT, SIGTERM and SIGHUP are held back but in poll(), which
// returns EINTR for them: none can come between a look at is_set() and the waiting.
#pragma once

#include <poll.h>
#include <signal.h>

#include <array>

namespace bowline::control::client {

class Interrupt {
 public:
  Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  ~Interrupt();  // the handlers and the mask from before come back

  // As ::poll(); without an Interrupt just that.
  static int poll(pollfd* descriptors, nfds_t count, int timeout_ms);
  // Whether a signal came since the last clear().
  static bool is_set();
  // Whether it asks the program to end: all but Ctrl-C do.
  static bool ends_program();
  static void clear();
  // What a child is to be started with. REQUIRES: an Interrupt lives, or nothing is held back.
  static sigset_t mask_for_children();

 private:
  static constexpr std::array<int, 3> kSignals = {SIGINT, SIGTERM, SIGHUP};
  std::array<struct sigaction, kSignals.size()> before_{};
};

}  // namespace bowline::control::client
