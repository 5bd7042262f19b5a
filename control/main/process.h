// Process: bowline-control. Takes what the keeper hands over, loads and publishes the zones,
// answers the rings and the control sockets.
//
//   thread    does
//   main      handover channel, control sockets, start of the others; never waits for anything else
//   store     loads, publishes, frees (store/store_thread.h), with loading threads of its own
//   service   asks of the dataplane (service/service.h), one for each pairing
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "control/api/server.h"
#include "control/bus/bus.h"
#include "control/config/config.h"
#include "control/main/conf_home.h"
#include "control/main/dispatch.h"
#include "control/main/parts.h"
#include "control/main/statistics.h"
#include "control/main/reconfigure.h"
#include "control/main/waiting.h"
#include "control/main/xdp_maps.h"
#include "control/service/service.h"
#include "control/store/pairing.h"
#include "control/store/store_thread.h"
#include "control/store/tables.h"
#include "control/store/zone_store.h"
#include "link/handover.h"

namespace bowline::control {

class Process {
 public:
  explicit Process(int channel);

  // Until the keeper says stop, or is gone. Returns the exit code.
  int run();

 private:
  // The start, in this order. False: it is over, and the keeper knows why.
  bool take_over();
  bool load_configuration();
  bool make_tables();
  bool open_sockets();
  void start_store();
  void fill_dispatch();
  void serve_configuration();

  void loop();
  void follow_configuration();
  bool receive();
  void handle(link::Received& received);
  void attach_exchange(link::Received& received);
  void detach(std::uint64_t pairing);
  void beat();
  void tell_ready();
  Statistics::Snapshot take_statistics(const config::Statistics& settings) const;
  void give_up(const std::string& why);

  // On the store's thread.
  void load_first();
  // `checked` is called once the configuration is accepted.
  Report reload(const std::function<void()>& checked);
  Report read_and_apply(const std::function<void()>& checked);
  void reload_files();

  const int channel_fd_;
  bool go_ = false;
  bool stop_ = false;
  int exit_code_ = 0;
  link::HandoverMessage hello_;
  std::uint64_t started_ms_ = 0;
  service::Service::Bells bells_;
  std::vector<link::Fd> bell_fds_;
  store::Pairing pairing_;
  std::atomic<std::uint64_t> newest_pairing_{0};
  XdpMaps xdp_maps_;
  std::string control_socket_;  // in place of those of control.listen, if not empty
  std::unique_ptr<ConfHome> conf_home_;
  std::shared_ptr<const config::Config> first_config_;  // until it is applied
  std::weak_ptr<const config::Config> followed_;  // whose items of the main thread are in use
  std::unique_ptr<store::KeeperChannel> keeper_;
  std::unique_ptr<store::Tables> tables_;
  std::unique_ptr<bus::Bus> bus_;
  std::unique_ptr<store::ZoneStore> zones_;
  std::unique_ptr<Reconfigure> reconfigure_;
  std::unique_ptr<service::Service> service_;
  std::unique_ptr<api::Server> server_;
  Dispatch dispatch_;
  std::atomic<bool> loading_{true};
  std::unique_ptr<Waiting> waiting_;
  std::unique_ptr<Parts> parts_;
  std::unique_ptr<Statistics> statistics_;
  std::unique_ptr<store::StoreThread> store_thread_;  // last: it uses the others
};

}  // namespace bowline::control
