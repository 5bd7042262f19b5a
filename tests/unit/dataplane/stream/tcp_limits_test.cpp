// TcpServer over loopback: how long a client may take, how many there may be, and who goes first.
#include "dataplane/stream/tcp.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "../support/streams.h"

namespace bowline::dataplane::test {
namespace {

using link::Counter;

TEST_CASE("tcp: time limits") {
  link::Settings settings;
  settings.tcp_idle_timeout_ms = 10'000;
  settings.tcp_io_timeout_ms = 500;
  Streams setup(settings);
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
    setup.turn(1);
    clock_ms += 400;
    client.send_all({whole[2]});  // slowly does not help
    setup.turn(1);
    CHECK(client.is_open());
    clock_ms += 100;
    CHECK(client.is_closed());
    CHECK(setup.count(Counter::tcp_closed_io) == 1);
  }
  SECTION("no limit for input and output") {
    settings.tcp_io_timeout_ms = 0;
    setup.zone.set_settings(settings);
    client.send_all({0});
    setup.turn(1);
    clock_ms += 1'000'000;
    CHECK(client.is_open());
  }
}

TEST_CASE("tcp: at the limit the longest idle goes") {
  link::Settings settings;
  settings.tcp_max_clients = 3;
  Streams setup(settings);
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

TEST_CASE("tcp: what came while the thread was busy was in time") {
  Streams setup;
  constexpr unsigned kClients = 150;  // more than one round has events for
  std::vector<std::unique_ptr<Client>> all;
  for (unsigned i = 0; i < kClients; ++i) {
    all.push_back(std::make_unique<Client>(setup));
  }
  for (unsigned i = 0; i < kClients; ++i) all[i]->send(question(static_cast<std::uint16_t>(i)));
  clock_ms += 10'000;  // the idle time of all
  for (unsigned i = 0; i < kClients; ++i) CHECK(id_of(all[i]->receive()) == i);
  CHECK(setup.count(Counter::tcp_closed_idle) == 0);
}

// The oldest client of all, then `crowd` clients of one address, then one more in a full server.
struct Crowd {
  explicit Crowd(unsigned crowd) : setup(settings_for(crowd + 1)), oldest(setup, 0, 2) {
    for (unsigned i = 0; i < crowd; ++i) {
      ++clock_ms;
      crowds.push_back(std::make_unique<Client>(setup));
    }
    first_speaks();
    ++clock_ms;
    last = std::make_unique<Client>(setup, 0, 3);
  }
  static link::Settings settings_for(unsigned clients) {
    link::Settings settings;
    settings.tcp_max_clients = clients;
    return settings;
  }
  void first_speaks() {  // and is not the one that has idled longest
    crowds[0]->send_all(question(1));
    CHECK(id_of(crowds[0]->receive()) == 1);
  }

  Streams setup;
  Client oldest;
  std::vector<std::unique_ptr<Client>> crowds;
  std::unique_ptr<Client> last;
};

TEST_CASE("tcp: a prefix with up to 100 clients has the same right as others") {
  Crowd test(kClientsPerPrefix);
  CHECK(test.oldest.is_closed());
  CHECK(test.last->is_open());
  CHECK(test.setup.count(Counter::tcp_over_limit) == 1);
  CHECK(test.setup.count(Counter::tcp_over_prefix) == 0);
}

TEST_CASE("tcp: a prefix with more than 100 clients gives up places first, the longest idle") {
  Crowd test(kClientsPerPrefix + 1);
  CHECK(test.oldest.is_open());
  CHECK(test.crowds[0]->is_open());
  CHECK(test.crowds[1]->is_closed());
  CHECK(test.crowds[2]->is_open());
  CHECK(test.setup.count(Counter::tcp_over_prefix) == 1);
  CHECK(test.setup.count(Counter::tcp_over_limit) == 0);
  Client another(test.setup, 0, 4);  // the crowd is none any more
  CHECK(test.oldest.is_closed());
  CHECK(test.setup.count(Counter::tcp_over_limit) == 1);
}

TEST_CASE("tcp: the largest prefix goes first, whoever comes") {
  Streams setup(Crowd::settings_for(2 * kClientsPerPrefix + 6));
  std::vector<std::unique_ptr<Client>> smaller, larger;
  for (unsigned i = 0; i < kClientsPerPrefix + 2; ++i) {
    smaller.push_back(std::make_unique<Client>(setup, 0, 5));
  }
  ++clock_ms;
  for (unsigned i = 0; i < kClientsPerPrefix + 4; ++i) {
    larger.push_back(std::make_unique<Client>(setup, 0, 6));
    ++clock_ms;
  }
  Client one_more(setup, 0, 5);
  CHECK(larger[0]->is_closed());
  CHECK(smaller[0]->is_open());
  CHECK(one_more.is_open());
}

TEST_CASE("tcp: the thread that has the clients gives up the places") {
  Streams setup(Crowd::settings_for(4), 3);
  std::vector<std::unique_ptr<Client>> all;
  for (unsigned i = 0; i < 4; ++i) {
    all.push_back(std::make_unique<Client>(setup, 0, 1, 0));
    ++clock_ms;
  }
  Client fresh(setup, 0, 2, 1);
  CHECK(setup.clients.total() == 5);  // until the other thread has heard of it
  CHECK(all[0]->is_closed());
  CHECK(all[1]->is_open());
  fresh.send_all(question(9));
  CHECK(id_of(fresh.receive()) == 9);
  CHECK(setup.clients.total() == 4);
  CHECK(setup.count(Counter::tcp_over_limit) == 1);
}

TEST_CASE("tcp: what happened to a client that is gone does not hit its successor") {
  Streams setup(Crowd::settings_for(1));
  auto gone = std::make_unique<Client>(setup);
  // In one round: a newcomer, which takes the place and its slot, then the reset of who had it.
  const link::Fd successor(::socket(AF_INET, SOCK_STREAM, 0));
  REQUIRE(::connect(successor.get(), reinterpret_cast<const sockaddr*>(&setup.address),
                    sizeof setup.address) == 0);
  gone->reset();
  for (int i = 0; i < kTurns && setup.count(Counter::tcp_accepted) < 2; ++i) setup.turn(1);
  for (int i = 0; i < 5; ++i) setup.turn(0);
  CHECK(setup.clients.total() == 1);
  CHECK(setup.count(Counter::tcp_over_limit) == 1);
  CHECK(setup.count(Counter::tcp_closed_error) == 0);
  std::uint8_t octet;
  CHECK(::recv(successor.get(), &octet, 1, MSG_DONTWAIT) == -1);
}

TEST_CASE("tcp: with no thread to give up a place the new client is turned away") {
  Streams setup(Crowd::settings_for(0));
  Client client(setup);
  CHECK(client.is_closed());
  CHECK(setup.count(Counter::tcp_over_limit) == 1);
  CHECK(setup.clients.total() == 0);
}

TEST_CASE("tcp: clients that do not read cannot fill memory, whatever their number") {
  Streams setup;
  Client modest(setup);  // holds something, too, and longer than all others
  const Octets whole = question(5);
  modest.send_all(Octets(whole.begin(), whole.begin() + 20));
  Octets wire;
  for (std::uint16_t id = 0; id < 16; ++id) {
    append(wire, question(id, "large.example.test.", 16));
  }
  std::vector<std::unique_ptr<Client>> slow;
  for (unsigned i = 0; i < 60; ++i) {
    slow.push_back(std::make_unique<Client>(setup, 4096));
    slow.back()->send_all(wire);
  }
  CHECK(setup.count(Counter::tcp_over_memory) > 10);
  CHECK(setup.count(Counter::tcp_over_memory) < 60);
  Client client(setup);
  client.send_all(question(77));
  CHECK(id_of(client.receive()) == 77);
  // Those that were kept get all that they asked for.
  unsigned served = 0;
  for (const auto& each : slow) {
    unsigned replies = 0;
    while (replies < 16 && each->receive().size() > 40'000) ++replies;
    served += replies == 16;
  }
  CHECK(served == 60 - setup.count(Counter::tcp_over_memory));
  modest.send_all(Octets(whole.begin() + 20, whole.end()));
  CHECK(id_of(modest.receive()) == 5);
}

TEST_CASE("tcp: requests in part count, too") {
  Streams setup;
  Octets most(60'000, 0);
  most[0] = 0xff;  // 65,280 octets are to come
  std::vector<std::unique_ptr<Client>> all;
  for (unsigned i = 0; i < kMaxHeld / most.size() + 20; ++i) {
    all.push_back(std::make_unique<Client>(setup));
    all.back()->send_all(most);
  }
  CHECK(setup.count(Counter::tcp_over_memory) >= 10);
}

TEST_CASE("tcp: without descriptors clients wait, and the thread does not spin") {
  Streams setup;
  Client idle(setup);
  rlimit files{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &files) == 0);
  const rlimit before = files;
  // Taken from the backlog by nobody: the server is not turned.
  const link::Fd waits(::socket(AF_INET, SOCK_STREAM, 0));
  REQUIRE(::connect(waits.get(), reinterpret_cast<const sockaddr*>(&setup.address),
                    sizeof setup.address) == 0);
  SECTION("one that idles gives up its place") {
    files.rlim_cur = static_cast<rlim_t>(::dup(waits.get()));
    ::close(static_cast<int>(files.rlim_cur));
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &files) == 0);
    for (int i = 0; i < kTurns && setup.count(Counter::tcp_accepted) < 2; ++i) setup.turn(1);
    CHECK(setup.count(Counter::tcp_accept_failed) == 1);
    CHECK(setup.count(Counter::tcp_over_limit) == 1);
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
    CHECK(idle.is_closed());
  }
  SECTION("there is none to give") {
    clock_ms += 10'000;
    files.rlim_cur = 0;  // of descriptors that are open no one is lost
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &files) == 0);
    for (int i = 0; i < kTurns && setup.count(Counter::tcp_accept_failed) < 2; ++i) setup.turn(1);
    const std::uint64_t failed = setup.count(Counter::tcp_accept_failed);
    for (int i = 0; i < 20; ++i) setup.turn(0);
    CHECK(setup.count(Counter::tcp_accept_failed) == failed);
    clock_ms += kAcceptPause_ms;
    for (int i = 0; i < 20; ++i) setup.turn(0);
    CHECK(setup.count(Counter::tcp_accept_failed) == failed + 1);
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
    clock_ms += kAcceptPause_ms;
    for (int i = 0; i < kTurns && setup.count(Counter::tcp_accepted) < 2; ++i) setup.turn(1);
    CHECK(setup.count(Counter::tcp_accepted) == 2);
  }
}

}  // namespace
}  // namespace bowline::dataplane::test
