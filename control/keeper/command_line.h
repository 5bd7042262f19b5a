// CommandLine: what bowlined was asked to do, with knotd's options.
//
// Before anything else, in the process's one thread.
#pragma once

#include <optional>
#include <string>

#include "control/confdb/source.h"

namespace bowline::control::keeper {

struct CommandLine {
  confdb::Source source;                // absolute path
  std::string control_socket;           // absolute; empty: those of control.listen
  std::optional<std::string> daemon_folder;  // -d: absolute, where the daemon works
  unsigned max_conf_size_mib = 0;       // of the configuration database; 0: as it is
  bool verbose = false;
  int exit_code = -1;  // 0 or more: all is said already, nothing is to be run
};

// Prints what --help and --version ask for, and on stderr what is wrong. Paths that are not
// absolute are taken from the working directory.
CommandLine parse_command_line(int argc, char** argv);

}  // namespace bowline::control::keeper
