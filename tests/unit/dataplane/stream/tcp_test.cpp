// TcpServer over loopback: the test is the client and turns the server by hand, with a clock of its
// own.
#include "dataplane/stream/tcp.h"

#include <arpa/inet.h>
#include <catch2/catch.hpp>
#include <cstring>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "../support/frames.h"
#include "../support/small_zone.h"

namespace bowline::dataplane::test {
namespace {

using link::Counter;

std::uint64_t clock_ms = 0;
std::uint64_t test_clock() { return clock_ms; }

constexpr int kTurns = 2000;  // of a millisecond at most: until something that must come has come

link::Fd listen_on_loopback(sockaddr_in& address) {
  link::Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
  address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::listen(socket.get(), 64) == 0);
  const int send_buffer = 65536;  // of the accepted sockets too
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof send_buffer);
  REQUIRE(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  return socket;
}

struct Setup {
  explicit Setup(const link::Settings& settings = {}) : zone(1, settings) {
    clock_ms = 1'000'000;
    zone.publish();
    paired = std::make_unique<Paired>(zone);
    link = std::make_unique<ThreadLink>(0, paired->board);
    listening = listen_on_loopback(address);
    doorbell = link::Fd(::eventfd(0, EFD_NONBLOCK));
    server = std::make_unique<TcpServer>(
        std::vector<TcpListener>{{listening.get(), 7, link::Role::kAuthoritative}}, doorbell.get(),
        *link, clients, &test_clock);
    REQUIRE(server->failure().empty());
  }

  std::uint64_t count(Counter counter) {
    server->turn(0);  // commits
    return paired->count(counter);
  }

  SmallZone zone;
  std::unique_ptr<Paired> paired;
  std::unique_ptr<ThreadLink> link;
  TcpClients clients;
  sockaddr_in address;
  link::Fd listening;
  link::Fd doorbell;
  std::unique_ptr<TcpServer> server;
};

class Client {
 public:
  explicit Client(Setup& setup, int receive_buffer = 0)
      : setup_(setup), socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    if (receive_buffer != 0) {
      ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    REQUIRE(::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&setup.address),
                      sizeof setup.address) == 0);
    const std::uint64_t before = setup.paired->count(Counter::tcp_accepted);
    for (int i = 0; i < kTurns && setup.paired->count(Counter::tcp_accepted) == before; ++i) {
      setup.server->turn(1);
    }
  }

  // As much as the socket takes now.
  std::size_t send(const Octets& octets) {
    const ssize_t sent = ::send(socket_.get(), octets.data(), octets.size(),
                                MSG_DONTWAIT | MSG_NOSIGNAL);
    return sent < 0 ? 0 : static_cast<std::size_t>(sent);
  }
  void send_all(const Octets& octets) {
    for (std::size_t at = 0; at < octets.size();) {
      at += send(Octets(octets.begin() + static_cast<long>(at), octets.end()));
      setup_.server->turn(0);
    }
  }
  void end() { ::shutdown(socket_.get(), SHUT_WR); }

  // The next message; empty if the server ended the connection, or nothing came.
  Octets receive() {
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
  // Whether the server ends the connection, with nothing before that.
  bool is_closed() {
    for (int i = 0; i < kTurns && !closed_; ++i) {
      if (!read_some()) break;
      if (!kept_.empty()) return false;
    }
    return closed_;
  }
  bool is_open() {
    setup_.server->turn(0);
    setup_.server->turn(0);
    std::uint8_t octet;
    return ::recv(socket_.get(), &octet, 1, MSG_DONTWAIT | MSG_PEEK) < 0 && errno == EAGAIN;
  }

 private:
  bool read_some() {
    setup_.server->turn(1);
    std::uint8_t octets[65536];
    const ssize_t size = ::recv(socket_.get(), octets, sizeof octets, MSG_DONTWAIT);
    if (size > 0) kept_.insert(kept_.end(), octets, octets + size);
    closed_ = size == 0 || (size < 0 && errno != EAGAIN);
    return !closed_;
  }

  Setup& setup_;
  link::Fd socket_;
  Octets kept_;
  bool closed_ = false;
};

Octets framed(const Octets& message) {
  Octets octets = {static_cast<std::uint8_t>(message.size() >> 8),
                   static_cast<std::uint8_t>(message.size())};
  octets.insert(octets.end(), message.begin(), message.end());
  return octets;
}

Octets question(std::uint16_t id, const char* name = "www.example.test.", std::uint16_t type = 1) {
  return framed(make_question(name, type, id));
}

std::uint16_t id_of(const Octets& message) { return dns::load_u16(&message.at(0)); }

