// Parts: what the commands use of the process, and the rooms that they are in.
//
// Made by the main thread before the server takes requests; everything named here outlives it.
// Each room adds its commands to the dispatch; the functions run on the main thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "control/main/dispatch.h"
#include "control/main/reconfigure.h"
#include "control/main/waiting.h"
#include "control/main/xdp_maps.h"
#include "control/service/service.h"
#include "control/store/keeper_channel.h"
#include "control/store/pairing.h"
#include "control/store/store_thread.h"
#include "control/store/tables.h"
#include "control/store/zone_store.h"
#include "link/handover.h"

namespace bowline::control {

struct Parts {
  const link::HandoverMessage& hello;
  const store::Pairing& pairing;
  const std::atomic<std::uint64_t>& newest_pairing;
  const std::atomic<bool>& loading;  // the first load is not done yet
  std::uint64_t started_ms;          // of the monotonic clock
  store::KeeperChannel& keeper;
  store::Tables& tables;
  store::ZoneStore& zones;
  store::StoreThread& store_thread;
  service::Service& service;
  XdpMaps& xdp_maps;
  Waiting& waiting;
  std::function<std::size_t()> clients;  // of the control sockets

  // Reads the configuration anew and makes it the one that counts; on the store's thread. `checked`
  // is called in between, unless the configuration is refused.
  std::function<Report(const std::function<void()>& checked)> reload;

  // Items whose value waits for a restart of bowlined.
  std::function<std::vector<std::string>()> awaiting_restart = [] {
    return std::vector<std::string>();
  };
};

void add_server_verbs(Dispatch& dispatch, const Parts& parts);
void add_drop_verbs(Dispatch& dispatch, const Parts& parts);
void add_zone_verbs(Dispatch& dispatch, const Parts& parts);
void add_stats_verbs(Dispatch& dispatch, const Parts& parts);

}  // namespace bowline::control
