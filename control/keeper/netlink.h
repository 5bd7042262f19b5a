// Netlink: what the kernel says of this network namespace: the addresses that are ours, and which
// interface is a VLAN of which other one.
//
// Parsing is a function of octets alone. The keeper's thread only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "dns/result.h"
#include "link/outcome.h"

namespace bowline::control::keeper {

using MappedAddress = std::array<std::uint8_t, 16>;  // IPv4 as ::ffff:a.b.c.d

// How frames of a VLAN interface look on the one below it.
struct Vlan {
  std::uint32_t lower = 0;     // index of the interface that it is on
  std::uint16_t id = 0;        // 0 to 4095
  std::uint16_t protocol = 0;  // EtherType of the tag, host order: 0x8100 or 0x88a8

  bool operator==(const Vlan&) const = default;
};

struct NetworkEvent {
  enum class Kind : std::uint8_t { kAddress, kAddressGone, kVlan, kInterfaceGone };

  Kind kind = Kind::kAddress;
  std::uint32_t interface = 0;
  MappedAddress address{};  // kAddress, kAddressGone
  Vlan vlan;                // kVlan

  bool operator==(const NetworkEvent&) const = default;
};

// What one datagram of the kernel said.
struct NetlinkBatch {
  std::vector<NetworkEvent> events;
  bool done = false;      // the end of a dump
  bool complete = true;   // false: octets were malformed or missing, or the dump is inconsistent
  int error = 0;          // errno, if the kernel refused the request
};

// Reads all messages of a datagram. Of addresses that are not to be served (loopback's own, not yet
// or never confirmed to be unique) it says that they are gone.
NetlinkBatch parse_netlink(std::span<const std::byte> datagram);

// The state that events add up to.
class Network {
 public:
  void apply(const NetworkEvent& event);

  // An address may stand on several interfaces.
  std::set<MappedAddress> addresses() const;
  const std::map<std::uint32_t, Vlan>& vlans() const { return vlans_; }

 private:
  std::set<std::pair<std::uint32_t, MappedAddress>> addresses_;
  std::map<std::uint32_t, Vlan> vlans_;
};

// Follows the kernel. open() takes stock; fd() is readable when something changed.
class NetworkWatch {
 public:
  static dns::Result<NetworkWatch> open();

  int fd() const { return events_.get(); }
  const Network& network() const { return network_; }

  // Takes what is there without blocking, and takes stock again if news was lost. After an error
  // the state may lack some of it.
  dns::Result<void> update();

 private:
  NetworkWatch() = default;

  dns::Result<void> take_stock();

  link::Fd events_;
  Network network_;
};

}  // namespace bowline::control::keeper
