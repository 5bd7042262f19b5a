// bowlined: the keeper. Reads its command line and configuration, then runs Keeper.
//
// The only process with privileges; one thread.
#include <getopt.h>
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <cstdio>
#include <memory>
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

// To what is wanted, else as far as this process may.
void raise_limit(__rlimit_resource resource, rlim_t most) {
  const rlimit wanted{most, most};
  rlimit now{};
  if (::setrlimit(resource, &wanted) == 0 || ::getrlimit(resource, &now) != 0) return;
  now.rlim_cur = now.rlim_max;
  (void)::setrlimit(resource, &now);
}

void raise_limits() {
  raise_limit(RLIMIT_NOFILE, kOpenFiles);
  // Frames of AF_XDP sockets and memory of DPDK are locked.
  raise_limit(RLIMIT_MEMLOCK, RLIM_INFINITY);
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

// What the configuration asks for before anything runs. Gone with the configuration, which may be
// large.
struct Setup {
  control::config::Server server;
  std::unique_ptr<keeper::Keeper> keeper;
};

dns::Result<Setup> read_configuration(const std::string& path) {
  auto loaded = control::config::load_config(path);
  if (!loaded) return dns::Error{loaded.error()};
  Setup setup{loaded->server(), std::make_unique<keeper::Keeper>(*loaded, own_folder())};
  const control::config::User& user = setup.server.user;
  if (!keeper::may_become({user.uid, user.gid})) {
    return dns::Error{"no permission to run as server.user " + user.user + ":" + user.group +
                      ": start bowlined as root, or set server.user to who starts it"};
  }
  if (auto done = control::log::setup(loaded->log()); !done) return dns::Error{done.error()};
  give_away_log_files(*loaded);
  return setup;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  if (options.exit_code >= 0) return options.exit_code;
  const auto setup = read_configuration(options.config);
  if (!setup) return fail(setup.error());
  (void)::malloc_trim(0);
  raise_limits();
  const control::config::Server& server = setup->server;
  const auto rundir = keeper::make_rundir(server.rundir, server.user.uid, server.user.gid);
  if (!rundir) return fail(rundir.error());
  const auto pid_file = keeper::PidFile::create(server.pidfile);
  if (!pid_file) return fail(pid_file.error());
  if (auto prepared = setup->keeper->prepare(); !prepared) return fail(prepared.error());
  return setup->keeper->run();
}
