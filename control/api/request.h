// Request: what one client asks for, and who asks.
//
// Values; made by the server's thread, then anybody's.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "control/api/protocol.h"

namespace bowline::control::api {

// Who is at the other end, as the kernel says (SO_PEERCRED).
struct Peer {
  pid_t pid = 0;
  uid_t uid = static_cast<uid_t>(-1);
  std::string user;  // name of `uid`, or its digits; for the log and the history
};

struct Request {
  std::string verb;
  std::vector<std::string> arguments;
  bool force = false;     // overrides some checks; counters of value 0, too
  bool blocking = false;  // answer when the work is done, not when it is begun
  bool extended = false;  // show empty values, too
  Peer peer;
};

// Reads a request but for its peer. Nothing: it is not what protocol.h says.
std::optional<Request> read_request(const Json& content);

// Who is connected to this socket. Where the kernel does not say, nobody: uid -1.
Peer find_peer(int socket);

}  // namespace bowline::control::api
