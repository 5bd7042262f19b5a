#include "dataplane/io/sockets.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "dataplane/io/sockaddr.h"
#include "link/wakeup.h"

namespace bowline::dataplane {

using link::Counter;

namespace {

void set_option(int fd, int level, int name, int value) {
  (void)::setsockopt(fd, level, name, &value, sizeof value);
}

// RFC 3542 6.2: only link-local addresses need the interface; otherwise routing finds the way.
bool is_link_local(const std::uint8_t* address) {
  return address[0] == 0xfe && (address[1] & 0xc0) == 0x80;
}

template <typename Info>
void put_control(msghdr& header, int level, int type, const Info& info) {
  cmsghdr* const control = CMSG_FIRSTHDR(&header);
  control->cmsg_level = level;
  control->cmsg_type = type;
  control->cmsg_len = CMSG_LEN(sizeof info);
  std::memcpy(CMSG_DATA(control), &info, sizeof info);
  header.msg_controllen = CMSG_SPACE(sizeof info);
}

// Has the kernel send from `local`. REQUIRES: header.msg_control has room.
void put_source(msghdr& header, const link::Endpoint& local) {
  if (local.is_ipv4()) {
    in_pktinfo info{};
    std::memcpy(&info.ipi_spec_dst, &local.address[12], 4);
    return put_control(header, IPPROTO_IP, IP_PKTINFO, info);
  }
  in6_pktinfo info{};
  std::memcpy(&info.ipi6_addr, local.address.data(), 16);
  if (is_link_local(local.address.data())) info.ipi6_ifindex = local.scope;
  put_control(header, IPPROTO_IPV6, IPV6_PKTINFO, info);
}

}  // namespace

SocketsIo::SocketsIo(std::vector<Listener> listeners, int doorbell, link::Counters& counters)
    : doorbell_(doorbell),
      counters_(counters),
      buffers_(std::make_unique<Buffer[]>(answer::kBurst)) {
  for (Listener& listener : listeners) {
    Socket& socket = sockets_.emplace_back();
    socket.listener = std::move(listener);
    prepare(socket);
    watched_.push_back({socket.listener.socket.get(), POLLIN, 0});
  }
  watched_.push_back({doorbell_, POLLIN, 0});
  receive_headers_ = {};
  send_headers_ = {};
  for (std::size_t i = 0; i < answer::kBurst; ++i) prepare_slot(i);
}

SocketsIo::~SocketsIo() = default;

// RFC 9715 3.2 (hardening 21): path MTUs that anybody can forge in an ICMP message are not
// believed.
void SocketsIo::prepare(Socket& socket) {
  const int fd = socket.listener.socket.get();
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  (void)::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size);
  socket.ipv6 = bound.ss_family == AF_INET6;
  socket.local = to_endpoint(bound);
  const std::size_t first = socket.ipv6 ? 0 : 12;
  socket.any = std::all_of(socket.local.address.begin() + first, socket.local.address.end(),
                           [](std::uint8_t octet) { return octet == 0; });
  if (socket.ipv6) {
    set_option(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_OMIT);
    if (socket.any) set_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
  } else {
    set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT);
    if (socket.any) set_option(fd, IPPROTO_IP, IP_PKTINFO, 1);
  }
}

// Brings a slot back to what the kernel is to find. What it never changes is written once.
void SocketsIo::prepare_slot(std::size_t index) {
  Slot& slot = slots_[index];
  slot.vector = {buffers_[index].octets, kBufferSize};
  msghdr& header = receive_headers_[index].msg_hdr;
  header.msg_name = &slot.peer;
  header.msg_namelen = sizeof slot.peer;
  header.msg_iov = &slot.vector;
  header.msg_iovlen = 1;
  header.msg_control = slot.control.data();
  header.msg_controllen = slot.control.size();
}

std::span<Packet> SocketsIo::receive() {
  for (std::size_t i = 0; i < received_; ++i) prepare_slot(i);
  received_ = packet_count_ = send_count_ = 0;
  const bool all = sockets_.size() <= kReadUnasked;
  if (!all && !look(0)) return {};
  for (std::size_t i = 0; i < sockets_.size() && received_ < answer::kBurst; ++i) {
    const std::size_t socket = (next_socket_ + i) % sockets_.size();
    if (all || watched_[socket].revents != 0) receive_from(static_cast<std::uint32_t>(socket));
  }
  if (++next_socket_ >= sockets_.size()) next_socket_ = 0;
  return {packets_.data(), packet_count_};
}

void SocketsIo::receive_from(std::uint32_t socket) {
  const std::size_t room = answer::kBurst - received_;
  const int count = ::recvmmsg(sockets_[socket].listener.socket.get(),
                               &receive_headers_[received_], static_cast<unsigned>(room),
                               MSG_DONTWAIT, nullptr);
  for (int i = 0; i < count; ++i) {
    const std::size_t slot = received_++;
    slots_[slot].socket = socket;
    if (!accept_datagram(slot)) continue;
    Packet& packet = packets_[packet_count_++];
    packet.data = buffers_[slot].octets;
    packet.size = receive_headers_[slot].msg_len;
    packet.capacity = kBufferSize;
    packet.slot = static_cast<std::uint32_t>(slot);
    packet.datagram.ipv6 = sockets_[socket].ipv6;
  }
}

