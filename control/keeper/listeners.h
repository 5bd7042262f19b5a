// Listeners: the sockets that clients reach, opened with the keeper's privileges and kept by it, so
// that a crash or restart of the dataplane loses neither a port nor what waits in the sockets.
//
// The keeper's thread only.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "control/config/config.h"
#include "control/keeper/privileges.h"
#include "control/keeper/unix_listener.h"
#include "dns/result.h"
#include "link/context.h"
#include "link/outcome.h"

namespace bowline::control::keeper {

struct Listener {
  link::Fd socket;
  std::uint16_t index = 0;  // of the address in server.listen
  link::Transport transport = link::Transport::kUdp;
  std::uint32_t worker = 0;  // that polls it, or link::kEveryWorker
  link::Endpoint endpoint;   // all zero: a UNIX socket
  SocketFile file;           // of a UNIX socket
};

// Who polls the sockets; `first` and `first_stream` are numbers among the dataplane's threads.
struct SocketWorkers {
  unsigned first = 0;
  unsigned count = 1;         // 0: no UDP sockets
  unsigned first_stream = 0;
  unsigned streams = 0;       // with TCP sockets of their own (tcp-reuseport); 0: all share one
  // socket-affinity: CPU of each thread of the dataplane, or link::kNoCore; empty: the kernel
  // spreads packets and connections by a hash of their addresses.
  std::span<const std::int16_t> cpus = {};
};

// Opens for every IP address one UDP socket for each worker, and one TCP socket, or one for each
// stream thread; for a path one UNIX stream socket, which all stream threads share and `owner` may
// connect to. The addresses may come later, or be another machine's that takes over (IP_FREEBIND).
// Clients inherit what is set on a TCP socket: TCP_NODELAY, the bound on what the kernel keeps
// unsent for them; TCP Fast Open (RFC 7413) is on. The error says which address, why, and what to
// do.
dns::Result<std::vector<Listener>> open_listeners(const std::vector<config::Address>& addresses,
                                                  const SocketWorkers& workers,
                                                  const Identity& owner = {});

// Those IP addresses that stand on no interface of this machine.
std::vector<config::Address> missing_addresses(const std::vector<config::Address>& addresses);

// What a failed bind() or listen() means to a person. `error` is the errno.
std::string explain_listen_error(const config::Address& address, bool udp, int error);

link::Endpoint endpoint_of(const config::Address& address);

}  // namespace bowline::control::keeper
