#include "control/keeper/rundir.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

namespace bowline::control::keeper {

namespace {

dns::Error fault(const char* what, const std::string& path, const char* option) {
  return {fmt::format("cannot {} {}: {}: check {} and who may write there", what, path,
                      std::strerror(errno), option)};
}

// The process that holds a lock on this file, as the kernel tells; 0: unknown.
pid_t locker_of(const struct stat& file) {
  const std::string wanted = fmt::format("{:02x}:{:02x}:{}", major(file.st_dev),
                                         minor(file.st_dev), file.st_ino);
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    std::istringstream words(line);  // "1: FLOCK  ADVISORY  WRITE 714 fd:01:1043 0 EOF"
    std::string number, kind, mode, access, place;
    pid_t pid = 0;
    if (words >> number >> kind >> mode >> access >> pid >> place && place == wanted) return pid;
  }
  return 0;
}

}  // namespace

dns::Result<void> make_rundir(const std::string& path, uid_t uid, gid_t gid) {
  struct stat found {};
  if (::stat(path.c_str(), &found) == 0) {
    if (S_ISDIR(found.st_mode)) return {};
    errno = ENOTDIR;
    return fault("use the folder", path, "server.rundir");
  }
  for (std::size_t slash = path.find('/', 1); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    const std::string parent = path.substr(0, slash);
    if (::mkdir(parent.c_str(), 0755) != 0 && errno != EEXIST) {
      return fault("make the folder", parent, "server.rundir");
    }
  }
  if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) {
    return fault("make the folder", path, "server.rundir");
  }
  const bool foreign = uid != ::geteuid() || gid != ::getegid();
  if (foreign && ::chown(path.c_str(), uid, gid) != 0) {
    return fault("give away the folder", path, "server.user");
  }
  return {};
}

dns::Result<link::Fd> lock_rundir(const std::string& path) {
  link::Fd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  struct stat found {};
  if (!folder || ::fstat(folder.get(), &found) != 0) {
    return fault("open the folder", path, "server.rundir");
  }
  if (::flock(folder.get(), LOCK_EX | LOCK_NB) == 0) return folder;
  if (errno != EWOULDBLOCK) return fault("lock the folder", path, "server.rundir");
  const pid_t pid = locker_of(found);
  return dns::Error{fmt::format(
      "{} is in use: another bowlined runs{}; stop it or change server.rundir", path,
      pid > 0 ? fmt::format(" (PID {})", pid) : "")};
}

dns::Result<PidFile> PidFile::create(const std::string& path) {
  link::Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!fd) return fault("write the file", path, "server.pidfile");
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    return dns::Error{fmt::format(
        "{} is in use: another bowlined runs; stop it or change server.pidfile", path)};
  }
  const std::string text = fmt::format("{}\n", ::getpid());
  if (::ftruncate(fd.get(), 0) != 0 ||
      ::pwrite(fd.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    return fault("write the file", path, "server.pidfile");
  }
  return PidFile(path, std::move(fd));
}

PidFile::~PidFile() {
  if (fd_) (void)::unlink(path_.c_str());
}

}  // namespace bowline::control::keeper
