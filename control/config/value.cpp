// Addresses as text and for the socket calls.
#include "control/config/value.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace bowline::control::config {

std::string Address::host_text() const {
  if (!is_ip()) return path;
  char text[INET6_ADDRSTRLEN] = {};
  inet_ntop(family == Family::kIpv4 ? AF_INET : AF_INET6, bytes.data(), text, sizeof text);
  return text;
}

std::string Address::to_text() const {
  std::string text = host_text();
  if (has_port) text += "@" + std::to_string(port);
  return text;
}

socklen_t Address::to_sockaddr(sockaddr_storage& out) const {
  out = {};
  if (family == Family::kIpv4) {
    sockaddr_in socket{};
    socket.sin_family = AF_INET;
    socket.sin_port = htons(port);
    std::memcpy(&socket.sin_addr, bytes.data(), sizeof socket.sin_addr);
    std::memcpy(&out, &socket, sizeof socket);
    return sizeof socket;
  }
  if (family == Family::kIpv6) {
    sockaddr_in6 socket{};
    socket.sin6_family = AF_INET6;
    socket.sin6_port = htons(port);
    std::memcpy(&socket.sin6_addr, bytes.data(), sizeof socket.sin6_addr);
    std::memcpy(&out, &socket, sizeof socket);
    return sizeof socket;
  }
  sockaddr_un socket{};
  if (family != Family::kUnix || path.size() >= sizeof socket.sun_path) return 0;
  socket.sun_family = AF_UNIX;
  std::memcpy(socket.sun_path, path.data(), path.size());
  std::memcpy(&out, &socket, sizeof socket);
  return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
}

bool AddressRange::contains(Address::Family of, const std::array<std::uint8_t, 16>& bytes) const {
  return of == family && first <= bytes && bytes <= last;
}

}  // namespace bowline::control::config
