// bowlined: the keeper. Reads its command line and configuration, then runs Keeper.
//
// The only process with privileges; one thread.
#include <getopt.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <cstdio>
#include <string>

#include "control/config/config.h"
#include "control/keeper/keeper.h"
#include "control/keeper/rundir.h"
#include "control/log/log.h"

namespace {

using namespace bowline;
namespace keeper = control::keeper;

constexpr const char* kDefaultConfig = "/etc/bowline/bowline.conf";

// Enough for a million TCP clients, the most that the kernel allows by default (fs.nr_open).
constexpr rlim_t kOpenFiles = 1 << 20;

constexpr const char* kHelp =
    "Usage: bowlined [-c FILE]\n"
    "Starts the Bowline DNS server and keeps it running, in the foreground.\n"
    "\n"
    "  -c, --config FILE  configuration (default /etc/bowline/bowline.conf)\n"
    "  -V, --version      print the version\n"
    "  -h, --help         print this help\n"
    "\n"
    "Signals: HUP reloads the configuration, USR1 opens log files again, TERM and INT stop.\n";

struct Options {
  std::string config = kDefaultConfig;
  int exit_code = -1;  // 0 or more: nothing is to be run
};

Options parse(int argc, char** argv) {
  static constexpr option kLong[] = {{"config", required_argument, nullptr, 'c'},
                                     {"version", no_argument, nullptr, 'V'},
                                     {"help", no_argument, nullptr, 'h'},
                                     {nullptr, 0, nullptr, 0}};
  Options options;
  for (int letter = 0; (letter = ::getopt_long(argc, argv, "c:Vh", kLong, nullptr)) != -1;) {
    switch (letter) {
      case 'c':
        options.config = optarg;
        break;
      case 'V':
        std::puts("bowlined (Bowline) " BOWLINE_VERSION);
        options.exit_code = 0;
        return options;
      case 'h':
        std::fputs(kHelp, stdout);
        options.exit_code = 0;
        return options;
      default:
        std::fputs("Try 'bowlined --help'.\n", stderr);
        options.exit_code = 2;
        return options;
    }
  }
  if (optind < argc) {
    std::fprintf(stderr, "bowlined: unknown argument '%s'. Try 'bowlined --help'.\n", argv[optind]);
    options.exit_code = 2;
  }
  return options;
}

void raise_limits() {
  rlimit wanted{kOpenFiles, kOpenFiles};
  rlimit now{};
  if (::setrlimit(RLIMIT_NOFILE, &wanted) == 0) return;
  if (::getrlimit(RLIMIT_NOFILE, &now) != 0) return;
  now.rlim_cur = now.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &now);
}

std::string own_folder() {
  std::array<char, PATH_MAX> path{};
  const ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size() - 1);
  const std::string full(path.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  return full.substr(0, full.rfind('/'));
}

// Log files that the keeper opened as root must be writable for control as well.
void give_away_log_files(const control::config::Config& config) {
  const control::config::User user = config.server().user;
  if (::geteuid() != 0 || user.uid == 0) return;
  for (const control::config::LogTarget& target : config.log()) {
    if (target.kind != control::config::LogTarget::Kind::kFile) continue;
    (void)!::chown(target.path.c_str(), user.uid, user.gid);
  }
}

int fail(const std::string& why) {
  std::fprintf(stderr, "bowlined: %s%s", why.c_str(), why.ends_with('\n') ? "" : "\n");
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  if (options.exit_code >= 0) return options.exit_code;
  auto loaded = control::config::load_config(options.config);
  if (!loaded) return fail(loaded.error());
  const control::config::Server server = loaded->server();
  if (!keeper::may_become({server.user.uid, server.user.gid})) {
    return fail("no permission to run as server.user " + server.user.user + ":" + server.user.group +
                ": start bowlined as root, or set server.user to who starts it");
  }
  if (auto done = control::log::setup(loaded->log()); !done) return fail(done.error());
  give_away_log_files(*loaded);
  raise_limits();
  const auto rundir = keeper::make_rundir(server.rundir, server.user.uid, server.user.gid);
  if (!rundir) return fail(rundir.error());
  const auto pid_file = keeper::PidFile::create(server.pidfile);
  if (!pid_file) return fail(pid_file.error());
  keeper::Keeper keeper(*loaded, own_folder());
  if (auto prepared = keeper.prepare(); !prepared) return fail(prepared.error());
  return keeper.run();
}
