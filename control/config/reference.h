// What is written from the option table for people: the reference as a manual page,
// bowline.conf(5), and the list of what is not yet effective, docs/not-yet-effective.md.
//
// Called by the program that the build runs and by tests; any thread.
#pragma once

#include <string>

namespace bowline::control::config {

// roff source (man(7)). `version` is the program's.
std::string manual_page(const std::string& version);

// Markdown: each item that is accepted and checked, but not acted upon, by section.
std::string later_page();

}  // namespace bowline::control::config
