// Connection: the client's end of the control protocol (control/api/protocol.h).
//
// One thread. Blocks, but no longer than its timeout.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "control/api/protocol.h"
#include "dns/result.h"
#include "link/outcome.h"

namespace bowline::control::client {

class Connection {
 public:
  // The error says what to do.
  static dns::Result<Connection> open(const std::string& path, unsigned timeout_s);

  dns::Result<void> send(const std::string& verb, const std::vector<std::string>& arguments);
  // The next frame: {"row"}, {"text"} or {"end"}.
  dns::Result<api::Json> receive();

 private:
  Connection(link::Fd socket, int timeout_ms)
      : socket_(std::move(socket)), timeout_ms_(timeout_ms) {}

  link::Fd socket_;
  int timeout_ms_;  // -1: none
  std::string buffer_;
};

}  // namespace bowline::control::client
