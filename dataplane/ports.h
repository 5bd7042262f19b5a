// Ports: the network ports whose frames this process polls, from what the keeper says of them to
// the threads that serve them, and their numbers on display.
//
//   keeper says     what happens
//   XDP queue       kept; one worker polls it
//   DPDK device     kept; opened at go, and one worker for each queue polls it
//   port listener   kept; added to the listeners of its port
//
// Belongs to Process. Main thread; the tasks run in theirs.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/dpdk_ports.h"
#include "dataplane/io/frame_listener.h"
#include "dataplane/io/xdp_memory.h"
#include "dataplane/pairing.h"
#include "dns/result.h"
#include "link/handover.h"

namespace bowline::dataplane {

class Ports {
 public:
  // `dpdk` may be null, if there are no devices to open, and outlives this.
  explicit Ports(DpdkPorts* dpdk);
  ~Ports();
  Ports(const Ports&) = delete;
  Ports& operator=(const Ports&) = delete;

  // Keeps what the keeper says of a port. REQUIRES: of type kXdpQueue, kDpdkDevice or
  // kPortListener; before open().
  dns::Result<void> take(link::Received& received);

  // Opens the devices and gives up privileges, as `hello` wants it, and checks what was taken. All
  // errors are one line. True: there are devices, of which the keeper wants to hear.
  dns::Result<bool> open(const link::HandoverMessage& hello);

  // Whether a worker polls frames, and the thread that it is then. REQUIRES: open() succeeded; for
  // prepare_worker(): board.wanted() is not null.
  bool serves(unsigned worker) const;
  dns::Result<ThreadTask> prepare_worker(unsigned worker, PairingBoard& board, int doorbell,
                                         bool poll_busy);

  // Stores the numbers of all ports, at least once a second; in an exchange that is new to it
  // (`pairing`), it puts the ports on display first. REQUIRES: open() succeeded.
  void show(link::Exchange& exchange, std::uint64_t pairing);

 private:
  struct Listening {
    unsigned port;
    FrameListener listener;
  };
  struct XdpWorker;
  // A queue, and its worker once there is one.
  struct Queue {
    XdpQueue queue;
    std::shared_ptr<XdpWorker> worker;
  };
  struct Range {
    unsigned begin, end;  // workers
  };

  dns::Result<std::vector<FrameListener>> listeners_of(const link::HandoverMessage& port) const;
  dns::Result<void> check_workers(unsigned workers) const;
  Queue* find_queue(unsigned worker);
  void show_link(link::PortStatus& status, const std::string& interface) const;

  DpdkPorts* const dpdk_;
  std::vector<Queue> queues_;
  std::vector<DpdkPorts::Order> orders_;  // until open()
  std::vector<Range> device_workers_;
  std::vector<Listening> listeners_;
  link::Fd interfaces_;      // a socket to ask for the state of interfaces
  std::uint64_t shown_ = 0;  // pairing whose exchange has the ports on display
};

}  // namespace bowline::dataplane
