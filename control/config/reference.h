// The option reference as a manual page, bowline.conf(5), written from the option table.
//
// Called by the program that the build runs; any thread.
#pragma once

#include <string>

namespace bowline::control::config {

// roff source (man(7)). `version` is the program's.
std::string manual_page(const std::string& version);

}  // namespace bowline::control::config
