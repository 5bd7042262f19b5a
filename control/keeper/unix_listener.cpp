#include "control/keeper/unix_listener.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace bowline::control::keeper {

namespace {

// Clients that wait to be accepted; the kernel cuts it to net.core.somaxconn.
constexpr int kBacklog = 4096;
constexpr mode_t kNotOthers = 0117;  // of umask: read and write for user and group

dns::Error explain(const std::string& path, int error) {
  const char* advice = ": change server.listen";
  if (error == EACCES || error == ENOENT) {
    advice = ": make its folder, where bowlined may write, or change server.listen";
  }
  return dns::Error{fmt::format("cannot listen on {}: {}{}", path, std::strerror(error), advice)};
}

// Removes a socket that nobody listens on. Returns what is wrong with what is there; empty: there is
// nothing any more.
std::string clear_place(const sockaddr_un& address) {
  struct stat found {};
  if (::lstat(address.sun_path, &found) != 0) return {};
  if (!S_ISSOCK(found.st_mode)) return "something else than a socket is there";
  const link::Fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const auto* const name = reinterpret_cast<const sockaddr*>(&address);
  if (::connect(probe.get(), name, sizeof address) == 0 || errno == EAGAIN) {
    return "another server listens there";
  }
  (void)::unlink(address.sun_path);
  return {};
}

}  // namespace

SocketFile& SocketFile::operator=(SocketFile&& other) noexcept {
  std::swap(path_, other.path_);
  return *this;
}

SocketFile::~SocketFile() {
  if (!path_.empty()) (void)::unlink(path_.c_str());
}

dns::Result<UnixListener> open_unix_listener(const std::string& path, const Identity& owner) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return explain(path, ENAMETOOLONG);
  path.copy(address.sun_path, path.size());
  if (const std::string wrong = clear_place(address); !wrong.empty()) {
    return dns::Error{fmt::format("cannot listen on {}: {}: remove it or change server.listen",
                                  path, wrong)};
  }
  link::Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return explain(path, errno);
  // The mode comes with the name: a chmod() afterwards could hit what somebody put in its place.
  const mode_t before = ::umask(kNotOthers);
  const int bound =
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const int error = errno;
  (void)::umask(before);
  if (bound != 0) return explain(path, error);
  SocketFile file(path);
  if (::geteuid() == 0 && ::lchown(path.c_str(), owner.uid, owner.gid) != 0) {
    return explain(path, errno);
  }
  if (::listen(socket.get(), kBacklog) != 0) return explain(path, errno);
  return UnixListener{std::move(socket), std::move(file)};
}

}  // namespace bowline::control::keeper
