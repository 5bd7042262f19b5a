#include "control/client/interrupt.h"

#include <ctime>

namespace bowline::control::client {

namespace {

volatile sig_atomic_t g_signal = 0;
bool g_holds = false;
sigset_t g_usual;  // the mask from before, while signals are held back

extern "C" void note(int signal) { g_signal = signal; }

}  // namespace

Interrupt::Interrupt() {
  sigset_t held;
  ::sigemptyset(&held);
  struct sigaction action {};
  action.sa_handler = &note;
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    ::sigaddset(&held, kSignals[i]);
    (void)::sigaction(kSignals[i], &action, &before_[i]);
  }
  (void)::sigprocmask(SIG_BLOCK, &held, &g_usual);
  g_holds = true;
}

Interrupt::~Interrupt() {
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    (void)::sigaction(kSignals[i], &before_[i], nullptr);
  }
  g_holds = false;
  (void)::sigprocmask(SIG_SETMASK, &g_usual, nullptr);
}

int Interrupt::poll(pollfd* descriptors, nfds_t count, int timeout_ms) {
  timespec timeout{timeout_ms / 1000, timeout_ms % 1000 * 1'000'000L};
  return ::ppoll(descriptors, count, timeout_ms < 0 ? nullptr : &timeout,
                 g_holds ? &g_usual : nullptr);
}

bool Interrupt::is_set() { return g_signal != 0; }
bool Interrupt::ends_program() { return g_signal != 0 && g_signal != SIGINT; }
void Interrupt::clear() { g_signal = 0; }

sigset_t Interrupt::mask_for_children() {
  sigset_t mask;
  if (g_holds) return g_usual;
  (void)::sigprocmask(SIG_SETMASK, nullptr, &mask);
  return mask;
}

}  // namespace bowline::control::client
