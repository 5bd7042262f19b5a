// bowline-control: started by bowlined with the handover channel as descriptor 3; or by bowlinec to
// check zones (zone_check.h).
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "control/main/process.h"
#include "control/main/zone_check.h"

int main(int argc, char** argv) {
  if (argc > 1 && (std::strcmp(argv[1], "-V") == 0 || std::strcmp(argv[1], "--version") == 0)) {
    std::puts("bowline-control (Bowline) " BOWLINE_VERSION);
    return 0;
  }
  (void)::signal(SIGPIPE, SIG_IGN);
  if (argc > 1 && std::strcmp(argv[1], "--zone-check") == 0) {
    return bowline::control::check_zones({argv + 2, static_cast<std::size_t>(argc - 2)});
  }
  if (argc > 1 || ::fcntl(bowline::link::kHandoverFd, F_GETFD) < 0) {
    std::fputs("bowline-control is started by bowlined: run 'bowlined -c FILE'\n", stderr);
    return 2;
  }
  bowline::control::Process process(bowline::link::kHandoverFd);
  const int code = process.run();
  // A load may be at work in other threads; nothing of it has to be saved.
  ::_exit(code);
}
