#include "control/client/connection.h"

#include <grp.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "control/client/interrupt.h"

namespace bowline::control::client {

namespace {

constexpr std::size_t kReadAtOnce = 64 << 10;

// Who owns the socket may use it, and who is in its group; the folders above it must let them pass.
std::string no_permission(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) {
    return fmt::format(
        "no permission to look into the folder of {}: run bowlinec as root or as "
        "the server's user",
        path);
  }
  const passwd* const user = ::getpwuid(::geteuid());
  const std::string me = user != nullptr ? user->pw_name : std::to_string(::geteuid());
  const group* const owners = ::getgrgid(found.st_gid);
  const std::string group = owners != nullptr ? owners->gr_name : std::to_string(found.st_gid);
  if (found.st_gid == 0) {
    return fmt::format(
        "no permission to use {}: run bowlinec as root, or set server.user so that "
        "the socket gets a group that {} can join",
        path, me);
  }
  return fmt::format(
      "no permission to use {}: add yourself to its group (usermod -aG {} {}, then "
      "log in anew), or run bowlinec as root",
      path, group, me);
}

std::string explain_connect_error(const std::string& path, int error) {
  switch (error) {
    case ENOENT:
      return fmt::format(
          "no control socket at {}: start bowlined, or name the right place with -s SOCKET or -c "
          "FILE",
          path);
    case ECONNREFUSED:
      return fmt::format(
          "nobody listens on {}: bowline-control does not run; start bowlined, or wait "
          "if it is just being restarted",
          path);
    case EACCES:
      return no_permission(path);
    case EAGAIN:
      return fmt::format("{} has too many clients waiting: try again", path);
    default:
      return fmt::format("cannot connect to {}: {}", path, std::strerror(error));
  }
}

}  // namespace

dns::Result<Connection> Connection::open(const std::string& path, unsigned timeout_s) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return dns::Error{fmt::format("the path of the control socket is too long: {}", path)};
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  link::Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket ||
      ::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    return dns::Error{explain_connect_error(path, errno)};
  }
  return Connection(std::move(socket), timeout_s == 0 ? -1 : static_cast<int>(timeout_s) * 1000);
}

dns::Result<void> Connection::send(const Ask& ask) {
  const std::vector<std::string> arguments(ask.words.begin() + 1, ask.words.end());
  std::string frame;
  api::append_frame(frame, {{"verb", ask.words.front()},
                            {"args", arguments},
                            {"force", ask.force},
                            {"blocking", ask.blocking},
                            {"extended", ask.extended}});
  if (frame.size() > api::kMaxRequest) {
    return dns::Error{"too many arguments for one command: name fewer zones"};
  }
  for (std::size_t sent = 0; sent < frame.size();) {
    const ssize_t now =
        ::send(socket_.get(), frame.data() + sent, frame.size() - sent, MSG_NOSIGNAL);
    if (now < 0 && errno != EINTR) {
      return dns::Error{fmt::format("control does not take the command: {}", std::strerror(errno))};
    }
    if (now > 0) sent += static_cast<std::size_t>(now);
  }
  return {};
}

dns::Result<api::Json> Connection::receive() {
  for (;;) {
    api::Json content;
    switch (api::take_frame(buffer_, api::kMaxFrame, content)) {
      case api::Frame::kComplete:
        return content;
      case api::Frame::kPartial:
        break;
      default:
        return dns::Error{"control answers in an unknown way: is it of another version?"};
    }
    pollfd wanted{socket_.get(), POLLIN, 0};
    const int ready = Interrupt::poll(&wanted, 1, timeout_ms_);
    if (ready < 0 && errno == EINTR) {
      if (Interrupt::is_set()) return dns::Error{"interrupted; what was begun goes on"};
      continue;
    }
    if (ready == 0) {
      return dns::Error{
          fmt::format("no answer within {} seconds: it may still be at work; see "
                      "'bowlinec status', or wait longer with -t",
                      timeout_ms_ / 1000)};
    }
    std::array<char, kReadAtOnce> octets;
    const ssize_t got = ::recv(socket_.get(), octets.data(), octets.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return dns::Error{"control ended the connection: it stops or is being restarted"};
    buffer_.append(octets.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace bowline::control::client
