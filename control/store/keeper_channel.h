// KeeperChannel: what control sends to the keeper. Any thread may send, one message at a time; only
// the main thread receives (link/handover.h), so the two directions never meet.
#pragma once

#include <mutex>
#include <string_view>

#include "link/handover.h"

namespace bowline::control::store {

class KeeperChannel {
 public:
  KeeperChannel(int socket, std::uint64_t generation) : socket_(socket), generation_(generation) {}

  std::uint64_t generation() const { return generation_; }

  // False: the keeper is gone, so this process ends soon.
  bool send(link::HandoverMessage message, int fd = -1) {
    message.generation = generation_;
    const std::lock_guard lock(mutex_);
    return link::send_handover(socket_, message,
                               fd < 0 ? std::span<const int>() : std::span<const int>(&fd, 1)) ==
           link::Send::kSent;
  }
  bool send(link::HandoverType type, std::string_view text = {}, std::uint64_t pairing = 0) {
    link::HandoverMessage message;
    message.type = type;
    message.pairing = pairing;
    message.set_text(text);
    return send(message);
  }

 private:
  std::mutex mutex_;
  const int socket_;
  const std::uint64_t generation_;
};

}  // namespace bowline::control::store
