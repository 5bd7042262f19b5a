// Bus: says on the system's D-Bus what happens here (server.dbus-event), under the names that
// listeners of Knot DNS know: bus name cz.nic.knotd, object /cz/nic/knotd, interface
// cz.nic.knotd.events.
//
//   event         signal        parameters
//   running       started       none: all zones that can be are loaded
//                 stopped       none: the server begins to end
//   zone-updated  zone_updated  zone name (s), serial (u)
//
// A thread of its own speaks to the bus; nobody else waits for it. Signals that the bus does not
// take in time are lost, as signals are for who does not listen. Where there is no bus, one warning
// says so, and it is tried again now and then. The functions are for any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "dns/name.h"
#include "link/outcome.h"

struct sd_bus;

namespace bowline::control::bus {

// Signals that wait for the bus: those of a start with as many zones, some MiB.
inline constexpr std::size_t kMaxWaiting = 65'536;

class Bus {
 public:
  // `events` as server.dbus-event names them; without any, nothing is done. The first signal is
  // sent `init_delay` after the bus has been found, so that who starts with it can listen.
  Bus(const std::vector<std::string>& events, std::chrono::seconds init_delay);
  ~Bus();
  Bus(const Bus&) = delete;
  Bus& operator=(const Bus&) = delete;

  void started();
  // The server ends. Sends what waits, as far as the bus takes it within half a second; what is
  // said afterwards is not sent.
  void stopped();
  void zone_updated(dns::NameView zone, std::uint32_t serial);

 private:
  using Clock = std::chrono::steady_clock;

  struct Signal {
    const char* member;
    std::string zone;  // empty: a signal without parameters
    std::uint32_t serial = 0;
  };

  void post(Signal signal);
  void end();
  void run();
  bool open();
  void close(const char* what, int error);
  void talk();
  bool has_unsent() const;
  bool ask_for_name();
  bool send_waiting();
  void wait(Clock::time_point until);
  bool is_over();

  const bool running_wanted_;
  const bool zones_wanted_;
  const std::chrono::seconds init_delay_;
  link::Fd wake_;  // eventfd

  std::mutex mutex_;  // of the next four
  std::deque<Signal> waiting_;
  bool overflowed_ = false;  // said once
  bool stop_ = false;
  Clock::time_point stop_by_;

  // The thread's own.
  sd_bus* bus_ = nullptr;
  bool warned_ = false;
  Clock::time_point send_from_;
  std::thread thread_;  // last: it uses the others; none without events
};

}  // namespace bowline::control::bus
