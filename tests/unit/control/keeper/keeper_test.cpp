// How the keeper starts its children, and what it does when they do not start.
#include "control/keeper/keeper.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "control/keeper/privileges.h"
#include "control/keeper/rundir.h"

namespace {

using namespace bowline;
using namespace control::keeper;
namespace fs = std::filesystem;

struct Folder {
  Folder() {
    char pattern[] = "/tmp/bowline-keeper-XXXXXX";
    REQUIRE(::mkdtemp(pattern) != nullptr);
    path = pattern;
    REQUIRE(::chmod(pattern, 0755) == 0);
  }
  ~Folder() { fs::remove_all(path); }
  void script(const std::string& name, const std::string& text) const {
    std::ofstream(path + "/" + name) << "#!/bin/sh\n" << text << "\n";
    REQUIRE(::chmod((path + "/" + name).c_str(), 0755) == 0);
  }
  std::string path;
};

// Standard input is an open pipe, so that a copy of `cat` lives until it is killed.
struct OpenInput {
  OpenInput() {
    REQUIRE(::pipe(ends) == 0);
    REQUIRE(::fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0);
    REQUIRE(::dup2(ends[0], 0) == 0);
  }
  ~OpenInput() {
    ::dup2(saved, 0);
    for (const int fd : {ends[0], ends[1], saved}) ::close(fd);
  }
  int saved = ::dup(0);
  int ends[2];
};

constexpr int kLooks = 5000;  // a millisecond apart; one or two are enough when all is well

std::set<int> descriptors_of(const std::string& proc) {
  std::set<int> fds;
  std::error_code gone;  // one may be closed while we look
  for (const auto& entry : fs::directory_iterator(proc + "/fd", gone)) {
    fds.insert(std::stoi(entry.path().filename()));
  }
  return fds;
}

std::string status_line(pid_t pid, const std::string& key) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(key + ":")) return line.substr(key.size() + 2);
  }
  return {};
}

}  // namespace

TEST_CASE("a child has its own name, the channel as descriptor 3, and no capability") {
  const Folder folder;
  fs::copy("/bin/cat", folder.path + "/bowline-control");
  const OpenInput input;
  Child child("bowline-control", folder.path);
  auto started = child.start({::getuid(), ::getgid()});
  if (!started) FAIL(started.error());
  const std::string proc = "/proc/" + std::to_string(child.pid());
  // Right after exec() the dynamic loader may still have a library open.
  std::set<int> fds;
  for (int look = 0; look < kLooks && fds != std::set<int>{0, 1, 2, 3}; ++look) {
    fds = descriptors_of(proc);
    ::poll(nullptr, 0, 1);
  }
  CHECK(fds == std::set<int>{0, 1, 2, 3});
  CHECK(fs::read_symlink(proc + "/fd/3").string().starts_with("socket:"));
  std::string arguments;
  std::getline(std::ifstream(proc + "/cmdline") >> std::ws, arguments, '\0');
  CHECK(arguments == "bowline-control");
  CHECK(status_line(child.pid(), "Name") == "bowline-control");
  CHECK(status_line(child.pid(), "PPid") == std::to_string(::getpid()));
  for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapAmb"}) {
    CHECK(status_line(child.pid(), set) == "0000000000000000");
  }
  CHECK(status_line(child.pid(), "NoNewPrivs") == "1");
  CHECK(status_line(child.pid(), "SigBlk") == "0000000000000000");
  child.kill(SIGKILL);
  CHECK(::waitpid(child.pid(), nullptr, 0) == child.pid());
}

TEST_CASE("a child that cannot be started says why") {
  const Folder folder;
  Child missing("bowline-control", folder.path);
  auto started = missing.start({::getuid(), ::getgid()});
  REQUIRE_FALSE(started);
  CHECK(started.error() == "cannot start " + folder.path +
                               "/bowline-control: No such file or directory: it must be installed "
                               "beside bowlined");
  CHECK_FALSE(missing.running());
}

