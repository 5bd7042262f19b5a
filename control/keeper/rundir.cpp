#include "control/keeper/rundir.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace bowline::control::keeper {

namespace {

dns::Error fault(const char* what, const std::string& path, const char* option) {
  return {fmt::format("cannot {} {}: {}: check {} and who may write there", what, path,
                      std::strerror(errno), option)};
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

dns::Result<PidFile> PidFile::create(const std::string& path) {
  link::Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!fd) return fault("write the file", path, "server.pidfile");
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    std::array<char, 32> text{};
    const ssize_t got = ::pread(fd.get(), text.data(), text.size() - 1, 0);
    const std::string pid(text.data(), got > 0 ? std::strcspn(text.data(), "\n") : 0);
    return dns::Error{
        fmt::format("{} is in use: another bowlined runs (PID {}); stop it or change server.rundir",
                    path, pid)};
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
