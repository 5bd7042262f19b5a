// A UNIX socket in server.listen: a stream socket on which local clients speak DNS as over TCP.
//
// The keeper's thread only.
#pragma once

#include <string>
#include <utility>

#include "control/keeper/privileges.h"
#include "dns/result.h"
#include "link/outcome.h"

namespace bowline::control::keeper {

// The name of a socket in the file system; takes it away when it goes.
class SocketFile {
 public:
  SocketFile() = default;
  explicit SocketFile(std::string path) : path_(std::move(path)) {}
  SocketFile(SocketFile&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  SocketFile& operator=(SocketFile&& other) noexcept;
  SocketFile(const SocketFile&) = delete;
  SocketFile& operator=(const SocketFile&) = delete;
  ~SocketFile();

 private:
  std::string path_;
};

struct UnixListener {
  link::Fd socket;  // listens, non-blocking
  SocketFile file;
};

// Binds and listens. Who may connect are `owner`'s user and group, and root. What a killed server
// left at `path` is replaced; a socket that somebody listens on, or anything else there, is an error.
dns::Result<UnixListener> open_unix_listener(const std::string& path, const Identity& owner);

}  // namespace bowline::control::keeper
