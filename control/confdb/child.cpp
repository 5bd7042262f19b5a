#include "control/confdb/child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "link/outcome.h"

namespace bowline::control::confdb {

namespace {

constexpr int kFailed = 3;  // the text is the error; other codes are those of a crash
constexpr int kPipeInChild = 3;
constexpr std::size_t kReadAtOnce = 64 << 10;

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t put = ::write(fd, text.data(), text.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(put));
  }
  return true;
}

[[noreturn]] void be_child(int pipe, const std::function<dns::Result<void>(const Sink&)>& work) {
  for (const int signal : {SIGSEGV, SIGBUS, SIGABRT, SIGPIPE, SIGTERM, SIGINT}) {
    (void)::signal(signal, SIG_DFL);
  }
  const rlimit none{0, 0};
  (void)::setrlimit(RLIMIT_CORE, &none);
  (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::dup3(pipe, kPipeInChild, O_CLOEXEC) < 0 && errno != EINVAL) ::_exit(kFailed);
  (void)::close_range(kPipeInChild + 1, ~0U, 0);
  const auto done = work([](std::string_view text) { return write_all(kPipeInChild, text); });
  if (!done) (void)write_all(kPipeInChild, done.error());
  ::_exit(done ? 0 : kFailed);
}

// Everything that comes, up to one octet too many.
std::string read_all(int fd) {
  std::string text;
  std::array<char, kReadAtOnce> octets;
  while (text.size() <= kMaxFromChild) {
    const ssize_t got = ::read(fd, octets.data(), octets.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    text.append(octets.data(), static_cast<std::size_t>(got));
  }
  return text;
}

int wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

}  // namespace

dns::Result<std::string> run_in_child(const std::string& what,
                                      const std::function<dns::Result<void>(const Sink&)>& work) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return dns::Error{what + ": " + std::strerror(errno)};
  link::Fd reading(ends[0]);
  link::Fd writing(ends[1]);
  const pid_t pid = ::fork();
  if (pid < 0) return dns::Error{what + ": cannot read it in a child: " + std::strerror(errno)};
  if (pid == 0) be_child(writing.get(), work);
  writing.reset();
  std::string text = read_all(reading.get());
  const bool too_much = text.size() > kMaxFromChild;
  if (too_much) (void)::kill(pid, SIGKILL);
  const int status = wait_for(pid);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return text;
  if (WIFEXITED(status) && WEXITSTATUS(status) == kFailed) return dns::Error{std::move(text)};
  const std::string how = too_much               ? "it has no end"
                          : WIFSIGNALED(status) ? strsignal(WTERMSIG(status))
                                                : "code " + std::to_string(WEXITSTATUS(status));
  return dns::Error{what + " is damaged: reading it ended with: " + how +
                    ": put a copy back, or remove it and conf-import a file"};
}

}  // namespace bowline::control::confdb
