// Command: runs one command, here or by the server, and prints its answer.
//
// One thread.
#pragma once

#include <string>
#include <vector>

#include "control/client/options.h"

namespace bowline::control::client {

// `words`: the command and its arguments, not empty. Returns the exit code; what went wrong has
// been printed.
int run_command(const Options& options, std::vector<std::string> words);

// Prints a line on standard error and returns the code.
int complain(const std::string& what, int code);

}  // namespace bowline::control::client
