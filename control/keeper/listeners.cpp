#include "control/keeper/listeners.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "control/keeper/steering.h"
#include "link/handover.h"

// The C library's header leaves it to the kernel's, which may not be included beside it.
#ifndef IPV6_FREEBIND
#define IPV6_FREEBIND 78
#endif

namespace bowline::control::keeper {

namespace {

// Room for what comes while a worker is restarted or has no processor: some 40,000 questions, a
// quarter of a second at 150,000 a second. Memory is taken only while they wait.
constexpr int kReceiveBuffer = 16 << 20;
// Connections that wait for accept(); the kernel cuts it to net.core.somaxconn.
constexpr int kTcpBacklog = 4096;
// Clients with data in their first packet that may wait for the end of their handshake: beyond it
// they make an ordinary one, so that spoofed ones cost little (RFC 7413 5.1).
constexpr int kFastOpenQueue = 256;
// Octets that the kernel keeps of what it has not sent yet. Enough to fill a round trip's window
// again before the dataplane wakes; without it a client that does not read costs megabytes.
constexpr int kMaxKernelUnsent = 128 << 10;
// After a kill of the keeper its children need a moment to let go of their sockets.
constexpr int kBusyTries = 20;
constexpr int kBusyWait_ms = 50;

enum class Share : std::uint8_t { kNo, kYes };
// kFree: also where the address is not on this machine yet.
enum class Bind : std::uint8_t { kOwn, kFree };

struct Wanted {
  const config::Address& address;
  bool udp;
  Bind bind = Bind::kFree;
};

void set_option(int socket, int level, int name, int value) {
  (void)::setsockopt(socket, level, name, &value, sizeof value);
}

// Opens and binds one socket. Returns errno through `error`, 0 if all is well.
link::Fd bind_socket(const Wanted& wanted, Share share, int& error) {
  sockaddr_storage storage{};
  const socklen_t length = wanted.address.to_sockaddr(storage);
  const bool udp = wanted.udp;
  const int type = (udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC;
  link::Fd socket(::socket(storage.ss_family, type, 0));
  error = 0;
  if (!socket) {
    error = errno;
    return socket;
  }
  const bool ipv6 = storage.ss_family == AF_INET6;
  if (ipv6) set_option(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
  if (wanted.bind == Bind::kFree) {
    set_option(socket.get(), ipv6 ? IPPROTO_IPV6 : IPPROTO_IP, ipv6 ? IPV6_FREEBIND : IP_FREEBIND,
               1);
  }
  if (share == Share::kYes) set_option(socket.get(), SOL_SOCKET, SO_REUSEPORT, 1);
  if (udp) {
    const int size = kReceiveBuffer;
    if (::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0) {
      set_option(socket.get(), SOL_SOCKET, SO_RCVBUF, size);
    }
  } else {
    set_option(socket.get(), SOL_SOCKET, SO_REUSEADDR, 1);
    set_option(socket.get(), IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(socket.get(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, kMaxKernelUnsent);
    // In force where net.ipv4.tcp_fastopen has 2 (servers).
    set_option(socket.get(), IPPROTO_TCP, TCP_FASTOPEN, kFastOpenQueue);
  }
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&storage), length) != 0 ||
      (!udp && ::listen(socket.get(), kTcpBacklog) != 0)) {
    error = errno;
    socket.reset();
  }
  return socket;
}

// The same, with patience for a port that is just being given up.
link::Fd bind_patiently(const Wanted& wanted, int& error) {
  for (int attempt = 0;; ++attempt) {
    link::Fd socket = bind_socket(wanted, Share::kNo, error);
    if (error != EADDRINUSE || attempt == kBusyTries) return socket;
    (void)::poll(nullptr, 0, kBusyWait_ms);
  }
}

// Threads that share an address.
struct Group {
  unsigned first;
  unsigned count;
  std::span<const std::int16_t> cpus;  // of all threads, or empty
};

// SO_REUSEPORT would let us share the port with another server that sets it too; a socket without
// it finds out.
int open_shared(const Wanted& wanted, std::uint16_t index, const Group& group,
                std::vector<Listener>& into) {
  int error = 0;
  if (group.count != 0) bind_patiently(wanted, error);
  for (unsigned i = 0; error == 0 && i < group.count; ++i) {
    link::Fd socket = bind_socket(wanted, Share::kYes, error);
    into.push_back({std::move(socket), index,
                    wanted.udp ? link::Transport::kUdp : link::Transport::kTcp, group.first + i,
                    endpoint_of(wanted.address), {}});
  }
  if (error != 0 || group.count < 2 || group.cpus.empty()) return error;
  return attach_steering(into.back().socket.get(), group.cpus.subspan(group.first, group.count));
}

dns::Result<void> open_path(const config::Address& address, std::uint16_t index,
                            const Identity& owner, std::vector<Listener>& into) {
  auto opened = open_unix_listener(address.path, owner);
  if (!opened) return dns::Error{opened.error()};
  into.push_back({std::move(opened->socket), index, link::Transport::kTcp, link::kEveryWorker,
                  {}, std::move(opened->file)});
  return {};
}

dns::Result<void> open_address(const config::Address& address, std::uint16_t index,
                               const SocketWorkers& workers, std::vector<Listener>& into) {
  const Wanted udp{address, true};
  const Wanted tcp{address, false};
  int error = open_shared(udp, index, {workers.first, workers.count, workers.cpus}, into);
  if (error != 0) return dns::Error{explain_listen_error(address, true, error)};
  if (workers.streams != 0) {
    error = open_shared(tcp, index, {workers.first_stream, workers.streams, workers.cpus}, into);
    if (error != 0) return dns::Error{explain_listen_error(address, false, error)};
    return {};
  }
  link::Fd socket = bind_patiently(tcp, error);
  if (error != 0) return dns::Error{explain_listen_error(address, false, error)};
  into.push_back({std::move(socket), index, link::Transport::kTcp, link::kEveryWorker,
                  endpoint_of(address), {}});
  return {};
}

}  // namespace

std::string explain_listen_error(const config::Address& address, bool udp, int error) {
  const char* transport = udp ? "udp" : "tcp";
  switch (error) {
    case EADDRINUSE:
      return fmt::format(
          "cannot listen on {} {}: address in use: another server runs there; stop it or change "
          "server.listen",
          address.to_text(), transport);
    case EACCES:
    case EPERM:
      return fmt::format(
          "cannot listen on {} {}: permission denied: ports below 1024 need root or "
          "CAP_NET_BIND_SERVICE; start bowlined as root or use a higher port in server.listen",
          address.to_text(), transport);
    case EADDRNOTAVAIL:
      return fmt::format(
          "cannot listen on {} {}: no such address on this machine: add it to an interface or "
          "change server.listen",
          address.to_text(), transport);
    case EAFNOSUPPORT:
      return fmt::format(
          "cannot listen on {} {}: the kernel has no {}: enable it or change server.listen",
          address.to_text(), transport,
          address.family == config::Address::Family::kIpv6 ? "IPv6" : "IPv4");
    case EMFILE:
    case ENFILE:
      return fmt::format(
          "cannot listen on {} {}: too many open files: raise the limit (ulimit -n, LimitNOFILE=)",
          address.to_text(), transport);
    default:
      return fmt::format("cannot listen on {} {}: {}: check server.listen", address.to_text(),
                         transport, std::strerror(error));
  }
}

link::Endpoint endpoint_of(const config::Address& address) {
  link::Endpoint endpoint;
  endpoint.port = address.port;
  if (address.family == config::Address::Family::kIpv6) {
    endpoint.address = address.bytes;
  } else {
    endpoint.address[10] = endpoint.address[11] = 0xff;
    std::memcpy(&endpoint.address[12], address.bytes.data(), 4);
  }
  return endpoint;
}

// A socket that may not be bound where it wants to be finds out.
std::vector<config::Address> missing_addresses(const std::vector<config::Address>& addresses) {
  std::vector<config::Address> missing;
  for (config::Address address : addresses) {
    if (!address.is_ip()) continue;
    address.port = 0;  // any that is free
    int error = 0;
    bind_socket({address, true, Bind::kOwn}, Share::kNo, error);
    if (error == EADDRNOTAVAIL) missing.push_back(address);
  }
  return missing;
}

dns::Result<std::vector<Listener>> open_listeners(const std::vector<config::Address>& addresses,
                                                  const SocketWorkers& workers,
                                                  const Identity& owner) {
  std::vector<Listener> listeners;
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const auto index = static_cast<std::uint16_t>(i);
    auto opened = addresses[i].is_ip() ? open_address(addresses[i], index, workers, listeners)
                                       : open_path(addresses[i], index, owner, listeners);
    if (!opened) return dns::Error{opened.error()};
  }
  return listeners;
}

}  // namespace bowline::control::keeper
