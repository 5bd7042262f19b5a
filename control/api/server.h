// Server: the UNIX sockets on which bowlinec reaches control.
//
// One thread, that of control's main loop: poll poll_fd(), then call handle_events(). Clients are
// many, slow, idle or hostile: each has one request at a time, bounded buffers, and a time after
// which it is disconnected; when there are too many, the one that has been idle longest goes.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "control/api/request.h"
#include "control/api/response.h"
#include "dns/result.h"
#include "link/outcome.h"

namespace bowline::control::api {

class Server {
 public:
  // People, scripts and monitoring are some ten at a time. What all of these can hold at most,
  // each a request in part or an answer that is not taken, is some 200 MiB.
  static constexpr std::size_t kMaxClients = 1024;
  static constexpr std::size_t kMaxUnsent = 64 << 10;  // then a producer waits for the client

  struct Options {
    // What receiving a request, from its first octet on, taking a part of an answer, and doing
    // nothing at all may last each; 0: no limit.
    std::uint64_t timeout_ms = 0;
    int backlog = 5;
  };
  using Handler = std::function<void(const Request&, std::shared_ptr<Response>)>;

  // Listens on each path; whoever may write to the socket file may connect: its owner and group.
  // A socket file that is left from before is replaced.
  static dns::Result<std::unique_ptr<Server>> open(const std::vector<std::string>& paths,
                                                   const Options& options, Handler handler);
  ~Server();

  // Options::timeout_ms from here on; on the thread of handle_events().
  void set_timeout(std::uint64_t timeout_ms) { options_.timeout_ms = timeout_ms; }
  int poll_fd() const { return epoll_.get(); }
  // REQUIRES: `now_ms` of a monotonic clock. Never blocks.
  void handle_events(std::uint64_t now_ms);
  std::size_t clients() const { return clients_.size(); }

 private:
  struct Client {
    link::Fd socket;
    Peer peer;
    std::string in;
    std::string out;
    std::size_t sent = 0;  // of `out`
    std::shared_ptr<Response> response;
    std::uint64_t active_ms = 0;  // when its present operation began
    bool ended = false;  // its last frame is in `out`
  };
  struct SocketFile {
    std::string path;
    ino_t inode;
  };
  using Clients = std::unordered_map<std::uint64_t, Client>;

  Server(const Options& options, Handler handler);
  dns::Result<void> listen(const std::string& path);
  bool watch(int fd, std::uint64_t id, std::uint32_t events, bool add);
  void accept(std::size_t listener, std::uint64_t now_ms);
  void make_room();
  bool read(Client& client, std::uint64_t now_ms);
  bool start_request(std::uint64_t id, Client& client);
  void fetch_outbox(std::uint64_t now_ms);
  // False: the client is to be disconnected.
  bool write(std::uint64_t id, Client& client, std::uint64_t now_ms);
  void end_late(std::uint64_t now_ms);

  Options options_;
  Handler handler_;
  link::Fd epoll_;
  std::shared_ptr<Outbox> outbox_;
  std::vector<link::Fd> listeners_;
  std::vector<SocketFile> files_;
  Clients clients_;
  std::uint64_t next_id_ = 0;
  std::uint64_t swept_ms_ = 0;
};

}  // namespace bowline::control::api
