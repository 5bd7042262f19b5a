// bowlinec: asks the running bowline-control, and checks configurations and zones without it.
//
// Exit codes: options.h.
#include <cstdio>
#include <string>
#include <vector>

#include "control/client/command.h"
#include "control/client/interactive.h"
#include "control/client/options.h"

int main(int argc, char** argv) {
  using namespace bowline::control::client;
  const std::vector<std::string> words(argv + 1, argv + argc);
  const auto invocation = read_command_line(words);
  if (!invocation) return complain(invocation.error(), kWrongUse);
  if (invocation->options.help) {
    std::fputs(help_text().c_str(), stdout);
    return kDone;
  }
  if (invocation->options.version) {
    std::puts("bowlinec (Bowline), version " BOWLINE_VERSION);
    return kDone;
  }
  return invocation->words.empty() ? interact(invocation->options)
                                   : run_command(invocation->options, invocation->words);
}
