// link::Endpoint from and to the kernel's socket addresses. Pure functions, any thread.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>

#include "link/context.h"

namespace bowline::dataplane {

// An IPv4 address becomes ::ffff:a.b.c.d.
inline void store_ipv4(const void* address, link::Endpoint& endpoint) {
  endpoint.address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  std::memcpy(&endpoint.address[12], address, 4);
}

// All zero for what has no IP address: a client on a UNIX socket.
inline link::Endpoint to_endpoint(const sockaddr_storage& storage) {
  link::Endpoint endpoint;
  if (storage.ss_family == AF_INET) {
    const auto& address = reinterpret_cast<const sockaddr_in&>(storage);
    store_ipv4(&address.sin_addr, endpoint);
    endpoint.port = ntohs(address.sin_port);
  } else if (storage.ss_family == AF_INET6) {
    const auto& address = reinterpret_cast<const sockaddr_in6&>(storage);
    std::memcpy(endpoint.address.data(), &address.sin6_addr, 16);
    endpoint.port = ntohs(address.sin6_port);
    endpoint.scope = address.sin6_scope_id;
  }
  return endpoint;
}

// Returns the length of the address written.
inline socklen_t to_sockaddr(const link::Endpoint& endpoint, sockaddr_storage& storage) {
  std::memset(&storage, 0, sizeof storage);
  if (endpoint.is_ipv4()) {
    auto& address = reinterpret_cast<sockaddr_in&>(storage);
    address.sin_family = AF_INET;
    address.sin_port = htons(endpoint.port);
    std::memcpy(&address.sin_addr, &endpoint.address[12], 4);
    return sizeof address;
  }
  auto& address = reinterpret_cast<sockaddr_in6&>(storage);
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(endpoint.port);
  address.sin6_scope_id = endpoint.scope;
  std::memcpy(&address.sin6_addr, endpoint.address.data(), 16);
  return sizeof address;
}

}  // namespace bowline::dataplane
