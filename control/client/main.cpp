// bowlinec: asks the running bowline-control.
//
// Exit code: 0 done, 1 refused or failed, 2 wrong command line or no server.
#include <getopt.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "control/client/connection.h"
#include "control/client/printer.h"
#include "control/config/config.h"

namespace {

using namespace bowline::control;

constexpr int kDone = 0, kRefused = 1, kUsage = 2;
constexpr const char* kDefaultConfig = "/etc/bowline/bowline.conf";
constexpr unsigned kDefaultTimeout_s = 60;  // most zones are loaded by then

constexpr const char* kHelp =
    "Usage: bowlinec [-c FILE | -s SOCKET] [--json] [-t SECONDS] VERB [ARGUMENT...]\n"
    "\n"
    "  status                  version, uptime, processes, memory, network ports\n"
    "  zone-status [ZONE...]   state and serial of these zones, or of all\n"
    "  zone-reload [ZONE...]   load the files of these zones again, or of all\n"
    "  reload                  read the configuration again, load what has changed\n"
    "  stats                   counters since bowlined started\n"
    "  drop-add PREFIX...      drop DNS packets of these sources in the XDP program\n"
    "  drop-remove PREFIX...   take sources that were added so from the drop list\n"
    "  drop-list               sources that are dropped, and why\n"
    "  stop                    end the server\n"
    "\n"
    "  -c, --config FILE       configuration that names the socket (default\n"
    "                          /etc/bowline/bowline.conf)\n"
    "  -s, --socket SOCKET     control socket\n"
    "  -j, --json              print JSON\n"
    "  -t, --timeout SECONDS   wait so long for an answer (default 60, 0: for ever)\n"
    "  -V, --version           print the version\n"
    "  -h, --help              print this help\n";

struct Options {
  std::string config = kDefaultConfig;
  std::string socket;
  bool json = false;
  unsigned timeout_s = kDefaultTimeout_s;
  std::string verb;
  std::vector<std::string> arguments;
  int exit_code = -1;  // 0 or more: nothing is to be done
};

int complain(const std::string& what) {
  std::fprintf(stderr, "bowlinec: %s\n", what.c_str());
  return kUsage;
}

bool take_option(int letter, Options& options) {
  switch (letter) {
    case 'c':
      options.config = optarg;
      return true;
    case 's':
      options.socket = optarg;
      return true;
    case 'j':
      options.json = true;
      return true;
    case 't': {
      char* end = nullptr;
      const unsigned long seconds = std::strtoul(optarg, &end, 10);
      if (*optarg < '0' || *optarg > '9' || *end != '\0' || seconds > 1'000'000) {
        options.exit_code = complain("-t needs a number of seconds, such as 60");
      }
      options.timeout_s = static_cast<unsigned>(seconds);
      return true;
    }
    case 'V':
      std::puts("bowlinec (Bowline) " BOWLINE_VERSION);
      options.exit_code = kDone;
      return true;
    case 'h':
      std::fputs(kHelp, stdout);
      options.exit_code = kDone;
      return true;
    default:
      std::fputs("Try 'bowlinec --help'.\n", stderr);
      options.exit_code = kUsage;
      return false;
  }
}

Options parse(int argc, char** argv) {
  static constexpr option kLong[] = {{"config", required_argument, nullptr, 'c'},
                                     {"socket", required_argument, nullptr, 's'},
                                     {"json", no_argument, nullptr, 'j'},
                                     {"timeout", required_argument, nullptr, 't'},
                                     {"version", no_argument, nullptr, 'V'},
                                     {"help", no_argument, nullptr, 'h'},
                                     {nullptr, 0, nullptr, 0}};
  Options options;
  for (int letter = 0; options.exit_code < 0 &&
                       (letter = ::getopt_long(argc, argv, "c:s:jt:Vh", kLong, nullptr)) != -1;) {
    if (!take_option(letter, options)) break;
  }
  if (options.exit_code >= 0) return options;
  if (optind == argc) {
    options.exit_code = complain("say what to do, such as 'bowlinec status'; see --help");
    return options;
  }
  options.verb = argv[optind];
  options.arguments.assign(argv + optind + 1, argv + argc);
  return options;
}

// The socket of the command line, else the first one of the configuration.
bowline::dns::Result<std::string> choose_socket(const Options& options) {
  if (!options.socket.empty()) return options.socket;
  auto loaded = config::load_config(options.config);
  if (!loaded) return bowline::dns::Error{loaded.error()};
  const auto sockets = loaded->control().listen;
  if (sockets.empty()) {
    return bowline::dns::Error{options.config + ": control.listen is empty: use -s SOCKET"};
  }
  return sockets.front();
}

int ask(client::Connection& connection, const Options& options) {
  if (auto sent = connection.send(options.verb, options.arguments); !sent) {
    return complain(sent.error());
  }
  client::Printer printer(options.json, ::isatty(STDOUT_FILENO) == 1);
  for (;;) {
    auto frame = connection.receive();
    if (!frame) return complain(frame.error());
    if (frame->contains("table")) printer.table(frame->value("table", std::string()));
    if (frame->contains("row")) printer.row((*frame)["row"]);
    if (frame->contains("text")) printer.text(frame->value("text", std::string()));
    if (frame->contains("end")) return printer.end((*frame)["end"]) ? kDone : kRefused;
  }
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  if (options.exit_code >= 0) return options.exit_code;
  const auto socket = choose_socket(options);
  if (!socket) return complain(socket.error());
  auto connection = client::Connection::open(*socket, options.timeout_s);
  if (!connection) return complain(connection.error());
  return ask(*connection, options);
}
