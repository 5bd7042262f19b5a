// TcpServer: plain TCP on one stream thread (RFC 7766).
//
// Requests are answered as they come, in bursts, by the same code as those of the workers; what
// control must answer is asked, and its reply sent whenever it comes, in any order (RFC 7766
// 6.2.1.1). A client that does not read its replies is not read from either. One thread, but for
// TcpClients.
//
//   tcp.cpp           the loop, clients that come and go, limits
//   tcp_messages.cpp  octets in and out, requests and replies
#pragma once

#include <sys/uio.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "answer/query.h"
#include "answer/scratch.h"
#include "dataplane/stream/clients.h"
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
// Octets that all clients of a thread may make it hold: requests that came in part, replies that
// they do not read. Beyond it who holds most goes. Hundreds of slow clients are served; an attacker
// with any number of connections costs ten threads 160 MiB.
inline constexpr std::size_t kMaxHeld = 16 << 20;
inline constexpr std::size_t kStreamBurst = 16;       // requests answered together
inline constexpr unsigned kAcceptsPerRound = 64;      // so that a flood of SYNs starves no client
// Clients above tcp-max-clients for the moment in which another thread gives up a place.
inline constexpr std::uint32_t kClientsInExcess = kAcceptsPerRound;
// Clients looked at to find the one to give up: all that a thread usually has, at some 10 us.
inline constexpr std::uint32_t kMaxVictimsSeen = 4096;
// When there are no descriptors or memory for new clients, how long they wait before the next try.
inline constexpr std::uint64_t kAcceptPause_ms = 100;
// How long a client whose connection we end may go on sending, which is thrown away: some round
// trips, for closing at once would be a reset that destroys answers it has not read (RFC 1122
// 4.2.2.13).
inline constexpr std::uint64_t kEndWait_ms = 1000;
// A thread with clients looks for changed settings so often.
inline constexpr std::uint64_t kSettingsLook_ms = 1000;
inline constexpr std::uint64_t kControlWait_ms = kAskDeadline_ns / 1'000'000 + 1000;

// A listening socket of the keeper; all stream threads may share it, or it is this thread's
// (tcp-reuseport). Non-blocking; what clients inherit of it (TCP_NODELAY) is set.
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
    std::uint32_t held = 0;        // its part of held_
    std::uint16_t listener = 0;    // place in listeners_
    std::uint16_t asks = 0;        // without their final reply
    TcpClients::Group group = 0;   // of its prefix
    bool ended = false;            // the client sends no more
    bool refused = false;          // what it sends is not DNS and not looked at any more
    bool shut = false;             // we send no more
    bool ipv6 = false;
    bool local = false;            // on a UNIX socket
    bool may_be_proxied = false;   // a PROXY header may come before the first request
    std::unique_ptr<link::Endpoint> client;  // who it is, where the peer is a proxy
    RequestBuffer requests;
    ReplyQueue replies;

    unsigned outstanding() const { return asks + replies.messages(); }
    bool may_take() const {
      return !refused && outstanding() < kMaxOutstanding && replies.size() < kMaxUnsent;
    }
  };
  static_assert(sizeof(Connection) <= 128, "hardening 51: an idle client costs little");

  struct Frame {
    std::uint8_t octets[kLengthSize + dns::kMaxMessageSize + 1];
    std::uint8_t* message() { return octets + kLengthSize; }
  };

  // What an epoll event for a connection carries: with the generation, so that one for a client
  // that is gone does not hit its successor.
  static std::uint64_t event_of(Id id, std::uint32_t generation) {
    return std::uint64_t{generation} << 32 | id;
  }
  // Whether the call that just failed is to be tried again when there is an event.
  static bool would_block();

  void take_settings();
  int wait_ms(int timeout_ms) const;
  void handle_event(std::uint64_t data, std::uint32_t events);
  void drop_forgotten_asks();
  void expire();
  bool last_look(Id id);

  void listen();
  void pause_accepting();
  void accept_clients(std::uint16_t listener);
  bool make_room();
  bool make_place();
  void add_client(std::uint16_t listener, link::Fd socket, const link::Endpoint& peer);
  void close(Id id, link::Counter reason);
  void give_up_places();
  Id least_missed();
  void limit_held();

  void read(Id id);
  void write(Id id);
  void pass_on(const link::Reply& reply);

  // Each returns false if the connection was closed.
  bool take_proxy_header(Id id, dns::Bytes& stream, bool& wait);
  bool serve(Id id, dns::Bytes fresh);
  bool answer_batch(Id id, std::size_t count);
  bool send_batch(Id id, std::size_t count);
  bool flush(Id id);
  bool settle(Id id);

  Waiting waits_for(const Connection& connection) const;
  void count_held(Connection& connection);
  void watch_for(Id id, std::uint32_t interest);
  std::size_t take_batch(Connection& connection, dns::Bytes& stream);
  bool ask(Id id, const answer::Query& query);
  void count_request(const answer::Query& query, const Connection& connection);

  const std::vector<TcpListener> listeners_;
  const int doorbell_;
  ThreadLink& link_;
  TcpClients& clients_;
  const unsigned seat_;  // of this thread in clients_
  const Clock clock_;
  link::Fd epoll_;
  std::string failure_;
  std::uint64_t now_ms_ = 0;           // of this round
  std::uint64_t resume_ms_ = 0;        // when to accept again; 0: now
  std::uint32_t max_clients_ = 0;
  std::uint64_t exchange_number_ = 0;  // that the asks under way belong to
  std::size_t held_ = 0;               // octets in buffers of all connections
  Id next_seen_ = 0;                   // where least_missed() goes on looking
  Expiry expiry_;
  std::vector<Connection> connections_;
  std::vector<Id> free_;
  std::unique_ptr<answer::Query[]> queries_;
  std::unique_ptr<Frame[]> frames_;        // of queries_[i]
  std::array<iovec, kStreamBurst> batch_;  // replies to send, each with its length
  std::unique_ptr<Frame> input_;           // what read() just got
  std::unique_ptr<answer::Scratch> scratch_;
  bool restarted_ = false;  // the connection being served finished a request or reply
};

}  // namespace bowline::dataplane
