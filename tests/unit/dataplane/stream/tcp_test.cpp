// TcpServer over loopback: messages, in whatever pieces, and replies, in whatever order.
#include "dataplane/stream/tcp.h"

#include <arpa/inet.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "../support/streams.h"

namespace bowline::dataplane::test {
namespace {

using link::Counter;

TEST_CASE("tcp: pipelined questions, in whatever pieces") {
  Streams setup;
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
  Streams setup;
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
  Streams setup;
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
  Streams setup;
  Client client(setup, 65536);
  Octets wire;
  constexpr std::uint16_t kQuestions = 100;
  for (std::uint16_t id = 0; id < kQuestions; ++id) {
    const Octets one = question(id, "large.example.test.", 16);
    wire.insert(wire.end(), one.begin(), one.end());
  }
  const std::size_t sent = client.send(wire);
  for (int i = 0; i < 50; ++i) setup.turn(0);
  // Some 4 MB would have been made by now; the sockets' buffers and kMaxUnsent are what was.
  CHECK(setup.count(Counter::bytes_sent) < 1'000'000);
  client.send_all(Octets(wire.begin() + static_cast<long>(sent), wire.end()));
  std::uint64_t received = 0, most_waiting = 0;
  for (std::uint16_t id = 0; id < kQuestions; ++id) {
    const Octets reply = client.receive();
    REQUIRE(reply.size() > 40'000);
    CHECK(id_of(reply) == id);
    received += reply.size();
    // The first ones were answered before anybody knew that they are large.
    const bool known = id > kStreamBurst + kMaxUnsent / 40'000;
    if (known) most_waiting = std::max(most_waiting, setup.count(Counter::bytes_sent) - received);
  }
  CHECK(most_waiting < 650'000);  // kMaxUnsent, one reply more, and the sockets' buffers
  CHECK(client.is_open());
}

TEST_CASE("tcp: who does not read cannot send without end") {
  Streams setup;
  Client client(setup, 4096);
  Octets wire;
  for (std::uint16_t id = 0; id < 2000; ++id) {
    append(wire, question(id, "large.example.test.", 16));
  }
  constexpr std::size_t kEnough = 12 << 20;  // more than the sockets take
  std::size_t sent = 0;
  for (int in_vain = 0; in_vain < 50 && sent < kEnough; ++in_vain) {
    if (const std::size_t more = client.send(wire); more != 0) {
      sent += more;  // cut anywhere: all that is behind it waits, too
      in_vain = 0;
    }
    setup.turn(0);
  }
  CHECK(sent < kEnough);
  CHECK(setup.count(Counter::tcp_over_memory) == 0);
  CHECK(setup.clients.total() == 1);
}

// The next ask of the server, after as many turns as it takes.
link::Ask next_ask(Streams& setup, Service& service) {
  for (int i = 0; i < kTurns; ++i) {
    if (const auto ask = service.take()) return *ask;
    setup.turn(1);
  }
  FAIL("no ask came");
  return {};
}

TEST_CASE("tcp: a message without a header ends the connection, after what came before") {
  Streams setup;
  Client client(setup, 4096);
  Octets wire;
  for (std::uint16_t id = 0; id < 10; ++id) {
    append(wire, question(id, "large.example.test.", 16));
  }
  append(wire, {0, 3, 1, 2, 3});
  append(wire, question(99));  // not looked at any more
  client.send_all(wire);
  for (int i = 0; i < 20; ++i) setup.turn(0);
  client.send_all(question(98));  // and this not even read, when the end is near
  for (std::uint16_t id = 0; id < 10; ++id) CHECK(id_of(client.receive()) == id);
  CHECK(client.is_closed());
  CHECK_FALSE(client.was_reset());
  CHECK(setup.count(Counter::tcp_closed_malformed) == 1);
  SECTION("the client's end is the end") {
    client.end();
    for (int i = 0; i < kTurns && setup.clients.total() != 0; ++i) setup.turn(1);
    CHECK(setup.clients.total() == 0);
  }
  SECTION("a client that goes on has little time for it") {
    for (std::uint64_t ms = 0; ms < kEndWait_ms; ms += 100) {
      CHECK(setup.clients.total() == 1);
      client.send(question(97));
      clock_ms += 100;
      setup.turn(1);
    }
    CHECK(setup.clients.total() == 0);
  }
  CHECK(setup.count(Counter::tcp_closed_malformed) == 1);
  CHECK(setup.count(Counter::tcp_closed_by_peer) == 0);
  CHECK(setup.count(Counter::tcp_closed_error) == 0);
  CHECK(setup.count(Counter::tcp_closed_io) == 0);
}

TEST_CASE("tcp: a message without a header while control is asked: its answer still comes") {
  Streams setup;
  Service service(setup.paired->exchange(), 0);
  Client client(setup);
  client.send_all(question(1, "example.test.", 252));
  client.send_all({0, 1, 7});
  const link::ClientContext context = next_ask(setup, service).header.context;
  CHECK(client.is_open());
  REQUIRE(service.reply(context, Octets(40, 1)));
  CHECK(client.receive().size() == 40);
  CHECK(client.is_closed());
}

TEST_CASE("tcp: what is not DNS") {
  Streams setup;
  Client client(setup);
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

TEST_CASE("tcp: asks are answered in any order, between other answers") {
  Streams setup;
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
  Streams setup;
  Service service(setup.paired->exchange(), 0);
  link::ClientContext context;
  {
    Client client(setup);
    client.send_all(question(1, "example.test.", 252));
    context = next_ask(setup, service).header.context;
  }
  clock_ms += kControlWait_ms;
  setup.turn(0);
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
  Streams setup;
  Service service(setup.paired->exchange(), 0);
  Client client(setup);
  for (std::uint16_t id = 0; id < 40; ++id) client.send_all(question(id, "example.test.", 252));
  for (int i = 0; i < 20; ++i) setup.turn(1);
  CHECK(setup.count(Counter::asks) == kMaxOutstanding);
  const link::ClientContext context = next_ask(setup, service).header.context;
  REQUIRE(service.reply(context, Octets(20, 1)));
  CHECK(client.receive().size() == 20);
  CHECK(setup.count(Counter::asks) == kMaxOutstanding + 1);
}

}  // namespace
}  // namespace bowline::dataplane::test
