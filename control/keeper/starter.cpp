#include "control/keeper/starter.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace bowline::control::keeper {

namespace {

constexpr char kReady = '\0';  // in the pipe: no text of an error begins so

void say(const std::string& why) {
  std::fprintf(stderr, "bowlined: %s%s", why.c_str(), why.ends_with('\n') ? "" : "\n");
}

// In front: until the daemon says how it went. A daemon that dies says nothing.
[[noreturn]] void wait_for(const link::Fd& pipe, pid_t daemon) {
  std::string words;
  std::array<char, 4096> buffer;
  for (;;) {
    const ssize_t got = ::read(pipe.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    words.append(buffer.data(), static_cast<std::size_t>(got));
    if (words.front() == kReady) ::_exit(0);
  }
  if (words.empty()) {
    int status = 0;
    (void)::waitpid(daemon, &status, 0);
    words = WIFSIGNALED(status)
                ? fmt::format("the daemon was killed by signal {} before it was ready",
                              WTERMSIG(status))
                : "the daemon ended before it was ready; its log says why";
  }
  say(words);
  ::_exit(1);
}

// Who started us may wait for the end of our output; what is worth reading is in the log.
bool leave_terminal() {
  const link::Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null || ::setsid() < 0) return false;
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::dup2(null.get(), stream) != stream) return false;
  }
  return true;
}

}  // namespace

dns::Result<Starter> Starter::go_to_background(const std::string& folder) {
  const auto fault = [](const std::string& what) {
    return dns::Error{fmt::format("cannot run as a daemon: {}: {}", what, std::strerror(errno))};
  };
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fault("pipe");
  const link::Fd front(ends[0]);
  Starter starter;
  starter.pipe_ = link::Fd(ends[1]);
  starter.is_daemon_ = true;
  std::fflush(nullptr);
  const pid_t pid = ::fork();
  if (pid < 0) return fault("fork");
  if (pid > 0) {
    starter.pipe_.reset();
    // A service manager that started this one shall look after the daemon.
    (void)::sd_notifyf(0, "MAINPID=%d", static_cast<int>(pid));
    wait_for(front, pid);
  }
  std::string what;
  if (!leave_terminal()) what = "session";
  if (::chdir(folder.c_str()) != 0) what = "folder " + folder;
  if (what.empty()) return starter;
  starter.failed(fault(what).message);
  ::_exit(1);
}

void Starter::ready() {
  if (pipe_) (void)!::write(pipe_.get(), &kReady, 1);
  pipe_.reset();
}

void Starter::failed(const std::string& why) {
  if (!is_daemon_) return say(why);
  // Open until we end: then the run folder is free for another start.
  if (pipe_) (void)!::write(pipe_.get(), why.data(), why.size());
}

}  // namespace bowline::control::keeper
