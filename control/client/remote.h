// Remote: commands that the running server carries out.
//
// One thread. Every call is a connection of its own, for the server ends idle ones.
#pragma once

#include <functional>
#include <string>

#include "control/client/connection.h"
#include "control/client/options.h"
#include "dns/result.h"

namespace bowline::control::client {

class Remote {
 public:
  // Reads the configuration if the socket is not named by -s. The error says what to do.
  static dns::Result<Remote> find(const Options& options);

  Remote(std::string socket, unsigned timeout_s)
      : socket_(std::move(socket)), timeout_s_(timeout_s) {}

  struct Failure {
    int code = kDone;  // kNotReached or kNoAnswer; kDone: there is an end
    std::string error;
  };
  // Hands each frame of the answer to `take`, the one with "end" too; false from it ends the
  // connection.
  Failure ask(const Ask& ask, const std::function<bool(const api::Json&)>& take) const;

  const std::string& socket() const { return socket_; }
  void set_timeout(unsigned timeout_s) { timeout_s_ = timeout_s; }

 private:
  std::string socket_;
  unsigned timeout_s_;
};

}  // namespace bowline::control::client
