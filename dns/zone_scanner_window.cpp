// Filling and moving the window over a zone file.
#include "dns/zone_scanner_window.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <climits>
#include <cstring>

namespace bowline::dns {
namespace {

constexpr std::size_t kMaxCapacity = kMaxEntrySize + 1;            // and the last line feed
constexpr std::size_t kLeastGrown = std::size_t{64} << 10;  // for a file that grew since open()

}  // namespace

ZoneWindow::~ZoneWindow() {
  if (fd_ >= 0) ::close(fd_);
}

std::string ZoneWindow::open(const std::string& path) {
  // Without O_NONBLOCK a named pipe would wait for a writer before it is refused.
  fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd_ < 0) return std::strerror(errno);
  struct stat status {};
  if (::fstat(fd_, &status) != 0) return std::strerror(errno);
  if (!S_ISREG(status.st_mode)) {
    return S_ISDIR(status.st_mode) ? "it is a directory" : "it is not a regular file";
  }
  public_ = (status.st_mode & S_IROTH) != 0;
  start(static_cast<std::uint64_t>(status.st_size));
  return {};
}

// Asked of the descriptor, so that it is the path of what is read and not of what is there by now.
std::string ZoneWindow::real_path() const {
  std::array<char, PATH_MAX> path;
  const std::string link = "/proc/self/fd/" + std::to_string(fd_);
  const ssize_t size = ::readlink(link.c_str(), path.data(), path.size());
  return size <= 0 ? std::string() : std::string(path.data(), static_cast<std::size_t>(size));
}

void ZoneWindow::use(std::string_view text) {
  text_ = text;
  start(text.size());
}

// A small file gets a small buffer, with room for the read that finds the file's end. A buffer of
// an earlier use() is kept.
void ZoneWindow::start(std::uint64_t size) {
  size_ = size;
  done_ = 0;
  held_ = 0;
  ended_ = false;
  const std::size_t capacity = std::min<std::uint64_t>(size + 2, kWindowSize);
  if (capacity > capacity_) {
    capacity_ = capacity;
    buffer_ = std::make_unique<char[]>(capacity_ + 1 + kWindowPadding);
  }
  buffer_[0] = '\n';
}

ZoneWindow::More ZoneWindow::more(const char* keep) {
  assert(begin() <= keep && keep <= end() && !ended_);
  const std::size_t kept = static_cast<std::size_t>(end() - keep);
  if (kept > capacity_ / 2 && capacity_ < kMaxCapacity) {
    const std::size_t capacity = std::min(std::max(capacity_ * 2, kLeastGrown), kMaxCapacity);
    auto larger = std::make_unique<char[]>(capacity + 1 + kWindowPadding);
    std::memcpy(larger.get(), keep, kept);
    buffer_ = std::move(larger);
    capacity_ = capacity;
  } else if (kept >= kMaxEntrySize) {
    return More::kTooLong;
  } else {
    std::memmove(buffer_.get(), keep, kept);
  }
  held_ = kept;
  const bool good = fill();
  finish();
  return good ? More::kRead : More::kFailed;
}

// One octet of the capacity is left for the line feed that finish() may add.
bool ZoneWindow::fill() {
  while (held_ + 1 < capacity_) {
    const std::size_t room = capacity_ - 1 - held_;
    ssize_t count = 0;
    if (fd_ >= 0) {
      count = ::read(fd_, buffer_.get() + held_, room);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) {
        error_ = errno;
        ended_ = true;
        return false;
      }
    } else {
      count = static_cast<ssize_t>(text_.copy(buffer_.get() + held_, room));
      text_.remove_prefix(static_cast<std::size_t>(count));
    }
    if (count == 0) {
      ended_ = true;
      return true;
    }
    held_ += static_cast<std::size_t>(count);
    done_ += static_cast<std::uint64_t>(count);
  }
  return true;
}

void ZoneWindow::finish() {
  if (ended_ && held_ > 0 && buffer_[held_ - 1] != '\n') buffer_[held_++] = '\n';
  buffer_[held_] = '\n';
}

}  // namespace bowline::dns
