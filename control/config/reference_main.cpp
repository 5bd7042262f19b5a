// Prints what is written from the option table: bowline.conf(5), or with --schema the JSON schema,
// or with --later the list of what is accepted and not acted upon. Run by the build and by tests.
#include <cstdio>
#include <string_view>

#include "control/config/reference.h"
#include "control/config/schema.h"

using namespace bowline::control::config;

int main(int argc, char** argv) {
  const std::string_view wanted = argc > 1 ? argv[1] : "--manual";
  if (wanted == "--manual") {
    std::fputs(manual_page(BOWLINE_VERSION).c_str(), stdout);
  } else if (wanted == "--schema") {
    std::fputs(json_schema().c_str(), stdout);
  } else if (wanted == "--later") {
    std::fputs(later_page().c_str(), stdout);
  } else {
    std::fprintf(stderr, "usage: %s [--manual|--schema|--later]\n", argv[0]);
    return 2;
  }
}
