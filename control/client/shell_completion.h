// Completion files of bash, zsh and fish, written from the tables of commands, options, sections
// and items.
//
// Pure; called by the program that the build runs and by tests. Names of zones and entries are
// asked from the server when the user presses Tab, with -c, -C and -s as in the line.
#pragma once

#include <string>

namespace bowline::control::client {

std::string bash_completion();
std::string zsh_completion();
std::string fish_completion();

}  // namespace bowline::control::client
