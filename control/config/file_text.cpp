// Whole files as text.
#include "control/config/file_text.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace bowline::control::config {
namespace {

constexpr off_t kMaxFileSize = off_t{1} << 30;  // ten million zones; places are 32 bits

dns::Result<std::string> read_open(int file) {
  struct stat status {};
  if (fstat(file, &status) != 0) return dns::Error{std::strerror(errno)};
  if (!S_ISREG(status.st_mode)) return dns::Error{"not a regular file"};
  if (status.st_size > kMaxFileSize) return dns::Error{"larger than 1 GiB"};
  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t filled = 0;
  while (filled < text.size()) {
    const ssize_t got = read(file, text.data() + filled, text.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return dns::Error{std::strerror(errno)};
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  text.resize(filled);
  return text;
}

}  // namespace

dns::Result<std::string> read_whole_file(const std::string& path) {
  // Not blocking, so that a named pipe in the place of a file is an error and no hang.
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return dns::Error{std::strerror(errno)};
  auto text = read_open(file);
  close(file);
  return text;
}

}  // namespace bowline::control::config
