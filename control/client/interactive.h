// Interactive: commands from a terminal, with editing, completion and history, or from a pipe.
//
// One thread.
#pragma once

#include "control/client/options.h"

namespace bowline::control::client {

// Reads commands until the end of input or `exit`. Returns the exit code: kDone, as knotc, whatever
// the commands said; from a pipe nothing is printed but their answers.
int interact(const Options& options);

}  // namespace bowline::control::client
