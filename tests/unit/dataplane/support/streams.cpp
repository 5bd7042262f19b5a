#include "streams.h"

#include <arpa/inet.h>
#include <catch2/catch.hpp>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <cerrno>

namespace bowline::dataplane::test {

using link::Counter;

std::uint64_t clock_ms = 0;

namespace {

std::uint64_t test_clock() { return clock_ms; }

link::Fd listen_on_loopback(sockaddr_in& address) {
  link::Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
  address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::listen(socket.get(), 256) == 0);
  const int buffer = 65536;  // of the accepted sockets too
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  REQUIRE(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  return socket;
}

}  // namespace

Streams::Streams(const link::Settings& settings, unsigned threads) : zone(1, settings) {
  clock_ms = 1'000'000;
  zone.publish();
  paired = std::make_unique<Paired>(zone, threads);
  listening = listen_on_loopback(address);
  for (unsigned i = 0; i < threads; ++i) {
    links.push_back(std::make_unique<ThreadLink>(i, paired->board));
    doorbells.emplace_back(::eventfd(0, EFD_NONBLOCK));
    servers.push_back(std::make_unique<TcpServer>(
        std::vector<TcpListener>{{listening.get(), 7, link::Role::kAuthoritative}},
        doorbells.back().get(), *links.back(), clients, &test_clock));
    REQUIRE(servers.back()->failure().empty());
  }
}

void Streams::turn(int timeout_ms) {
  for (const auto& server : servers) server->turn(timeout_ms);
}

std::uint64_t Streams::count(Counter counter) {
  turn(0);  // commits
  return paired->count(counter);
}

Client::Client(Streams& setup, int receive_buffer, unsigned host, unsigned acceptor)
    : setup_(setup), socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
  if (receive_buffer != 0) {
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  sockaddr_in own{};
  own.sin_family = AF_INET;
  own.sin_addr.s_addr = htonl(0x7f000000 + host);
  REQUIRE(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&own), sizeof own) == 0);
  REQUIRE(::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&setup.address),
                    sizeof setup.address) == 0);
  const std::uint64_t before = setup.paired->count(Counter::tcp_accepted);
  for (int i = 0; i < kTurns && setup.paired->count(Counter::tcp_accepted) == before; ++i) {
    setup.servers[acceptor]->turn(1);
  }
}

std::size_t Client::send(const Octets& octets) {
  const ssize_t sent =
      ::send(socket_.get(), octets.data(), octets.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  return sent < 0 ? 0 : static_cast<std::size_t>(sent);
}

void Client::send_all(const Octets& octets) {
  for (std::size_t at = 0; at < octets.size();) {
    at += send(Octets(octets.begin() + static_cast<long>(at), octets.end()));
    setup_.turn(0);
  }
}

void Client::end() { ::shutdown(socket_.get(), SHUT_WR); }

void Client::reset() {
  const linger at_once{1, 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  socket_.reset();
}

Octets Client::receive() {
  for (int i = 0; i < kTurns; ++i) {
    if (kept_.size() >= 2 && kept_.size() >= 2U + dns::load_u16(kept_.data())) {
      const std::size_t size = dns::load_u16(kept_.data());
      const Octets message(kept_.begin() + 2, kept_.begin() + 2 + static_cast<long>(size));
      kept_.erase(kept_.begin(), kept_.begin() + 2 + static_cast<long>(size));
      return message;
    }
    if (!read_some()) return {};
  }
  return {};
}

bool Client::is_closed() {
  for (int i = 0; i < kTurns && !closed_; ++i) {
    if (!read_some()) break;
    if (!kept_.empty()) return false;
  }
  return closed_;
}

bool Client::is_open() {
  setup_.turn(0);
  setup_.turn(0);
  std::uint8_t octet;
  return ::recv(socket_.get(), &octet, 1, MSG_DONTWAIT | MSG_PEEK) < 0 && errno == EAGAIN;
}

bool Client::read_some() {
  setup_.turn(1);
  std::uint8_t octets[65536];
  const ssize_t size = ::recv(socket_.get(), octets, sizeof octets, MSG_DONTWAIT);
  if (size > 0) kept_.insert(kept_.end(), octets, octets + size);
  reset_ = size < 0 && errno == ECONNRESET;
  closed_ = size == 0 || (size < 0 && errno != EAGAIN);
  return !closed_;
}

Octets framed(const Octets& message) {
  Octets octets = {static_cast<std::uint8_t>(message.size() >> 8),
                   static_cast<std::uint8_t>(message.size())};
  append(octets, message);
  return octets;
}

Octets question(std::uint16_t id, const char* name, std::uint16_t type) {
  return framed(make_question(name, type, id));
}

std::uint16_t id_of(const Octets& message) { return dns::load_u16(&message.at(0)); }

void append(Octets& to, const Octets& more) { to.insert(to.end(), more.begin(), more.end()); }

}  // namespace bowline::dataplane::test
