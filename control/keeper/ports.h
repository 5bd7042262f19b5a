// Ports: all that the dataplane is given to serve besides sockets: interfaces with XDP and devices
// of DPDK with their exception ports; and the plan of its threads, which follows from them.
//
// Opened once, kept as long as the keeper runs, handed to each dataplane and control that it
// starts. The keeper's thread only.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "control/config/config.h"
#include "control/keeper/child.h"
#include "control/keeper/netlink.h"
#include "control/keeper/tap.h"
#include "control/keeper/thread_plan.h"
#include "control/keeper/xdp_port.h"
#include "dns/result.h"
#include "link/context.h"

namespace bowline::control::keeper {

class Ports {
 public:
  Ports(const config::Server& server, const config::Dataplane& dataplane, const config::Xdp& xdp);

  // Finds out what there is, and plans the threads. Changes nothing in the system.
  dns::Result<void> plan();
  // REQUIRES: plan() succeeded.
  const ThreadPlan& threads() const { return threads_; }
  // Opens everything; needs privileges. The error is one line that says what to do.
  // REQUIRES: plan() succeeded.
  dns::Result<void> open();

  // Whether all would be the same with other settings.
  bool same_with(const config::Dataplane& dataplane, const config::Xdp& xdp) const;

  bool has_devices() const { return !dataplane_.devices.empty(); }

  // Sends all ports, their descriptors and listeners to a dataplane that was just started.
  void send_to_dataplane(Child& dataplane) const;
  // Sends the maps of the XDP programs to a control that was just started.
  void send_to_control(Child& control) const;

  // When the last dataplane is gone: takes from the interfaces what it could not take off itself.
  // REQUIRES: its devices were open once.
  void close_devices() const;

  // Readable when an address or VLAN came or went; -1: nobody wants to know.
  int network_fd() const { return watch_ ? watch_->fd() : -1; }
  // Tells the XDP programs what changed.
  void follow_network();

 private:
  dns::Result<void> open_interfaces();
  dns::Result<void> open_devices();
  void follow_addresses();
  void follow_vlans();
  // Warns of the first error.
  bool told(const dns::Result<void>& outcome);
  void send_listeners(Child& dataplane) const;

  const config::Xdp xdp_;  // nothing to listen on unless it is in use
  const config::Dataplane dataplane_;  // the same
  const std::vector<config::Address> listen_;
  std::vector<XdpInterface> interfaces_;
  const unsigned socket_workers_;  // as configured
  const unsigned streams_;         // the same
  const bool affinity_;            // server.socket-affinity
  const bool reuseport_;           // server.tcp-reuseport
  ThreadPlan threads_;
  std::optional<SharedMaps> maps_;
  std::vector<XdpPort> xdp_ports_;  // port number: the index
  std::vector<Tap> taps_;           // of the device of the same index, whose port comes after those
  std::optional<NetworkWatch> watch_;
  std::set<MappedAddress> told_addresses_;  // that are in maps_
  std::map<std::uint32_t, Vlan> told_vlans_;  // the same
  bool warned_ = false;  // that an address or VLAN does not fit, once
};

// Any address of IPv4, or of IPv6, and a UDP port.
link::Endpoint any_address(bool ipv6, std::uint16_t port);

}  // namespace bowline::control::keeper
