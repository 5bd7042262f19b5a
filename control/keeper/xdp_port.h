// XdpPort: an interface served by AF_XDP: the program attached to it, and one socket for each queue
// with the memory of its frames.
//
// The keeper's thread only, with privileges. All of it lasts as long as the object: a dataplane
// gets copies of the descriptors and carries on where the one before it was killed.
//
// The memory of a queue is a memfd of fixed size: `frames` frames, then one octet a frame, its
// state: 0 in a ring or with the kernel, 1 held by the dataplane. At first the kernel has the
// frames 0 to ring_size - 1 in its fill ring and the dataplane has the others.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "control/config/config.h"
#include "control/keeper/xdp_interface.h"
#include "control/keeper/xdp_program.h"
#include "dns/result.h"
#include "link/handover.h"

namespace bowline::control::keeper {

// Frames of a socket besides those that fill one ring to receive and one to send: bursts that the
// worker holds while both are full.
inline constexpr std::uint32_t kXdpReserve = 256;

// An AF_XDP socket and its memory; defined in the source, which alone sees libxdp.
struct XdpQueue;

class XdpPort {
 public:
  // Loads and attaches the program, opens all sockets and steers the queues to them. `number` is
  // that of the port. Warnings go to the log; the error is one line that says what to do.
  static dns::Result<XdpPort> open(const XdpInterface& interface, std::uint16_t number,
                                   const config::Xdp& settings, const SharedMaps& maps);
  XdpPort(XdpPort&&) noexcept;
  XdpPort& operator=(XdpPort&&) = delete;
  ~XdpPort();

  const XdpInterface& interface() const { return interface_; }
  // What is announced of one queue. REQUIRES: queue < interface().queues.
  link::PortFields fields(unsigned queue) const;
  int socket(unsigned queue) const;
  int memory(unsigned queue) const;
  int counters() const { return program_.counters(); }
  // For the log: interface, mode, queues, ring, MTU.
  std::string describe() const;

 private:
  XdpPort(XdpInterface interface, XdpProgram program);

  dns::Result<void> open_queues(const config::Xdp& settings);

  XdpInterface interface_;
  std::uint16_t number_ = 0;
  std::uint32_t ring_size_ = 0;
  std::uint32_t frame_size_ = 0;
  link::PortMode mode_ = link::PortMode::kUnknown;
  std::vector<std::unique_ptr<XdpQueue>> queues_;
  XdpProgram program_;  // goes first: frames then pass to the kernel
};

}  // namespace bowline::control::keeper
