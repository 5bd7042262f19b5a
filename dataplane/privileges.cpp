#include "dataplane/privileges.h"

#include <cap-ng.h>
#include <dirent.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "link/handover.h"

namespace bowline::dataplane {

using dns::Error;
using dns::Result;

namespace {

// A thread that has not followed after this many looks, a millisecond apart, never will: it blocks
// the signal.
constexpr int kLooks = 1000;
constexpr int kBetweenLooks_ms = 1;
// Tells a thread to give up its privileges. Libraries of device drivers use real-time signals.
constexpr int kSignal = SIGUSR2;

// ---- In any thread, also in a signal handler ----------------------------------------------------

std::atomic<unsigned> wanted_uid{0};
std::atomic<unsigned> wanted_gid{0};
std::atomic<bool> may_leave_groups{true};  // an unprivileged keeper's child keeps its own

bool holds_capability(unsigned capability) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  if (::syscall(SYS_capget, &header, data) != 0) return false;
  return (data[capability / 32].effective >> capability % 32 & 1) != 0;
}

// The calling thread alone: the C library's functions would have all threads wait for each other.
// What fails is seen when the result is read back.
void relinquish() {
  if (holds_capability(CAP_SETPCAP)) {
    for (unsigned long i = 0; ::prctl(PR_CAPBSET_READ, i, 0, 0, 0) >= 0; ++i) {
      (void)::prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
    }
  }
  const unsigned uid = wanted_uid.load(std::memory_order_relaxed);
  const unsigned gid = wanted_gid.load(std::memory_order_relaxed);
  (void)::syscall(SYS_setgroups, 0, nullptr);
  (void)::syscall(SYS_setresgid, gid, gid, gid);
  (void)::syscall(SYS_setresuid, uid, uid, uid);
  (void)::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const __user_cap_data_struct none[2] = {};
  (void)::syscall(SYS_capset, &header, none);
  (void)::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

void handle_signal(int) {
  const int kept = errno;
  relinquish();
  errno = kept;
}

// ---- In the main thread -------------------------------------------------------------------------

std::vector<int> threads_of_process() {
  std::vector<int> threads;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc/self/task"), &::closedir);
  if (!folder) return threads;
  while (const dirent* entry = ::readdir(folder.get())) {
    if (entry->d_name[0] != '.') threads.push_back(std::atoi(entry->d_name));
  }
  return threads;
}

bool is_repeated(std::istringstream& words, unsigned value) {
  unsigned long word = 0;
  int count = 0;
  while (words >> word) {
    if (word != value) return false;
    ++count;
  }
  return count == 4;  // real, effective, saved, of the file system
}

// Whether a line of /proc/self/task/N/status is of no concern, or as it should be.
bool is_harmless(const std::string& line) {
  std::istringstream words(line);
  std::string key;
  words >> key;
  if (key == "Uid:") return is_repeated(words, wanted_uid.load());
  if (key == "Gid:") return is_repeated(words, wanted_gid.load());
  std::string value;
  words >> value;
  if (key == "Groups:") return value.empty() || !may_leave_groups.load();
  if (key == "NoNewPrivs:") return value == "1";
  const bool capabilities = key == "CapInh:" || key == "CapPrm:" || key == "CapEff:" ||
                            key == "CapAmb:";
  return !capabilities || value.find_first_not_of('0') == std::string::npos;
}

// Nothing: the thread has no privilege left, or has ended.
std::string find_privilege(int thread) {
  std::ifstream status("/proc/self/task/" + std::to_string(thread) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (!is_harmless(line)) return line;
  }
  return {};
}

// One round: tells each thread that still has a privilege to give it up. Returns what one has.
Result<std::string> tell_threads() {
  const std::vector<int> threads = threads_of_process();
  if (threads.empty()) return Error{"cannot read /proc/self/task: /proc must be mounted"};
  std::string left;
  for (const int thread : threads) {
    const std::string privilege = find_privilege(thread);
    if (privilege.empty()) continue;
    left = "thread " + std::to_string(thread) + " still has " + privilege;
    (void)::syscall(SYS_tgkill, ::getpid(), thread, kSignal);
  }
  return left;
}

Result<void> close_to_others() {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
    return Error{"cannot close this process to others"};
  }
  return {};
}

}  // namespace

Result<void> give_up_privileges() {
  capng_clear(CAPNG_SELECT_ALL);
  // The keeper may have taken it; without it libcap-ng complains in the log of the system.
  if (holds_capability(CAP_SETPCAP)) (void)capng_apply(CAPNG_SELECT_BOUNDS);
  if (capng_apply(CAPNG_SELECT_CAPS) != 0 || capng_get_caps_process() != 0 ||
      capng_have_capabilities(CAPNG_SELECT_CAPS) != CAPNG_NONE) {
    return Error{"cannot give up capabilities"};
  }
  return close_to_others();
}

Result<void> give_up_privileges_everywhere(const Identity& identity) {
  wanted_uid.store(identity.uid);
  wanted_gid.store(identity.gid);
  may_leave_groups.store(holds_capability(CAP_SETGID));
  const pid_t keeper = ::getppid();
  struct sigaction action = {};
  struct sigaction before = {};
  action.sa_handler = &handle_signal;
  action.sa_flags = SA_RESTART;
  if (::sigaction(kSignal, &action, &before) != 0) return Error{"cannot handle a signal"};
  relinquish();
  Result<std::string> left = tell_threads();
  for (int i = 0; i < kLooks && left && !left->empty(); ++i) {
    (void)::poll(nullptr, 0, kBetweenLooks_ms);
    left = tell_threads();
  }
  (void)::sigaction(kSignal, &before, nullptr);
  if (!left) return Error{left.error()};
  if (!left->empty()) return Error{"cannot give up privileges: " + *left};
  // The change of user has cleared it; the keeper may have died meanwhile.
  (void)::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (::getppid() != keeper) return Error{"bowlined is gone"};
  return close_to_others();
}

std::optional<bool> are_privileges_needed(int channel) {
  link::HandoverMessage greeting;
  ssize_t size = 0;
  do {
    size = ::recv(channel, &greeting, sizeof greeting, MSG_PEEK);
  } while (size < 0 && errno == EINTR);
  const bool sound = size == sizeof greeting && greeting.magic == link::kMagic &&
                     greeting.abi == link::kAbi && greeting.type == link::HandoverType::kHello;
  if (!sound) return std::nullopt;
  return (greeting.flags & link::kDropPrivileges) != 0;
}

}  // namespace bowline::dataplane
