// Clients and servers of TCP on loopback: the test is the client and turns the servers by hand,
// with a clock of its own.
#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "dataplane/stream/tcp.h"
#include "frames.h"
#include "small_zone.h"

namespace bowline::dataplane::test {

extern std::uint64_t clock_ms;

// Turns of a millisecond at most, until something that must come has come.
inline constexpr int kTurns = 2000;

// As many stream threads as wanted, all listening to one socket.
struct Streams {
  explicit Streams(const link::Settings& settings = {}, unsigned threads = 1);

  // Turns each server once.
  void turn(int timeout_ms);
  // Over all threads, with what is not committed yet.
  std::uint64_t count(link::Counter counter);

  SmallZone zone;
  std::unique_ptr<Paired> paired;
  TcpClients clients;
  sockaddr_in address{};
  link::Fd listening;
  std::vector<link::Fd> doorbells;
  std::vector<std::unique_ptr<ThreadLink>> links;
  std::vector<std::unique_ptr<TcpServer>> servers;
};

class Client {
 public:
  // From 127.0.0.`host`; `acceptor`: the only server that is turned until one has accepted it.
  explicit Client(Streams& setup, int receive_buffer = 0, unsigned host = 1, unsigned acceptor = 0);

  // As much as the socket takes now.
  std::size_t send(const Octets& octets);
  void send_all(const Octets& octets);
  void end();
  void reset();

  // The next message; empty if the server ended the connection, or nothing came.
  Octets receive();
  // Whether the server ends the connection, with nothing before that.
  bool is_closed();
  bool is_open();
  bool was_reset() const { return reset_; }

 private:
  bool read_some();

  Streams& setup_;
  link::Fd socket_;
  Octets kept_;
  bool closed_ = false;
  bool reset_ = false;
};

// With its length before it.
Octets framed(const Octets& message);
Octets question(std::uint16_t id, const char* name = "www.example.test.", std::uint16_t type = 1);
std::uint16_t id_of(const Octets& message);
void append(Octets& to, const Octets& more);

}  // namespace bowline::dataplane::test
