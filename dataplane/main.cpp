// bowline-dataplane: everything that faces clients. Started by bowlined with the handover channel
// as descriptor 3; takes no arguments and reads no file.
#include <cap-ng.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <string>

#include "dataplane/process.h"

namespace {

using bowline::dns::Error;
using bowline::dns::Result;

// Sockets come open from the keeper: nothing here ever needs a privilege. Descriptors and memory of
// this process stay closed to others of the same user.
Result<void> give_up_privileges() {
  capng_clear(CAPNG_SELECT_ALL);
  (void)capng_apply(CAPNG_SELECT_BOUNDS);  // needs CAP_SETPCAP, which the keeper may have taken
  if (capng_apply(CAPNG_SELECT_CAPS) != 0 || capng_get_caps_process() != 0 ||
      capng_have_capabilities(CAPNG_SELECT_CAPS) != CAPNG_NONE) {
    return Error{"cannot give up capabilities"};
  }
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
    return Error{"cannot close this process to others"};
  }
  return {};
}

Result<void> check_channel() {
  int type = 0;
  socklen_t size = sizeof type;
  const int fd = bowline::link::kHandoverFd;
  if (::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_SEQPACKET) {
    return Error{"is started by bowlined and not by hand: run bowlined -c FILE"};
  }
  return {};
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
    if (auto done = give_up_privileges(); !done) return fail(done.error());
    if (auto done = check_channel(); !done) return fail(done.error());
    raise_descriptor_limit();
    bowline::dataplane::Process process(bowline::link::kHandoverFd);
    if (auto done = process.run(); !done) return fail(done.error());
  } catch (const std::exception& error) {
    return fail(std::string("out of memory or threads: ") + error.what());
  }
  return 0;
}
