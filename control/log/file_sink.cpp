// A log file that can be opened again, and the system log.
#include "control/log/file_sink.h"

#include <fcntl.h>
#include <syslog.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "control/log/levels.h"

namespace bowline::control::log {
namespace {

constexpr mode_t kFileMode = 0640;  // logs name clients: not for everybody

dns::Result<int> open_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, kFileMode);
  if (file < 0) {
    return dns::Error{"cannot open the log file " + path + ": " + std::strerror(errno) +
                      "; check the directory and its owner"};
  }
  return file;
}

int syslog_priority(Level level) {
  switch (level) {
    case Level::kCritical: return LOG_CRIT;
    case Level::kError: return LOG_ERR;
    case Level::kWarning: return LOG_WARNING;
    case Level::kNotice: return LOG_NOTICE;
    case Level::kInfo: return LOG_INFO;
    case Level::kDebug:
    case Level::kNone: break;
  }
  return LOG_DEBUG;
}

}  // namespace

dns::Result<std::shared_ptr<FileSink>> FileSink::open(const std::string& path) {
  const auto file = open_file(path);
  if (!file) return dns::Error{file.error()};
  return std::make_shared<FileSink>(path, *file);
}

FileSink::~FileSink() { close(file_); }

dns::Result<void> FileSink::reopen() {
  const auto file = open_file(path_);
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

void SyslogSink::sink_it_(const spdlog::details::log_msg& message) {
  ::syslog(LOG_DAEMON | syslog_priority(from_spdlog(message.level)), "%.*s",
           static_cast<int>(message.payload.size()), message.payload.data());
}

}  // namespace bowline::control::log
