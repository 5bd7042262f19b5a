// ServiceManager: what systemd, or who else gave us a NOTIFY_SOCKET, gets to know. Without one
// nothing happens.
//
// The keeper's thread only; no call blocks.
#pragma once

#include <cstdint>
#include <string_view>

namespace bowline::control::keeper {

class ServiceManager {
 public:
  // Takes NOTIFY_SOCKET and WATCHDOG_USEC as they are.
  ServiceManager();

  // Milliseconds between two looks at the heartbeats; 0: nobody wants to know.
  std::uint64_t look_every_ms() const { return look_every_ms_; }

  // `state`: one line for people.
  void ready(std::string_view state);
  void reloading();
  void stopping();
  void state(std::string_view state);

  // Everything beats: feeds the watchdog, and before ready() asks for more time to start.
  void alive();

 private:
  bool wanted_ = false;
  bool has_watchdog_ = false;
  bool ready_ = false;
  std::uint64_t look_every_ms_ = 0;
};

}  // namespace bowline::control::keeper
