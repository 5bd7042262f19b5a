#include "control/api/request.h"

#include <pwd.h>
#include <sys/socket.h>

#include <array>
#include <cstdio>
#include <memory>

namespace bowline::control::api {

namespace {

constexpr std::size_t kPasswdRoom = 4096;  // a line of /etc/passwd

// A flag that is absent is off. False: it is there and no truth value.
bool read_flag(const Json& content, const char* name, bool& flag) {
  const auto found = content.find(name);
  if (found == content.end()) return true;
  if (!found->is_boolean()) return false;
  flag = found->get<bool>();
  return true;
}

// From the file alone: a directory service would be waited for.
std::string user_name(uid_t uid) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen("/etc/passwd", "re"),
                                                             std::fclose);
  std::array<char, kPasswdRoom> room;
  passwd entry{};
  passwd* found = nullptr;
  while (file && ::fgetpwent_r(file.get(), &entry, room.data(), room.size(), &found) == 0) {
    if (found->pw_uid == uid) return found->pw_name;
  }
  return std::to_string(uid);
}

}  // namespace

std::optional<Request> read_request(const Json& content) {
  if (!content.is_object()) return std::nullopt;
  Request request;
  const auto verb = content.find("verb");
  if (verb == content.end() || !verb->is_string()) return std::nullopt;
  request.verb = verb->get<std::string>();
  if (const auto arguments = content.find("args"); arguments != content.end()) {
    if (!arguments->is_array()) return std::nullopt;
    for (const Json& argument : *arguments) {
      if (!argument.is_string()) return std::nullopt;
      request.arguments.push_back(argument.get<std::string>());
    }
  }
  if (!read_flag(content, "force", request.force) ||
      !read_flag(content, "blocking", request.blocking) ||
      !read_flag(content, "extended", request.extended)) {
    return std::nullopt;
  }
  return request;
}

Peer find_peer(int socket) {
  Peer peer;
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0) {
    peer.pid = credentials.pid;
    peer.uid = credentials.uid;
  }
  peer.user = user_name(peer.uid);
  return peer;
}

}  // namespace bowline::control::api
