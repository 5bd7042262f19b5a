// Prints bowline.conf(5); run by the build.
#include <cstdio>

#include "control/config/reference.h"

int main() { std::fputs(bowline::control::config::manual_page(BOWLINE_VERSION).c_str(), stdout); }
