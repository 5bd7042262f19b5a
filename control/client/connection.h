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

// One request.
struct Ask {
  std::vector<std::string> words;  // the verb and its arguments
  bool force = false;
  bool blocking = false;
  bool extended = false;
};

class Connection {
 public:
  // `timeout_s`: the longest silence of the server while it is asked; 0: no limit. The error says
  // what to do.
  static dns::Result<Connection> open(const std::string& path, unsigned timeout_s);

  dns::Result<void> send(const Ask& ask);
  // The next frame: {"row"}, {"text"}, {"progress"} or {"end"}.
  dns::Result<api::Json> receive();

  int fd() const { return socket_.get(); }

 private:
  Connection(link::Fd socket, int timeout_ms)
      : socket_(std::move(socket)), timeout_ms_(timeout_ms) {}

  link::Fd socket_;
  int timeout_ms_;  // -1: none
  std::string buffer_;
};

}  // namespace bowline::control::client
