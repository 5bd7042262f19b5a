// Checker: zone-check. Reading zones is control's trade, so bowlinec has it done by a program of
// that side, bowline-control, which answers with the frames of the control protocol:
//
//   bowline-control --zone-check SOURCE [--force] -- [ZONE...]
//
// SOURCE is as confdb::Source writes it. One thread; the program runs with the caller's rights.
#pragma once

#include <string>
#include <vector>

#include "control/client/options.h"
#include "control/client/printer.h"

namespace bowline::control::client {

// REQUIRES: words[0] is zone-check. Returns the exit code.
int check_zones(const Options& options, const std::vector<std::string>& words, Printer& printer);

}  // namespace bowline::control::client