TEST_CASE("tcp: pipelined questions, in whatever pieces") {
  Setup setup;
  Client client(setup);
  Octets wire;
  for (std::uint16_t id = 0; id < 100; ++id) {
    const Octets one = question(id, id % 2 == 0 ? "www.example.test." : "no.example.test.");
    wire.insert(wire.end(), one.begin(), one.end());
  }
  SECTION("at once") { client.send_all(wire); }
  SECTION("octet by octet") {
    for (const std::uint8_t octet : wire) client.send_all({octet});
  }
  for (std::uint16_t id = 0; id < 100; ++id) {
    const Octets reply = client.receive();
    REQUIRE(reply.size() > 12);
    CHECK(id_of(reply) == id);
    CHECK((reply[3] & 15) == (id % 2 == 0 ? 0 : 3));
  }
  CHECK(setup.count(Counter::received_tcp) == 100);
  CHECK(setup.count(Counter::rcode_nxdomain) == 50);
}

TEST_CASE("tcp: replies and requests as large as a message can be") {
  Setup setup;
  Client client(setup);
  client.send_all(question(1, "large.example.test.", 16));
  const Octets large = client.receive();
  CHECK(large.size() > 40'000);
  CHECK((large[2] & 2) == 0);
  Octets junk = make_question("www.example.test.", 1, 2);
  junk.resize(65535, 0xff);
  client.send_all(framed(junk));
  const Octets refused = client.receive();
  REQUIRE(refused.size() >= 12);
  CHECK(id_of(refused) == 2);
  CHECK((refused[3] & 15) == 1);
}

TEST_CASE("tcp: a client that ends its side still gets its answers") {
  Setup setup;
  Client client(setup);
  Octets wire;
  for (std::uint16_t id = 0; id < 3; ++id) {
    const Octets one = question(id, "large.example.test.", 16);
    wire.insert(wire.end(), one.begin(), one.end());
  }
  client.send_all(wire);
  client.end();
  for (std::uint16_t id = 0; id < 3; ++id) CHECK(client.receive().size() > 40'000);
  CHECK(client.is_closed());
  CHECK(setup.count(Counter::tcp_closed_by_peer) == 1);
  CHECK(setup.clients.total() == 0);
}

TEST_CASE("tcp: who does not read is not read from") {
  Setup setup;
  Client client(setup, 65536);
  Octets wire;
  constexpr std::uint16_t kQuestions = 100;
  for (std::uint16_t id = 0; id < kQuestions; ++id) {
    const Octets one = question(id, "large.example.test.", 16);
    wire.insert(wire.end(), one.begin(), one.end());
  }
  const std::size_t sent = client.send(wire);
  for (int i = 0; i < 50; ++i) setup.server->turn(0);
  // Some 4 MB would have been made by now; the sockets' buffers and kMaxUnsent are what was.
  CHECK(setup.count(Counter::bytes_sent) < 1'000'000);
  client.send_all(Octets(wire.begin() + static_cast<long>(sent), wire.end()));
  for (std::uint16_t id = 0; id < kQuestions; ++id) {
    const Octets reply = client.receive();
    REQUIRE(reply.size() > 40'000);
    CHECK(id_of(reply) == id);
  }
  CHECK(client.is_open());
}

TEST_CASE("tcp: time limits") {
  link::Settings settings;
  settings.tcp_idle_timeout_ms = 10'000;
  settings.tcp_io_timeout_ms = 500;
  Setup setup(settings);
  Client client(setup);
  SECTION("idle from the start") {
    clock_ms += 9'999;
    CHECK(client.is_open());
    clock_ms += 1;
    CHECK(client.is_closed());
    CHECK(setup.count(Counter::tcp_closed_idle) == 1);
  }
  SECTION("a question starts the time again") {
    clock_ms += 9'000;
    client.send_all(question(1));
    CHECK(id_of(client.receive()) == 1);
    clock_ms += 9'000;
    CHECK(client.is_open());
    clock_ms += 1'000;
    CHECK(client.is_closed());
  }
  SECTION("part of a question") {
    const Octets whole = question(1);
    client.send_all({whole[0], whole[1]});
    setup.server->turn(1);
    clock_ms += 400;
    client.send_all({whole[2]});  // slowly does not help
    setup.server->turn(1);
    CHECK(client.is_open());
    clock_ms += 100;
    CHECK(client.is_closed());
    CHECK(setup.count(Counter::tcp_closed_io) == 1);
  }
  SECTION("no limit for input and output") {
    settings.tcp_io_timeout_ms = 0;
    setup.zone.set_settings(settings);
    client.send_all({0});
    setup.server->turn(1);
    clock_ms += 1'000'000;
    CHECK(client.is_open());
  }
}

TEST_CASE("tcp: at the limit the longest idle goes") {
  link::Settings settings;
  settings.tcp_max_clients = 3;
  Setup setup(settings);
  Client first(setup);
  clock_ms += 10;
  Client second(setup);
  clock_ms += 10;
  Client third(setup);
  clock_ms += 10;
  first.send_all(question(1));
  CHECK(id_of(first.receive()) == 1);
  Client fourth(setup);
  CHECK(second.is_closed());
  CHECK(first.is_open());
  CHECK(third.is_open());
  fourth.send_all(question(4));
  CHECK(id_of(fourth.receive()) == 4);
  CHECK(setup.count(Counter::tcp_over_limit) == 1);
  CHECK(setup.clients.total() == 3);
}

TEST_CASE("tcp: what is not DNS") {
  Setup setup;
  Client client(setup);
  SECTION("a message without a header ends the connection, after what came before") {
    Octets wire = question(1);
    const Octets more = {0, 3, 1, 2, 3};
    wire.insert(wire.end(), more.begin(), more.end());
    client.send_all(wire);
    CHECK(id_of(client.receive()) == 1);
    CHECK(client.is_closed());
    CHECK(setup.count(Counter::tcp_closed_malformed) == 1);
  }
  SECTION("an empty message too") {
    client.send_all({0, 0});
    CHECK(client.is_closed());
  }
  SECTION("a response is passed over") {
    client.send_all(framed(make_question("www.example.test.", 1, 1, 0x8000)));
    client.send_all(question(2));
    CHECK(id_of(client.receive()) == 2);
    CHECK(setup.count(Counter::drop_is_response) == 1);
  }
}

// The next ask of the server, after as many turns as it takes.
link::Ask next_ask(Setup& setup, Service& service) {
  for (int i = 0; i < kTurns; ++i) {
    if (const auto ask = service.take()) return *ask;
    setup.server->turn(1);
  }
  FAIL("no ask came");
  return {};
}

TEST_CASE("tcp: asks are answered in any order, between other answers") {
  Setup setup;
  Service service(setup.paired->exchange(), 0);
  Client client(setup);
  client.send_all(question(1, "example.test.", 252));
  client.send_all(question(2, "example.test.", 252));
  client.send_all(question(3));
  const link::ClientContext first = next_ask(setup, service).header.context;
  const link::ClientContext second = next_ask(setup, service).header.context;
  CHECK(first.transport == link::Transport::kTcp);
  CHECK(first.listener == 7);
  CHECK(first.local.port == ntohs(setup.address.sin_port));
  CHECK(first.max_reply == 65535);
  CHECK(id_of(client.receive()) == 3);
  const Octets large(65535, 2);
  REQUIRE(service.reply(second, large));
  CHECK(client.receive() == large);
  client.end();  // and still waits for the first
  CHECK(client.is_open());
  REQUIRE(service.reply(first, Octets(30, 1), link::ReplyPart::kMore));
  REQUIRE(service.reply(first, Octets(31, 1)));
  CHECK(client.receive().size() == 30);
  CHECK(client.receive().size() == 31);
  CHECK(client.is_closed());
}

TEST_CASE("tcp: a reply for a client that is gone hits nobody") {
  Setup setup;
  Service service(setup.paired->exchange(), 0);
  link::ClientContext context;
  {
    Client client(setup);
    client.send_all(question(1, "example.test.", 252));
    context = next_ask(setup, service).header.context;
  }
  clock_ms += kControlWait_ms;
  setup.server->turn(0);
  Client successor(setup);  // takes the same slot
  successor.send_all(question(2, "example.test.", 252));
  const link::ClientContext current = next_ask(setup, service).header.context;
  CHECK(current.stream == context.stream);
  CHECK(current.stream_generation != context.stream_generation);
  REQUIRE(service.reply(context, Octets(20, 1)));
  REQUIRE(service.reply(current, Octets(21, 1)));
  CHECK(successor.receive().size() == 21);
  CHECK(setup.count(Counter::ask_stale) == 1);
}

TEST_CASE("tcp: no more than 23 requests of a client are under way") {
  Setup setup;
  Service service(setup.paired->exchange(), 0);
  Client client(setup);
  for (std::uint16_t id = 0; id < 40; ++id) client.send_all(question(id, "example.test.", 252));
  for (int i = 0; i < 20; ++i) setup.server->turn(1);
  CHECK(setup.count(Counter::asks) == kMaxOutstanding);
  const link::ClientContext context = next_ask(setup, service).header.context;
  REQUIRE(service.reply(context, Octets(20, 1)));
  CHECK(client.receive().size() == 20);
  CHECK(setup.count(Counter::asks) == kMaxOutstanding + 1);
}

}  // namespace
}  // namespace bowline::dataplane::test
