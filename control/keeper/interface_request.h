// What ioctl() takes to be asked about a network interface by name. Any thread.
#pragma once

#include <net/if.h>

#include <string>

namespace bowline::control::keeper {

// A name that is too long is cut, and then names no interface.
inline ifreq request_for(const std::string& name) {
  ifreq request{};
  name.copy(request.ifr_name, sizeof request.ifr_name - 1);
  return request;
}

}  // namespace bowline::control::keeper
