#include "control/client/interrupt.h"

namespace bowline::control::client {

namespace {

volatile sig_atomic_t g_signal = 0;

extern "C" void note(int signal) { g_signal = signal; }

}  // namespace

Interrupt::Interrupt() {
  struct sigaction action {};
  action.sa_handler = &note;  // without SA_RESTART
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    (void)::sigaction(kSignals[i], &action, &before_[i]);
  }
}

Interrupt::~Interrupt() {
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    (void)::sigaction(kSignals[i], &before_[i], nullptr);
  }
}

bool Interrupt::is_set() { return g_signal != 0; }
bool Interrupt::ends_program() { return g_signal != 0 && g_signal != SIGINT; }
void Interrupt::clear() { g_signal = 0; }

}  // namespace bowline::control::client