TEST_CASE("messages that a child does not take wait in order with their descriptors") {
  const Folder folder;
  fs::copy("/bin/cat", folder.path + "/bowline-control");  // it never reads its channel
  const OpenInput input;
  Child child("bowline-control", folder.path);
  REQUIRE(child.start({::getuid(), ::getgid()}));
  link::HandoverMessage message;
  message.type = link::HandoverType::kReload;
  for (int i = 0; i < 10'000 && !child.has_queue(); ++i) child.send(message);
  CHECK(child.has_queue());
  message.type = link::HandoverType::kDoorbell;
  child.send(message, 0);
  message.type = link::HandoverType::kXdpQueue;
  const std::size_t before = descriptors_of("/proc/self").size();
  child.send(message, std::array{0, 1});
  CHECK(descriptors_of("/proc/self").size() == before + 2);  // copies, for as long as it waits
  child.flush();
  CHECK(child.has_queue());
  child.kill(SIGKILL);
  CHECK(::waitpid(child.pid(), nullptr, 0) == child.pid());
  child.died();
  CHECK_FALSE(child.has_queue());
  child.send(message);  // into nothing
}

TEST_CASE("a child for devices keeps its user and what opening devices takes, for good") {
  if (!may_open_devices()) {
    std::puts("SKIP: a child for devices: needs root with CAP_NET_ADMIN and CAP_NET_RAW");
    return;
  }
  const Folder folder;
  fs::copy("/bin/cat", folder.path + "/bowline-dataplane");
  const OpenInput input;
  Child child("bowline-dataplane", folder.path);
  auto started = child.start({65'534, 65'534}, Keep::kDevices);
  if (!started) FAIL(started.error());
  CHECK(status_line(child.pid(), "Uid").starts_with("0\t"));
  const auto bits = [&child](const char* set) {
    return std::stoull(status_line(child.pid(), set), nullptr, 16);
  };
  const auto bit = [](unsigned capability) { return 1ULL << capability; };
  const unsigned long long net = bit(CAP_NET_ADMIN) | bit(CAP_NET_RAW);
  const unsigned long long most = net | bit(CAP_IPC_LOCK) | bit(CAP_SYS_ADMIN) |
                                  bit(CAP_SYS_RAWIO) | bit(CAP_SETUID) | bit(CAP_SETGID) |
                                  bit(CAP_SETPCAP);
  for (const char* set : {"CapPrm", "CapEff", "CapBnd", "CapAmb"}) {
    INFO(set);
    CHECK((bits(set) & net) == net);
    CHECK((bits(set) & ~most) == 0);
  }
  CHECK(status_line(child.pid(), "NoNewPrivs") == "1");
  child.kill(SIGKILL);
  CHECK(::waitpid(child.pid(), nullptr, 0) == child.pid());
}

TEST_CASE("children that die before they are ready end a first start") {
  const Folder folder;
  folder.script("bowline-control", "exit 3");
  folder.script("bowline-dataplane", "exec sleep 1000");
  auto config = control::config::load_config_text("server:\n  rundir: " + folder.path + "\n",
                                                  "test.conf", {false, false});
  REQUIRE(config);
  sigset_t before;
  REQUIRE(::sigprocmask(SIG_SETMASK, nullptr, &before) == 0);
  {
    Starter starter;
    Keeper keeper(*config, folder.path, {}, starter);
    REQUIRE(keeper.prepare());
    CHECK(keeper.run() == 1);
  }
  CHECK(::waitpid(-1, nullptr, WNOHANG) < 0);  // nobody is left behind
  REQUIRE(::sigprocmask(SIG_SETMASK, &before, nullptr) == 0);
}

TEST_CASE("the run folder is made with its parents, and two keepers do not share it") {
  const Folder folder;
  const std::string rundir = folder.path + "/a/b";
  REQUIRE(make_rundir(rundir, ::getuid(), ::getgid()));
  REQUIRE(make_rundir(rundir, ::getuid(), ::getgid()));
  {
    const auto first = lock_rundir(rundir);
    REQUIRE(first);
    const auto second = lock_rundir(rundir);
    REQUIRE_FALSE(second);
    CHECK(second.error() == rundir + " is in use: another bowlined runs (PID " +
                                std::to_string(::getpid()) + "); stop it or change server.rundir");
  }
  CHECK(lock_rundir(rundir));
  std::ofstream(folder.path + "/file");
  CHECK_FALSE(make_rundir(folder.path + "/file", ::getuid(), ::getgid()));
}

TEST_CASE("a PID file is written once, and goes with its daemon") {
  const Folder folder;
  const std::string path = folder.path + "/bowline.pid";
  {
    auto first = PidFile::create(path);
    REQUIRE(first);
    std::string pid;
    std::getline(std::ifstream(path) >> std::ws, pid);
    CHECK(pid == std::to_string(::getpid()));
    auto second = PidFile::create(path);
    REQUIRE_FALSE(second);
    CHECK(second.error() ==
          path + " is in use: another bowlined runs; stop it or change server.pidfile");
  }
  CHECK_FALSE(fs::exists(path));
  CHECK(PidFile::create(path));
}
