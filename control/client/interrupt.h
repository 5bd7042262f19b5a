// Interrupt: Ctrl-C ends what is under way instead of the program.
//
// One thread. While an Interrupt lives, SIGINT, SIGTERM and SIGHUP are noted; system calls that
// wait return EINTR then. The handlers from before come back with its end.
#pragma once

#include <signal.h>

#include <array>

namespace bowline::control::client {

class Interrupt {
 public:
  Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  ~Interrupt();

  // Whether a signal came since the last clear().
  static bool is_set();
  // Whether it asks the program to end: all but Ctrl-C do.
  static bool ends_program();
  static void clear();

 private:
  static constexpr std::array<int, 3> kSignals = {SIGINT, SIGTERM, SIGHUP};
  std::array<struct sigaction, kSignals.size()> before_{};
};

}  // namespace bowline::control::client
