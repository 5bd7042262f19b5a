#include "control/keeper/child.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace bowline::control::keeper {

namespace {

constexpr int kReportFd = link::kHandoverFd + 1;  // closed by a successful exec()

// What the child could not do before exec().
struct StartFault {
  enum class Step : int { kDescriptors = 1, kPrivileges, kExec } step;
  int error;
};

[[noreturn]] void report_and_exit(StartFault::Step step, int error) {
  const StartFault fault{step, error};
  (void)!::write(kReportFd, &fault, sizeof fault);
  ::_exit(126);
}

// Leaves 0 to 2, the channel as kHandoverFd, and the report pipe.
bool arrange_descriptors(int channel, int report) {
  // Both may stand on the other's place: go through numbers that are surely free.
  const int high_channel = ::fcntl(channel, F_DUPFD_CLOEXEC, kReportFd + 1);
  const int high_report = ::fcntl(report, F_DUPFD_CLOEXEC, kReportFd + 1);
  if (high_channel < 0 || high_report < 0) return false;
  if (::dup2(high_report, kReportFd) < 0 || ::dup2(high_channel, link::kHandoverFd) < 0)
    return false;
  if (::fcntl(kReportFd, F_SETFD, FD_CLOEXEC) != 0) return false;
  return ::close_range(kReportFd + 1, ~0U, 0) == 0;
}

struct Launch {
  const char* path;
  const char* name;
  Identity identity;
  Keep keep;
  int channel;
  int report;
  pid_t keeper;
};

// In the child: from fork() to exec().
[[noreturn]] void become(const Launch& launch) {
  using Step = StartFault::Step;
  // A Ctrl-C in the keeper's terminal is for the keeper, which ends its children in order.
  (void)::setpgid(0, 0);
  sigset_t none;
  sigemptyset(&none);
  (void)::sigprocmask(SIG_SETMASK, &none, nullptr);
  (void)::signal(SIGPIPE, SIG_DFL);
  if (!arrange_descriptors(launch.channel, launch.report)) ::_exit(126);
  // Opened while every folder can still be entered: server.user may not be able to.
  const int executable = ::open(launch.path, O_PATH | O_CLOEXEC);
  if (executable < 0) report_and_exit(Step::kExec, errno);
  const int error = launch.keep == Keep::kDevices ? keep_device_privileges()
                                                  : drop_privileges(launch.identity);
  if (error != 0) report_and_exit(Step::kPrivileges, error);
  // After the change of user, which clears it. The keeper may have died before.
  (void)::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (::getppid() != launch.keeper) ::_exit(126);
  char* const arguments[] = {const_cast<char*>(launch.name), nullptr};
  (void)::execv(launch.path, arguments);
  if (errno == EACCES) (void)::fexecve(executable, arguments, environ);
  report_and_exit(Step::kExec, errno);
}

std::string explain(const StartFault& fault, const std::string& path, const Identity& identity) {
  switch (fault.step) {
    case StartFault::Step::kPrivileges:
      return fmt::format(
          "cannot start {} as user {} group {}: {}: start bowlined as root or change server.user",
          path, identity.uid, identity.gid, std::strerror(fault.error));
    default:
      return fmt::format("cannot start {}: {}: it must be installed beside bowlined", path,
                         std::strerror(fault.error));
  }
}

}  // namespace

dns::Result<void> Child::start(const Identity& identity, Keep keep) {
  auto pair = link::make_handover_pair();
  if (!pair) return dns::Error{pair.error()};
  int report[2];
  if (::pipe2(report, O_CLOEXEC) != 0) {
    return dns::Error{fmt::format("cannot start {}: {}", path_, std::strerror(errno))};
  }
  const link::Fd report_read(report[0]);
  link::Fd report_write(report[1]);
  const Launch launch{path_.c_str(), name_.c_str(),      identity,
                      keep,          pair->child.get(), report_write.get(),
                      ::getpid()};
  const pid_t pid = ::fork();
  if (pid < 0) return dns::Error{fmt::format("cannot start {}: {}", path_, std::strerror(errno))};
  if (pid == 0) become(launch);
  report_write.reset();
  pair->child.reset();
  StartFault fault{};
  ssize_t got = 0;
  do {
    got = ::read(report_read.get(), &fault, sizeof fault);
  } while (got < 0 && errno == EINTR);
  if (got == sizeof fault) {
    (void)::waitpid(pid, nullptr, 0);
    return dns::Error{explain(fault, path_, identity)};
  }
  pid_ = pid;
  channel_ = std::move(pair->keeper);
  ready = false;
  start_at_ms = 0;
  ++starts;
  return {};
}

void Child::send(const link::HandoverMessage& message, std::span<const int> fds) {
  if (!channel_) return;
  if (queue_.empty()) {
    const link::Send sent = link::send_handover(channel_.get(), message, fds);
    if (sent != link::Send::kFull) return;  // to a closed one nothing is sent: its death follows
  }
  Waiting waiting{message, {}};
  for (const int fd : fds) waiting.fds.emplace_back(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  queue_.push_back(std::move(waiting));
}

void Child::flush() {
  while (!queue_.empty()) {
    const Waiting& next = queue_.front();
    std::array<int, link::kMaxHandoverFds> fds{};
    std::transform(next.fds.begin(), next.fds.end(), fds.begin(),
                   [](const link::Fd& fd) { return fd.get(); });
    const link::Send sent = link::send_handover(channel_.get(), next.message,
                                                std::span(fds).first(next.fds.size()));
    if (sent == link::Send::kFull) return;
    queue_.pop_front();
  }
}

void Child::kill(int signal) const {
  if (running()) (void)::kill(pid_, signal);
}

void Child::died() {
  pid_ = 0;
  ready = false;
  channel_.reset();
  queue_.clear();
}

}  // namespace bowline::control::keeper
