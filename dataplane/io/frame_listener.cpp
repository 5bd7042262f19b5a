#include "dataplane/io/frame_listener.h"

#include <algorithm>

namespace bowline::dataplane {

FrameListener to_frame_listener(const link::HandoverMessage& announcement) {
  constexpr std::size_t kMappedPrefix = 12;  // of ::ffff:a.b.c.d
  const link::Endpoint& endpoint = announcement.endpoint;
  FrameListener listener;
  listener.where.ipv6 = !endpoint.is_ipv4();
  const auto begin = endpoint.address.begin() + (listener.where.ipv6 ? 0 : kMappedPrefix);
  std::copy(begin, endpoint.address.end(), listener.where.address.begin());
  listener.where.any = std::all_of(begin, endpoint.address.end(),
                                   [](std::uint8_t octet) { return octet == 0; });
  listener.where.port = endpoint.port;
  listener.index = static_cast<std::uint16_t>(announcement.index);
  listener.role = announcement.role;
  return listener;
}

std::vector<net::Listener> addresses_of(std::span<const FrameListener> listeners) {
  std::vector<net::Listener> addresses;
  for (const FrameListener& each : listeners) addresses.push_back(each.where);
  return addresses;
}

}  // namespace bowline::dataplane
