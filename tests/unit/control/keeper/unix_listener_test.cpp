// UNIX sockets of server.listen: what is there before, who may connect, what is left.
#include "control/keeper/unix_listener.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace {

using namespace bowline;
using namespace control::keeper;
namespace fs = std::filesystem;

struct Folder {
  Folder() { REQUIRE(::mkdtemp(path.data()) != nullptr); }
  ~Folder() { fs::remove_all(path); }
  std::string file(const char* name) const { return path + "/" + name; }
  std::string path = "/tmp/bowline-unix-XXXXXX";
};

bool connects(const std::string& path) {
  const link::Fd socket(::socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return ::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

TEST_CASE("unix: listens for its user and group, and leaves nothing behind") {
  const Folder folder;
  const std::string path = folder.file("dns.sock");
  const Identity owner{::geteuid() == 0 ? 12345U : ::geteuid(),
                       ::geteuid() == 0 ? 12346U : ::getegid()};
  const mode_t mask = ::umask(022);
  {
    auto opened = open_unix_listener(path, owner);
    if (!opened) FAIL(opened.error());
    CHECK(connects(path));
    CHECK(link::Fd(::accept(opened->socket.get(), nullptr, nullptr)));
    struct stat found {};
    REQUIRE(::lstat(path.c_str(), &found) == 0);
    CHECK(S_ISSOCK(found.st_mode));
    CHECK((found.st_mode & 0777) == 0660);
    CHECK(found.st_uid == owner.uid);
    CHECK(found.st_gid == owner.gid);
    CHECK(::umask(022) == 022);  // as before
    const UnixListener moved = std::move(*opened);
    CHECK(connects(path));
  }
  CHECK_FALSE(fs::exists(fs::symlink_status(path)));
  (void)::umask(mask);
}

TEST_CASE("unix: what a killed server left is replaced, nothing else is") {
  const Folder folder;
  const std::string path = folder.file("dns.sock");
  const Identity self{::geteuid(), ::getegid()};
  {
    auto killed = open_unix_listener(path, self);
    REQUIRE(killed);
    const auto second = open_unix_listener(path, self);
    REQUIRE_FALSE(second);
    CHECK(second.error().find("another server listens there") != std::string::npos);
    CHECK(connects(path));
    killed->socket.reset();
    CHECK(fs::exists(path));
    CHECK(open_unix_listener(path, self));
  }
  std::ofstream(path) << "precious";
  const auto refused = open_unix_listener(path, self);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().find("something else than a socket") != std::string::npos);
  CHECK(fs::file_size(path) == 8);
}

TEST_CASE("unix: a place that cannot be is named") {
  const Folder folder;
  const auto missing = open_unix_listener(folder.file("no/dns.sock"), {});
  REQUIRE_FALSE(missing);
  CHECK(missing.error().find("/no/dns.sock: No such file") != std::string::npos);
  const auto too_long = open_unix_listener(folder.file(std::string(120, 'x').c_str()), {});
  REQUIRE_FALSE(too_long);
  CHECK(too_long.error().find("File name too long") != std::string::npos);
}
