// bowline-dataplane: everything that faces clients. Started by bowlined with the handover channel
// as descriptor 3; takes no arguments and reads no file.
#include <sys/resource.h>
#include <sys/socket.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <string>

#include "dataplane/io/dpdk_ports.h"
#include "dataplane/privileges.h"
#include "dataplane/process.h"

namespace {

using bowline::dns::Error;
using bowline::dns::Result;

Result<void> check_channel() {
  int type = 0;
  socklen_t size = sizeof type;
  const int fd = bowline::link::kHandoverFd;
  if (::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_SEQPACKET) {
    return Error{"is started by bowlined and not by hand: run bowlined -c FILE"};
  }
  return {};
}

// Sockets come open from the keeper and need no privilege; for devices of DPDK it leaves us some,
// which go before their first packet (DpdkPorts).
Result<void> drop_needless_privileges() {
  using namespace bowline;
  const auto needed = dataplane::are_privileges_needed(link::kHandoverFd);
  return needed.value_or(false) ? Result<void>() : dataplane::give_up_privileges();
}

// One descriptor for each TCP client: as many as this process may have.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

int fail(const std::string& why) {
  std::fprintf(stderr, "bowline-dataplane: %s\n", why.c_str());
  return 1;
}

}  // namespace

int main() {
  std::signal(SIGPIPE, SIG_IGN);
  try {
    if (auto done = check_channel(); !done) return fail(done.error());
    if (auto done = drop_needless_privileges(); !done) return fail(done.error());
    raise_descriptor_limit();
    const auto dpdk = bowline::dataplane::make_dpdk_ports();
    bowline::dataplane::Process process(bowline::link::kHandoverFd, dpdk.get());
    if (!process.run()) return 1;  // the keeper was told why, and says it
  } catch (const std::exception& error) {
    return fail(std::string("out of memory or threads: ") + error.what());
  }
  return 0;
}
