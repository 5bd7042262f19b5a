// SocketsIo: UDP sockets of the kernel as a port for DNS messages.
//
// The sockets come bound from the keeper, one for each worker and listener (SO_REUSEPORT); they
// outlive this process. A reply leaves from the address that the request was sent to: on a socket
// bound to all addresses that is taken from each packet (IP_PKTINFO, IPV6_PKTINFO). One thread.
#pragma once

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "answer/query.h"
#include "dataplane/io/packet_io.h"
#include "link/counters.h"
#include "link/outcome.h"

namespace bowline::dataplane {

class SocketsIo {
 public:
  static constexpr bool kFrames = false;
  static constexpr unsigned kPatience = 40;  // of 120 ns: what a wake-up takes
  // Larger requests are dropped, larger replies truncated: the size that RFC 6891 6.2.5 starts
  // with.
  static constexpr std::size_t kBufferSize = 4096;

  struct Listener {
    link::Fd socket;         // bound, non-blocking
    std::uint16_t index = 0;  // the keeper's number for it
    link::Role role = link::Role::kAuthoritative;
  };

  // `doorbell` is the thread's eventfd. `counters` gets what is dropped here.
  SocketsIo(std::vector<Listener> listeners, int doorbell, link::Counters& counters);
  ~SocketsIo();
  SocketsIo(const SocketsIo&) = delete;
  SocketsIo& operator=(const SocketsIo&) = delete;

  // PacketIo.
  std::span<Packet> receive();
  void send(Packet& packet);
  void drop(Packet&) {}
  void flush();
  bool describe(const Packet& received, link::ClientContext& context) const;
  void answer_to(const link::ClientContext& client, dns::Bytes message);
  void wait(int timeout_ms);

 private:
  static constexpr std::size_t kControlSize = 64;  // room for one IPV6_PKTINFO: 40 octets
  // So few sockets are read without asking first which of them have something: to be told costs as
  // much as one read that finds nothing.
  static constexpr std::size_t kReadUnasked = 2;

  struct Socket {
    Listener listener;
    link::Endpoint local;  // as bound
    bool ipv6 = false;
    bool any = false;      // bound to all addresses
  };
  // All that belongs to one received datagram.
  struct Slot {
    sockaddr_storage peer;
    alignas(cmsghdr) std::array<std::uint8_t, kControlSize> control;
    iovec vector;
    std::uint32_t socket;
  };
  struct Buffer {
    std::uint8_t octets[kBufferSize];
  };

  static void prepare(Socket& socket);
  void prepare_slot(std::size_t slot);
  bool look(int timeout_ms);
  void receive_from(std::uint32_t socket);
  bool accept_datagram(std::size_t slot);
  bool find_local(std::size_t slot, link::Endpoint& local) const;
  void send_run(int fd, std::size_t first, std::size_t end);

  std::vector<Socket> sockets_;
  const int doorbell_;
  link::Counters& counters_;
  std::vector<pollfd> watched_;  // the sockets, then the doorbell
  std::size_t next_socket_ = 0;  // that receive() starts with, so that none starves
  std::size_t received_ = 0;     // slots in use
  std::size_t packet_count_ = 0;
  std::size_t send_count_ = 0;
  std::array<mmsghdr, answer::kBurst> receive_headers_;
  std::array<mmsghdr, answer::kBurst> send_headers_;
  std::array<std::uint32_t, answer::kBurst> send_sockets_;  // of send_headers_[i]
  std::array<Slot, answer::kBurst> slots_;
  std::array<Packet, answer::kBurst> packets_;
  std::unique_ptr<Buffer[]> buffers_;
};

static_assert(PacketIo<SocketsIo>);

}  // namespace bowline::dataplane
