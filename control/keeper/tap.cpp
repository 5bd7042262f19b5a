#include "control/keeper/tap.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "control/keeper/interface_request.h"

namespace bowline::control::keeper {

namespace {

constexpr const char* kTunDevice = "/dev/net/tun";
// After a kill of the keeper its dataplane needs a moment to let go of the interface.
constexpr int kBusyTries = 20;
constexpr int kBusyWait_ms = 50;

dns::Error fault(const std::string& name, const std::string& what, const char* remedy) {
  return {fmt::format("cannot make the exception port {}: {}: {}", name, what, remedy)};
}

dns::Error explain(const std::string& name, int error) {
  switch (error) {
    case EBUSY:
      return fault(name, "another program has it",
                   "stop that program or change dataplane.exception-port");
    case EINVAL:
      return fault(name, "an interface of that name exists and is no plain TAP",
                   "change dataplane.exception-port");
    case EPERM:
      return fault(name, "permission denied", "start bowlined as root");
    default:
      return fault(name, std::strerror(error), "check dataplane.exception-port");
  }
}

// Attaches `fd` to the interface. Returns errno.
int attach(int fd, const std::string& name) {
  ifreq request = request_for(name);
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  for (int attempt = 0; ::ioctl(fd, TUNSETIFF, &request) != 0; ++attempt) {
    if (errno != EBUSY || attempt == kBusyTries) return errno;
    (void)::poll(nullptr, 0, kBusyWait_ms);
  }
  return 0;
}

bool is_persistent(int fd) {
  ifreq request{};
  return ::ioctl(fd, TUNGETIFF, &request) == 0 && (request.ifr_flags & IFF_PERSIST) != 0;
}

bool set_up(const std::string& name) {
  const link::Fd any(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request = request_for(name);
  if (!any || ::ioctl(any.get(), SIOCGIFFLAGS, &request) != 0) return false;
  request.ifr_flags |= IFF_UP;
  return ::ioctl(any.get(), SIOCSIFFLAGS, &request) == 0;
}

bool set_mtu(const std::string& name, unsigned mtu) {
  const link::Fd any(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request = request_for(name);
  request.ifr_mtu = static_cast<int>(mtu);
  return any && ::ioctl(any.get(), SIOCSIFMTU, &request) == 0;
}

}  // namespace

dns::Result<Tap> Tap::open(const std::string& name, unsigned mtu) {
  if (name.empty() || name.size() >= IFNAMSIZ) {
    return fault(name, "names of interfaces have 1 to 15 characters",
                 "shorten dataplane.exception-port");
  }
  Tap tap;
  tap.name_ = name;
  tap.fd_ = link::Fd(::open(kTunDevice, O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!tap.fd_) {
    return fault(name, fmt::format("{}: {}", kTunDevice, std::strerror(errno)),
                 "load the driver (modprobe tun) and start bowlined as root");
  }
  if (const int error = attach(tap.fd_.get(), name)) return explain(name, error);
  if (!is_persistent(tap.fd_.get()) && !set_mtu(name, mtu)) {
    return fault(name, fmt::format("MTU {}: {}", mtu, std::strerror(errno)),
                 "change dataplane.device-mtu");
  }
  if (!set_up(name)) return explain(name, errno);
  tap.index_ = ::if_nametoindex(name.c_str());
  return tap;
}

}  // namespace bowline::control::keeper
