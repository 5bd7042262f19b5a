// Local: commands that need a configuration and no server.
//
// One thread. Runs with the rights of whoever called bowlinec; a configuration database that a
// server uses is changed with force only.
#pragma once

#include <string>
#include <vector>

#include "control/client/options.h"
#include "control/client/printer.h"
#include "control/confdb/source.h"

namespace bowline::control::client {

// What -c or -C names, else the default.
confdb::Source source_of(const Options& options);

// REQUIRES: words[0] is a command of the table that is local. Returns the exit code.
int run_local(const Options& options, const std::vector<std::string>& words, Printer& printer);

}  // namespace bowline::control::client
