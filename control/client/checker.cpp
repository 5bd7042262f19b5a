#include "control/client/checker.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "control/client/interrupt.h"
#include "control/client/local.h"
#include "link/outcome.h"

extern char** environ;

namespace bowline::control::client {

namespace {

constexpr const char* kProgram = "bowline-control";
constexpr std::size_t kReadAtOnce = 64 << 10;

// Where this program lies, the other one does too.
std::string program_path() {
  std::array<char, 4096> path;
  const ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size());
  if (size <= 0) return kProgram;
  const std::string own(path.data(), static_cast<std::size_t>(size));
  return own.substr(0, own.rfind('/') + 1) + kProgram;
}

struct Child {
  pid_t pid = -1;
  link::Fd output;
};

dns::Result<Child> start(const std::vector<std::string>& words) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return dns::Error{fmt::format("cannot make a pipe: {}", std::strerror(errno))};
  }
  Child child;
  child.output = link::Fd(ends[0]);
  const link::Fd theirs(ends[1]);
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, theirs.get(), STDOUT_FILENO);
  posix_spawnattr_t attributes;
  const sigset_t mask = Interrupt::mask_for_children();
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  ::posix_spawnattr_setsigmask(&attributes, &mask);
  const int error =
      ::posix_spawn(&child.pid, words[0].c_str(), &actions, &attributes, arguments.data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    return dns::Error{fmt::format("cannot run {}: {}: it belongs beside bowlinec", words[0],
                                  std::strerror(error))};
  }
  return child;
}

// Prints the frames of the answer. False: it broke off.
bool print_answer(int output, Printer& printer, bool& ok) {
  std::string buffer;
  for (;;) {
    api::Json frame;
    switch (api::take_frame(buffer, api::kMaxFrame, frame)) {
      case api::Frame::kComplete:
        if (const auto end = frame.find("end"); end != frame.end()) {
          ok = printer.end(*end);
          return true;
        }
        printer.take(frame);
        continue;
      case api::Frame::kPartial:
        break;
      default:
        return false;
    }
    std::array<char, kReadAtOnce> octets;
    const ssize_t got = ::read(output, octets.data(), octets.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    buffer.append(octets.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace

int check_zones(const Options& options, const std::vector<std::string>& words, Printer& printer) {
  std::vector<std::string> command = {program_path(), "--zone-check", source_of(options).to_text()};
  if (options.force) command.push_back("--force");
  command.push_back("--");
  command.insert(command.end(), words.begin() + 1, words.end());
  auto child = start(command);
  if (!child) {
    printer.abandon(child.error());
    return kFailed;
  }
  bool ok = false;
  const bool is_whole = print_answer(child->output.get(), printer, ok);
  child->output.reset();
  while (::waitpid(child->pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  if (!is_whole) printer.abandon("bowline-control ended before its answer did");
  return ok ? kDone : kFailed;
}

}  // namespace bowline::control::client
