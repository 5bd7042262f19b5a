// Keeper: starts control and the dataplane, keeps what must outlive them, and restarts either
// alone.
//
// One thread, one poll loop: signals by a signalfd, one handover channel to each child. It parses
// nothing but its configuration and the fixed-size messages of its children.
//
//   event                     what it does
//   control starts            generation + 1; new exchange for both
//   dataplane starts          new exchange for both; then all listeners, doorbells and chunks
//   control dies              dataplane is told: unpaired, no more chunks; start it again
//   dataplane dies            control is told: unpaired; start it again
//   control: chunk, withdraw  noted and sent on
//   dataplane: settled        descriptors of older generations are let go
//   dataplane: devices open   control starts, if it waited for them (their huge pages come first)
//   an address or VLAN        told to the XDP programs
//    comes or goes
//   control: reopen           a reload begins: log files are opened again, first by the keeper
//   control: reload           log targets are read again; the rest of a new configuration is
//                              control's, or waits for a restart
//   SIGHUP                    log files are opened again; control reads the configuration again
//   SIGUSR1                   control loads the zones whose files have changed
//   SIGTERM, SIGINT           both are told to end, then made to
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "control/confdb/source.h"
#include "control/config/config.h"
#include "control/keeper/child.h"
#include "control/keeper/chunk_book.h"
#include "control/keeper/heartbeats.h"
#include "control/keeper/listeners.h"
#include "control/keeper/ports.h"
#include "control/keeper/service_manager.h"
#include "control/keeper/starter.h"
#include "link/exchange.h"

namespace bowline::control::keeper {

// What the command line says of the run.
struct Orders {
  confdb::Source source{};       // of the configuration; without a path: the file it came from
  std::string control_socket{};  // empty: those of control.listen
  bool verbose = false;
};

class Keeper {
 public:
  // `folder`: where the executables of the children are. `starter`: is told how the start went; it
  // outlives the keeper.
  Keeper(const config::Config& config, const std::string& folder, Orders orders,
         Starter& starter);

  // Opens the listeners and ports, and makes what the children share. The error is one line that
  // says what to do.
  dns::Result<void> prepare();

  // Runs until the end. Returns the exit code.
  int run();

 private:
  // The life of the children.
  void furnish_dataplane();
  void start_planned();
  bool start_process(Child& child, Keep keep);
  void greet(Child& child);
  void pair();
  void reap();
  void handle_death(Child& child);
  void plan_restart(Child& child);
  void begin_stop();
  void fail_start(const std::string& why);
  void check_ready();
  dns::Result<void> open_sockets();
  void warn_of_missing_addresses();

  // Messages.
  static link::HandoverMessage make_message(link::HandoverType type, std::uint64_t generation = 0,
                                            std::uint64_t pairing = 0);
  void receive(Child& child, int most);
  void handle(Child& child, link::Received& received);
  void handle_ready(Child& child, std::string_view state);
  void handle_control(link::Received& received);
  void handle_chunk(link::Received& received);
  void handle_dataplane(const link::HandoverMessage& message);
  void handle_failure(const Child& child, std::string_view why);
  void replay_chunks();
  void restart_dataplane(std::string_view why);

  // Signals.
  void handle_signals();
  void reopen_logs();
  void read_log_targets();
  void wait_for_events();
  int timeout_ms() const;
  void look_at_beats();

  const Orders orders_;  // not the configuration, which may hold a million zones
  Starter& starter_;
  const config::Server server_;
  const config::Dataplane dataplane_settings_;
  Identity identity_;
  Ports ports_;
  std::vector<Listener> listeners_;
  std::vector<link::Fd> doorbells_;  // of threads 0 to threads_ - 1, then control's service
  link::Fd signals_;
  Child control_;
  Child dataplane_;
  ChunkBook chunks_;
  link::NewExchange exchange_;
  std::uint64_t exchange_of_dataplane_ = 0;  // its `starts` when exchange_ was made; 0: none ran
  std::uint64_t pairing_ = 0;
  std::uint64_t generation_ = 0;
  std::uint64_t stop_by_ms_ = 0;  // 0: not stopping
  bool announced_ = false;        // both were ready once, and served from published tables
  bool settled_ = false;          // the dataplane has used published tables
  int exit_code_ = 0;
  ServiceManager service_;
  Heartbeats heartbeats_;
  std::uint64_t next_look_ms_ = 0;
  bool somebody_late_ = false;
};

}  // namespace bowline::control::keeper
