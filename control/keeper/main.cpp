// bowlined: the keeper. Reads its command line and configuration, goes to the background if it is
// to, then runs Keeper.
//
// The only process with privileges; one thread.
#include <malloc.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <memory>
#include <optional>
#include <string>

#include "control/config/config.h"
#include "control/config/file_rights.h"
#include "control/keeper/command_line.h"
#include "control/keeper/keeper.h"
#include "control/keeper/rundir.h"
#include "control/keeper/source_reader.h"
#include "control/keeper/starter.h"
#include "control/log/log.h"

namespace {

using namespace bowline;
namespace keeper = control::keeper;

// Enough for a million TCP clients, the most that the kernel allows by default (fs.nr_open).
constexpr rlim_t kOpenFiles = 1 << 20;

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

// Whether the user that the processes run as may have written the configuration, and so chosen the
// paths in it. A database belongs to that user.
bool chose_paths(const control::confdb::Source& source, uid_t user) {
  struct stat found {};
  return source.is_database() || ::stat(source.path.c_str(), &found) != 0 ||
         found.st_uid == user || (found.st_mode & S_IWOTH) != 0;
}

// What the configuration asks for before anything runs. Gone with the configuration, which may be
// large.
struct Setup {
  control::config::Server server;
  bool chose_paths = false;  // see chose_paths()
  std::unique_ptr<keeper::Keeper> keeper;
};

dns::Result<Setup> read_configuration(const keeper::CommandLine& line, keeper::Starter& starter) {
  auto loaded =
      keeper::read_source(line.source, keeper::Reading::kStart, line.max_conf_size_mib);
  if (!loaded) return dns::Error{loaded.error()};
  const keeper::Orders orders{line.source, line.control_socket, line.verbose};
  Setup setup{loaded->server(), chose_paths(line.source, loaded->server().user.uid),
              std::make_unique<keeper::Keeper>(*loaded, own_folder(), orders, starter)};
  const control::config::User& user = setup.server.user;
  if (!keeper::may_become({user.uid, user.gid})) {
    return dns::Error{"no permission to run as server.user " + user.user + ":" + user.group +
                      ": start bowlined as root, or set server.user to who starts it"};
  }
  control::log::set_options({line.verbose, {user.uid, user.gid, setup.chose_paths}});
  if (auto done = control::log::setup(loaded->log()); !done) return dns::Error{done.error()};
  control::log::info(control::log::Category::kServer, "Bowline {} starting", BOWLINE_VERSION);
  control::log::info(control::log::Category::kServer, "loaded configuration {} '{}'",
                     line.source.is_database() ? "database" : "file", line.source.path);
  return setup;
}

// The folder of the installation is made by root, wherever the configuration comes from.
dns::Result<void> make_rundir(const Setup& setup) {
  const control::config::Server& server = setup.server;
  const control::config::User& user = server.user;
  std::optional<control::config::FileRights> rights;
  if (setup.chose_paths && server.rundir != BOWLINE_RUNDIR) rights.emplace(user.uid, user.gid);
  return keeper::make_rundir(server.rundir, user.uid, user.gid);
}

dns::Result<keeper::PidFile> make_pid_file(const Setup& setup) {
  const control::config::User& user = setup.server.user;
  std::optional<control::config::FileRights> rights;
  if (setup.chose_paths) rights.emplace(user.uid, user.gid);
  return keeper::PidFile::create(setup.server.pidfile);
}

int run(const keeper::CommandLine& line, keeper::Starter& starter) {
  const auto fail = [&starter](const std::string& why) {
    starter.failed(why);
    return 1;
  };
  const auto setup = read_configuration(line, starter);
  if (!setup) return fail(setup.error());
  (void)::malloc_trim(0);
  raise_limits();
  const control::config::Server& server = setup->server;
  if (const auto made = make_rundir(*setup); !made) return fail(made.error());
  const auto lock = keeper::lock_rundir(server.rundir);
  if (!lock) return fail(lock.error());
  std::optional<keeper::PidFile> pid_file;
  if (starter.is_daemon()) {
    auto created = make_pid_file(*setup);
    if (!created) return fail(created.error());
    pid_file.emplace(std::move(*created));
  }
  if (auto prepared = setup->keeper->prepare(); !prepared) return fail(prepared.error());
  return setup->keeper->run();
}

}  // namespace

int main(int argc, char** argv) {
  const keeper::CommandLine line = keeper::parse_command_line(argc, argv);
  if (line.exit_code >= 0) return line.exit_code;
  keeper::Starter starter;
  if (line.daemon_folder) {
    auto daemon = keeper::Starter::go_to_background(*line.daemon_folder);
    if (!daemon) {
      starter.failed(daemon.error());
      return 1;
    }
    starter = std::move(*daemon);
  }
  return run(line, starter);
}
