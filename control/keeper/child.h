// Child: one process that the keeper starts, with its end of the handover channel.
//
// Messages that the child does not take at once wait in a queue, with copies of their descriptors.
// The keeper's thread only.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <vector>

#include "control/keeper/privileges.h"
#include "control/keeper/restart_policy.h"
#include "dns/result.h"
#include "link/handover.h"

namespace bowline::control::keeper {

enum class Keep : std::uint8_t {
  kNothing,  // no capability
  kDevices,  // what it takes to open devices, and the keeper's user; it gives them up itself
};

class Child {
 public:
  // `name`: of the executable in `folder`, and how the process is called.
  Child(std::string name, std::string folder)
      : name_(std::move(name)), path_(std::move(folder) + "/" + name_) {}

  // Starts the process. REQUIRES: !running().
  dns::Result<void> start(const Identity& identity, Keep keep = Keep::kNothing);

  const std::string& name() const { return name_; }
  bool running() const { return pid_ > 0; }
  pid_t pid() const { return pid_; }
  int channel() const { return channel_.get(); }
  bool has_queue() const { return !queue_.empty(); }

  // Without a process these do nothing. The descriptors are copied.
  // REQUIRES: fds.size() <= link::kMaxHandoverFds.
  void send(const link::HandoverMessage& message, std::span<const int> fds = {});
  void send(const link::HandoverMessage& message, int fd) { send(message, std::span(&fd, 1)); }
  void flush();
  void kill(int signal) const;

  // The process has been waited for.
  void died();

  RestartPolicy policy;
  bool ready = false;            // since this start
  std::string state;             // what it last said of itself, for people
  std::uint64_t start_at_ms = 0;  // when to start again; 0: nothing is planned
  std::uint64_t starts = 0;

 private:
  struct Waiting {
    link::HandoverMessage message;
    std::vector<link::Fd> fds;
  };

  std::string name_;
  std::string path_;
  pid_t pid_ = 0;
  link::Fd channel_;
  std::deque<Waiting> queue_;
};

}  // namespace bowline::control::keeper
