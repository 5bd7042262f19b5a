// Prints what is written from the option table: bowline.conf(5), or with --schema the JSON schema,
// or with --later the list of what is accepted and not acted upon; or with --json FILE that
// configuration as JSON. Run by the build and by tests.
#include <cstdio>
#include <string_view>

#include "control/config/reference.h"
#include "control/config/schema.h"

using namespace bowline::control::config;

namespace {

int print_json(const char* file) {
  const auto config = load_config(file, {.resolve_system = false});
  if (!config) {
    std::fprintf(stderr, "%s\n", config.error().c_str());
    return 1;
  }
  std::fputs(to_json(*config).c_str(), stdout);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view wanted = argc > 1 ? argv[1] : "--manual";
  if (wanted == "--manual") {
    std::fputs(manual_page(BOWLINE_VERSION).c_str(), stdout);
  } else if (wanted == "--schema") {
    std::fputs(json_schema().c_str(), stdout);
  } else if (wanted == "--later") {
    std::fputs(later_page().c_str(), stdout);
  } else if (wanted == "--json" && argc == 3) {
    return print_json(argv[2]);
  } else {
    std::fprintf(stderr, "usage: %s [--manual|--schema|--later|--json FILE]\n", argv[0]);
    return 2;
  }
}
