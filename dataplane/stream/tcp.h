// TcpServer: plain TCP on one stream thread (RFC 7766).
//
// Requests are answered as they come, in bursts, by the same code as those of the workers; what
// control must answer is asked, and its reply sent whenever it comes, in any order (RFC 7766
// 6.2.1.1). A client that does not read its replies is not read from either. One thread, but for
// TcpClients.
#pragma once

#include <sys/uio.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "answer/query.h"
#include "answer/scratch.h"
#include "dataplane/stream/connection.h"
#include "dataplane/stream/expiry.h"
#include "dataplane/thread_link.h"
#include "link/context.h"
#include "link/outcome.h"

namespace bowline::dataplane {

// Requests of one connection under way: asked, or answered and unsent. As BIND: enough to keep a
// resolver's pipeline full over a long way, too few to fill memory.
inline constexpr unsigned kMaxOutstanding = 23;
// Octets of unsent replies after which nothing more is answered: two of the largest.
inline constexpr std::size_t kMaxUnsent = 128 << 10;
inline constexpr std::size_t kStreamBurst = 16;       // requests answered together
inline constexpr unsigned kAcceptsPerRound = 64;      // so that a flood of SYNs starves no client
inline constexpr std::uint64_t kControlWait_ms = kAskDeadline_ns / 1'000'000 + 1000;

// Connections of all stream threads: tcp-max-clients is their common limit.
using TcpClients = std::atomic<std::uint32_t>;

// A listening socket of the keeper; all stream threads may share it.
struct TcpListener {
  int socket = -1;
  std::uint16_t index = 0;
  link::Role role = link::Role::kAuthoritative;
};

class TcpServer {
 public:
  using Clock = std::uint64_t (*)();  // milliseconds that only grow

  // The sockets and `doorbell`, the thread's eventfd, stay the caller's.
  TcpServer(std::vector<TcpListener> listeners, int doorbell, ThreadLink& link,
            TcpClients& clients, Clock clock = &monotonic_ms);
  ~TcpServer();
  TcpServer(const TcpServer&) = delete;
  TcpServer& operator=(const TcpServer&) = delete;

  // What keeps it from working, or nothing: to be asked once after construction.
  const std::string& failure() const { return failure_; }

  // Serves until the process is to end.
  void run();
  // Waits for events at most `timeout_ms` (-1: as long as no time limit passes), and handles them.
  void turn(int timeout_ms);

  static std::uint64_t monotonic_ms() { return monotonic_ns() / 1'000'000; }

 private:
  using Id = Expiry::Id;

  struct Connection {
    link::Fd socket;
    std::uint32_t generation = 0;  // grows with each client of this slot
    std::uint32_t interest = 0;    // what epoll watches for
    std::uint16_t listener = 0;    // place in listeners_
    std::uint16_t asks = 0;        // without their final reply
    bool ended = false;            // the client sends no more
    bool ipv6 = false;
    RequestBuffer requests;
    ReplyQueue replies;

    unsigned outstanding() const { return asks + replies.messages(); }
    bool may_take() const {
      return outstanding() < kMaxOutstanding && replies.size() < kMaxUnsent;
    }
  };
  static_assert(sizeof(Connection) <= 512, "hardening 51: an idle client costs little");

  struct Frame {
    std::uint8_t octets[kLengthSize + dns::kMaxMessageSize + 1];
    std::uint8_t* message() { return octets + kLengthSize; }
  };

  void take_settings();
  int wait_ms(int timeout_ms) const;
  void handle_event(std::uint64_t data, std::uint32_t events);
  void drop_forgotten_asks();
  void expire();

  void accept_clients(std::uint16_t listener);
  void add_client(std::uint16_t listener, link::Fd socket);
  void close(Id id, link::Counter reason);

  void read(Id id);
  void write(Id id);
  void pass_on(const link::Reply& reply);

  // Each returns false if the connection was closed.
  bool serve(Id id, dns::Bytes fresh);
  bool answer_batch(Id id, std::size_t count);
  bool send_batch(Id id, std::size_t count);
  bool flush(Id id);
  bool settle(Id id);

  std::size_t take_batch(Connection& connection, dns::Bytes& stream);
  bool ask(Id id, const answer::Query& query);
  void count_request(const answer::Query& query, bool ipv6);

  const std::vector<TcpListener> listeners_;
  const int doorbell_;
  ThreadLink& link_;
  TcpClients& clients_;
  const Clock clock_;
  link::Fd epoll_;
  std::string failure_;
  std::uint64_t now_ms_ = 0;          // of this round
  std::uint32_t max_clients_ = 0;
  std::uint64_t exchange_number_ = 0;  // that the asks under way belong to
  Expiry expiry_;
  std::vector<Connection> connections_;
  std::vector<Id> free_;
  std::unique_ptr<answer::Query[]> queries_;
  std::unique_ptr<Frame[]> frames_;      // of queries_[i]
  std::array<iovec, kStreamBurst> batch_;  // replies to send, each with its length
  std::unique_ptr<Frame> input_;         // what read() just got
  std::unique_ptr<answer::Scratch> scratch_;
  bool restarted_ = false;  // the connection being served finished a request or reply
};

}  // namespace bowline::dataplane
