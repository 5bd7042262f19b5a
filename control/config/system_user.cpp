// Users and groups of the system, by name.
#include "control/config/system_user.h"

#include <grp.h>
#include <pwd.h>

#include <vector>

namespace bowline::control::config {
namespace {

constexpr std::size_t kRecordSize = 16 * 1024;  // a group of a thousand members fits

dns::Error unknown(const char* what, const std::string& name) {
  return {std::string("the system has no ") + what + " \"" + name + "\""};
}

}  // namespace

dns::Result<User> find_system_user(std::string_view text) {
  const std::size_t colon = text.find(':');
  User result;
  result.user = text.substr(0, colon);
  std::vector<char> buffer(kRecordSize);
  passwd account{};
  passwd* found = nullptr;
  getpwnam_r(result.user.c_str(), &account, buffer.data(), buffer.size(), &found);
  if (found == nullptr) return unknown("user", result.user);
  result.uid = account.pw_uid;
  result.gid = account.pw_gid;
  group entry{};
  group* found_group = nullptr;
  if (colon == std::string_view::npos) {
    getgrgid_r(result.gid, &entry, buffer.data(), buffer.size(), &found_group);
    result.group = found_group != nullptr ? entry.gr_name : std::to_string(result.gid);
    return result;
  }
  result.group = text.substr(colon + 1);
  getgrnam_r(result.group.c_str(), &entry, buffer.data(), buffer.size(), &found_group);
  if (found_group == nullptr) return unknown("group", result.group);
  result.gid = entry.gr_gid;
  return result;
}

}  // namespace bowline::control::config
