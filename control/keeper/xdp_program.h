// XDP program: loads the program of ebpf/ into the kernel, one instance for each interface, fills
// its maps and keeps it attached for as long as the object lives.
//
// The keeper's thread only, with its privileges (CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON or root).
// Nothing is pinned: when the descriptors close, the program is gone from the interface.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "dns/result.h"
#include "ebpf/steer.h"
#include "link/outcome.h"
#include "link/ports.h"

namespace bowline::control::keeper {

// Octets of the longest frame that a frame of the socket holds if it has 2048: the kernel keeps
// XDP_PACKET_HEADROOM (256) before it.
inline constexpr unsigned kLongestFrame = 2048 - 256;

// What the program of one interface does; fixed when it is loaded.
struct Steering {
  std::vector<std::uint16_t> ports;  // UDP destination ports; at most STEER_MAX_PORTS
  bool udp = true;                   // false: all frames pass to the kernel
  bool route_check = false;
  // Longer ones pass to the kernel, for the socket would lose them.
  unsigned longest_frame = kLongestFrame;
};

// The maps that the programs of all interfaces use together.
class SharedMaps {
 public:
  static dns::Result<SharedMaps> create();

  // The descriptor of the LPM map of dropped source prefixes (ebpf/maps.h), owned by this object.
  int drop_list() const { return drop_list_.get(); }

  // Says whether an address is one of this machine. IPv4 as ::ffff:a.b.c.d. Saying it again is no
  // error.
  dns::Result<void> set_address(const std::array<std::uint8_t, 16>& mapped, bool present);

  // Says that the interface of index `vlan_interface` is the VLAN of `tci` (802.1Q) on `lower`.
  dns::Result<void> set_vlan(std::uint32_t vlan_interface, std::uint32_t lower,
                             std::uint16_t tci);
  // No error if it was not there.
  dns::Result<void> remove_vlan(std::uint32_t vlan_interface);

 private:
  friend class XdpProgram;
  SharedMaps() = default;

  link::Fd addresses_;
  link::Fd vlans_;
  link::Fd drop_list_;
};

enum class AttachMode : std::uint8_t {
  kBest,     // in the driver, else generic
  kGeneric,  // in the kernel's stack, which works on every interface and is slower
};

// One loaded program. Movable; the destructor detaches it.
class XdpProgram {
 public:
  // Loads the program with an XSKMAP of `queues` entries and the shared maps, which may end before
  // the program does.
  static dns::Result<XdpProgram> load(const Steering& steering, unsigned queues,
                                      const SharedMaps& maps);

  // Attaches it to the interface of index `interface`; `name` is for the error, which says what to
  // do. Returns kNativeCopy or kGenericCopy.
  // REQUIRES: !attached().
  dns::Result<link::PortMode> attach(unsigned interface, const std::string& name,
                                     AttachMode mode = AttachMode::kBest);
  bool attached() const { return static_cast<bool>(link_); }
  // Why attach() had to be content with generic mode: one line for the log; else empty.
  const std::string& native_refusal() const { return native_refusal_; }

  // Makes `socket`, a bound AF_XDP socket, the one that frames of `queue` are steered to. Until
  // then they pass to the kernel.
  dns::Result<void> set_socket(unsigned queue, int socket);

  // The descriptor of the counters (ebpf/maps.h), owned by this object.
  int counters() const { return counters_.get(); }
  // The descriptor of the program itself, for BPF_PROG_TEST_RUN; owned by this object.
  int program() const { return program_.get(); }

 private:
  XdpProgram() = default;

  link::Fd program_;
  link::Fd sockets_;
  link::Fd counters_;
  link::Fd link_;
  std::string native_refusal_;
};

}  // namespace bowline::control::keeper