// Hardening 40: nobody can be answered at port 0, and from our own listener only we would speak.
bool SocketsIo::accept_datagram(std::size_t slot) {
  const Socket& socket = sockets_[slots_[slot].socket];
  if ((receive_headers_[slot].msg_hdr.msg_flags & MSG_TRUNC) != 0) {
    counters_.add(Counter::drop_bad_length);
    return false;
  }
  // The port stands at the same place for both families.
  const std::uint16_t port =
      ntohs(reinterpret_cast<const sockaddr_in&>(slots_[slot].peer).sin_port);
  if (port == 0) {
    counters_.add(Counter::drop_source_port_zero);
    return false;
  }
  if (port != socket.local.port) return true;
  link::Endpoint local;
  if (find_local(slot, local) && to_endpoint(slots_[slot].peer).address == local.address) {
    counters_.add(Counter::drop_bad_source);
    return false;
  }
  return true;
}

// The address that the datagram was sent to.
bool SocketsIo::find_local(std::size_t slot, link::Endpoint& local) const {
  const Socket& socket = sockets_[slots_[slot].socket];
  local = socket.local;
  if (!socket.any) return true;
  const msghdr& header = receive_headers_[slot].msg_hdr;
  for (cmsghdr* control = CMSG_FIRSTHDR(&header); control != nullptr;
       control = CMSG_NXTHDR(const_cast<msghdr*>(&header), control)) {
    if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO) {
      in_pktinfo info;
      std::memcpy(&info, CMSG_DATA(control), sizeof info);
      store_ipv4(&info.ipi_spec_dst, local);
      return true;
    }
    if (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info;
      std::memcpy(&info, CMSG_DATA(control), sizeof info);
      std::memcpy(local.address.data(), &info.ipi6_addr, 16);
      local.scope = info.ipi6_ifindex;
      return true;
    }
  }
  return false;
}

void SocketsIo::send(Packet& packet) {
  Slot& slot = slots_[packet.slot];
  slot.vector = {packet.data, packet.size};
  send_sockets_[send_count_] = slot.socket;
  msghdr& header = send_headers_[send_count_++].msg_hdr;
  header = receive_headers_[packet.slot].msg_hdr;
  header.msg_flags = 0;
  if (!sockets_[slot.socket].any) return;
  link::Endpoint local;
  header.msg_control = slot.control.data();
  header.msg_controllen = slot.control.size();
  if (find_local(packet.slot, local)) {
    put_source(header, local);
  } else {
    header.msg_controllen = 0;
  }
}

void SocketsIo::flush() {
  for (std::size_t first = 0; first < send_count_;) {
    std::size_t end = first + 1;
    while (end < send_count_ && send_sockets_[end] == send_sockets_[first]) ++end;
    send_run(sockets_[send_sockets_[first]].listener.socket.get(), first, end);
    first = end;
  }
  send_count_ = 0;
}

// Sends replies of one socket. What the kernel has no room for is lost, as on any network; a client
// that cannot be reached costs the others nothing.
void SocketsIo::send_run(int fd, std::size_t first, std::size_t end) {
  while (first < end) {
    const int sent = ::sendmmsg(fd, &send_headers_[first], static_cast<unsigned>(end - first),
                                MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) {
      first += static_cast<std::size_t>(sent);
    } else if (errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM) {
      counters_.add(Counter::send_failed, end - first);
      return;
    } else if (errno != EINTR) {
      counters_.add(Counter::send_failed);
      ++first;
    }
  }
}

bool SocketsIo::describe(const Packet& received, link::ClientContext& context) const {
  const Slot& slot = slots_[received.slot];
  const Socket& socket = sockets_[slot.socket];
  context.listener = socket.listener.index;
  context.role = socket.listener.role;
  context.packet_peer = context.peer = to_endpoint(slot.peer);
  return find_local(received.slot, context.local);
}

void SocketsIo::answer_to(const link::ClientContext& client, dns::Bytes message) {
  const auto socket = std::find_if(sockets_.begin(), sockets_.end(), [&](const Socket& each) {
    return each.listener.index == client.listener;
  });
  if (socket == sockets_.end() || socket->ipv6 == client.packet_peer.is_ipv4()) {
    return counters_.add(Counter::ask_stale);
  }
  sockaddr_storage peer;
  alignas(cmsghdr) std::array<std::uint8_t, kControlSize> control;
  iovec vector{const_cast<std::uint8_t*>(message.data()), message.size()};
  msghdr header{};
  header.msg_name = &peer;
  header.msg_namelen = to_sockaddr(client.packet_peer, peer);
  header.msg_iov = &vector;
  header.msg_iovlen = 1;
  if (socket->any) {
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    put_source(header, client.local);
  }
  const ssize_t sent =
      ::sendmsg(socket->listener.socket.get(), &header, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0) counters_.add(Counter::send_failed);
}

void SocketsIo::wait(int timeout_ms) {
  if (look(timeout_ms) && watched_.back().revents != 0) link::drain_event(doorbell_);
}

// Finds out which sockets have something. Not with epoll: a socket in its set costs locks for every
// datagram on either way, also of a thread that is awake. False: none, nor the doorbell.
bool SocketsIo::look(int timeout_ms) {
  return ::poll(watched_.data(), watched_.size(), timeout_ms) > 0;
}

}  // namespace bowline::dataplane
