#include "control/keeper/command_line.h"

#include <getopt.h>

#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string_view>

namespace bowline::control::keeper {

namespace {

constexpr int kUsageError = 2;
constexpr unsigned kMaxConfSize_MiB = 10'000;  // knotd's limit

constexpr const char* kHelp =
    "Usage: bowlined [OPTION]...\n"
    "Starts the Bowline DNS server and keeps it running, in the foreground unless -d is given.\n"
    "\n"
    "  -c, --config FILE         configuration file\n"
    "                            (default " BOWLINE_CONFDIR "/bowline.conf)\n"
    "  -C, --confdb FOLDER       configuration database; without -c and -C it is used if it is\n"
    "                            there (default " BOWLINE_STORAGE "/confdb)\n"
    "  -m, --max-conf-size MIB   most that the configuration database may take, 1 to 10000\n"
    "                            (default 500)\n"
    "  -s, --socket PATH         control socket, instead of those of control.listen\n"
    "                            (default " BOWLINE_RUNDIR "/bowline.sock)\n"
    "  -d, --daemonize[=FOLDER]  run in the background, in this folder (default /)\n"
    "  -v, --verbose             debug messages on standard output as well\n"
    "  -V, --version             print the version\n"
    "  -h, --help                print this help\n"
    "\n"
    "Signals: HUP reloads the configuration and opens log files again, USR1 loads the zones whose\n"
    "files have changed, TERM and INT stop.\n";

constexpr option kLong[] = {{"config", required_argument, nullptr, 'c'},
                            {"confdb", required_argument, nullptr, 'C'},
                            {"max-conf-size", required_argument, nullptr, 'm'},
                            {"socket", required_argument, nullptr, 's'},
                            {"daemonize", optional_argument, nullptr, 'd'},
                            {"verbose", no_argument, nullptr, 'v'},
                            {"version", no_argument, nullptr, 'V'},
                            {"help", no_argument, nullptr, 'h'},
                            {nullptr, 0, nullptr, 0}};

std::string absolute(const char* path) {
  std::error_code failed;
  const auto full = std::filesystem::absolute(path, failed);
  return failed ? path : full.lexically_normal().string();
}

bool read_size(std::string_view text, unsigned& mib) {
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), mib);
  return fault == std::errc() && end == text.data() + text.size() && mib >= 1 &&
         mib <= kMaxConfSize_MiB;
}

int refuse(const std::string& what) {
  std::fprintf(stderr, "bowlined: %s. Try 'bowlined --help'.\n", what.c_str());
  return kUsageError;
}

struct Given {
  const char* file = nullptr;
  const char* database = nullptr;
};

// One option. Sets `line.exit_code` if nothing is to be run.
void take(int letter, CommandLine& line, Given& given) {
  switch (letter) {
    case 'c':
      given.file = optarg;
      return;
    case 'C':
      given.database = optarg;
      return;
    case 'm':
      if (!read_size(optarg, line.max_conf_size_mib)) {
        line.exit_code = refuse(std::string("--max-conf-size ") + optarg +
                                " is no number of MiB from 1 to 10000");
      }
      return;
    case 's':
      line.control_socket = absolute(optarg);
      return;
    case 'd':
      line.daemon_folder = absolute(optarg != nullptr ? optarg : "/");
      return;
    case 'v':
      line.verbose = true;
      return;
    case 'V':
      std::puts("bowlined (Bowline) " BOWLINE_VERSION);
      line.exit_code = 0;
      return;
    case 'h':
      std::fputs(kHelp, stdout);
      line.exit_code = 0;
      return;
    default:
      std::fputs("Try 'bowlined --help'.\n", stderr);
      line.exit_code = kUsageError;
  }
}

}  // namespace

CommandLine parse_command_line(int argc, char** argv) {
  CommandLine line;
  Given given;
  constexpr const char* kShort = "c:C:m:s:d::vVh";
  for (int letter = 0; (letter = ::getopt_long(argc, argv, kShort, kLong, nullptr)) != -1;) {
    take(letter, line, given);
    if (line.exit_code >= 0) return line;
  }
  if (optind < argc) {
    line.exit_code = refuse(std::string("unknown argument '") + argv[optind] + "'");
  } else if (given.file != nullptr && given.database != nullptr) {
    line.exit_code = refuse("--config and --confdb exclude each other");
  } else if (given.database != nullptr) {
    line.source = {confdb::Source::Kind::kDatabase, absolute(given.database)};
  } else if (given.file != nullptr) {
    line.source = {confdb::Source::Kind::kFile, absolute(given.file)};
  } else {
    line.source = confdb::default_source();
  }
  return line;
}

}  // namespace bowline::control::keeper
