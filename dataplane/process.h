// Process: the main thread of bowline-dataplane. It listens to the keeper, maps what control makes,
// starts the serving threads and moves them from one pairing to the next.
//
//   keeper says                   what happens
//   hello, doorbells, listeners   kept until the threads start
//   ports                         kept (ports.h); devices are opened at go, before anything else
//   exchange                      mapped; the threads move to it, the one before is unmapped
//   chunk                         mapped and acknowledged in the exchange
//   go                            the threads start as soon as there are tables with a root
//   unpaired                      asks are refused; answers go on from the tables
//   stop, or it is gone           all threads end
//
// The newest generation of tables that has a root is served. Older ones are unmapped when no thread
// uses them any more, which the keeper is told (settled).
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "dataplane/dpdk_ports.h"
#include "dataplane/io/sockets.h"
#include "dataplane/pairing.h"
#include "dataplane/ports.h"
#include "dataplane/stream/tcp.h"
#include "dataplane/tables.h"
#include "dns/result.h"
#include "link/handover.h"

namespace bowline::dataplane {

class Process {
 public:
  // `channel` is the handover socket, `dpdk` opens devices (null: there can be none); both stay the
  // caller's.
  explicit Process(int channel, DpdkPorts* dpdk = nullptr) : channel_(channel), ports_(dpdk) {}
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Serves until the keeper says stop or is gone. The error is one line that says what failed; the
  // keeper has been sent it, and logs it.
  dns::Result<void> run();

 private:
  struct Listening {
    link::HandoverMessage announcement;
    link::Fd socket;
  };
  struct Mapped {
    link::ExchangeMapping mapping;
    std::uint64_t number = 0;
    std::uint64_t generation = 0;  // of its control
    bool control_lives = false;
  };

  dns::Result<void> serve();
  void wait() const;
  dns::Result<void> handle(link::Received& received);
  dns::Result<void> greet(const link::HandoverMessage& hello);
  dns::Result<void> take_exchange(const link::Received& received);
  dns::Result<void> take_chunk(const link::Received& received);
  dns::Result<void> take_listener(link::Received& received);
  void take_doorbell(link::Received& received);
  void forget_generation(std::uint64_t generation);

  dns::Result<void> update();
  dns::Result<void> open_ports();
  void want_newest();
  void settle();
  void report_corrupt();
  void send(link::HandoverType type, std::uint64_t generation = 0, std::uint64_t pairing = 0,
            std::string_view text = {});

  dns::Result<void> start_threads();
  dns::Result<ThreadTask> prepare_worker(unsigned worker);
  dns::Result<ThreadTask> prepare_socket_worker(unsigned worker);
  dns::Result<ThreadTask> prepare_stream(unsigned stream);
  std::vector<SocketsIo::Listener> udp_listeners(unsigned worker) const;
  std::vector<TcpListener> tcp_listeners(unsigned stream) const;
  void stop_threads();
  void ring_doorbells();

  const int channel_;
  link::HandoverMessage hello_;
  bool greeted_ = false;
  bool go_ = false;
  bool ports_open_ = false;
  bool stop_ = false;
  std::vector<Listening> listeners_;
  std::array<link::Fd, link::kMaxThreads> doorbells_;
  std::vector<link::Fd> service_bells_;  // the last is the one in use
  Tables tables_;
  std::deque<Mapped> exchanges_;         // the last is the one in use
  link::EpochSlots own_slots_{};         // for tables whose control is gone: nobody frees them
  std::deque<std::unique_ptr<const Pairing>> pairings_;  // the last is wanted
  std::uint64_t serving_ = 0;            // generation of the wanted pairing
  std::uint64_t settled_ = 0;            // that the keeper was told
  std::uint64_t reported_corrupt_ = 0;
  PairingBoard board_;
  Ports ports_;
  TcpClients clients_;
  std::vector<std::thread> threads_;
};

}  // namespace bowline::dataplane
