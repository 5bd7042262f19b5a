// A log file that can be opened again.
#include "control/log/file_sink.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "control/config/file_rights.h"

namespace bowline::control::log {
namespace {

constexpr mode_t kFileMode = 0640;  // logs name clients: not for everybody

int open_as(const Owner& owner, const std::string& path, int flags) {
  const config::FileRights rights(owner.uid, owner.gid);
  return ::open(path.c_str(), flags, kFileMode);
}

dns::Result<int> open_file(const std::string& path, const Owner& owner) {
  // Where another user may write, root follows no link that this user could have made.
  const bool foreign = ::geteuid() == 0 && owner.uid != 0;
  const int flags =
      O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | (foreign ? O_NOFOLLOW : 0);
  const int file = owner.chose_paths ? open_as(owner, path, flags)
                                     : ::open(path.c_str(), flags, kFileMode);
  if (file < 0) {
    return dns::Error{"cannot open the log file " + path + ": " + std::strerror(errno) +
                      "; check the directory and its owner"};
  }
  struct stat found {};
  const bool own = ::fstat(file, &found) == 0 && S_ISREG(found.st_mode) && found.st_nlink == 1;
  if (foreign && !owner.chose_paths && own && found.st_uid == 0) {
    (void)!::fchown(file, owner.uid, owner.gid);
  }
  return file;
}

}  // namespace

dns::Result<std::shared_ptr<FileSink>> FileSink::open(const std::string& path, const Owner& owner) {
  const auto file = open_file(path, owner);
  if (!file) return dns::Error{file.error()};
  return std::make_shared<FileSink>(path, owner, *file);
}

FileSink::~FileSink() { close(file_); }

dns::Result<void> FileSink::reopen() {
  const auto file = open_file(path_, owner_);
  if (!file) return dns::Error{file.error()};
  const std::lock_guard lock(mutex_);
  close(file_);
  file_ = *file;
  return {};
}

void FileSink::sink_it_(const spdlog::details::log_msg& message) {
  spdlog::memory_buf_t line;
  formatter_->format(message, line);
  const char* at = line.data();
  std::size_t left = line.size();
  while (left > 0) {
    const ssize_t written = ::write(file_, at, left);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // a full disk loses lines, never the service
    at += written;
    left -= static_cast<std::size_t>(written);
  }
}

}  // namespace bowline::control::log
