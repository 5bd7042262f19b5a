// SocketsIo over loopback, with the worker on top; several listeners, all addresses, both families.
#include "dataplane/io/sockets.h"

#include <arpa/inet.h>
#include <catch2/catch.hpp>
#include <sys/eventfd.h>

#include <cstring>

#include "../support/frames.h"
#include "../support/small_zone.h"
#include "dataplane/io/sockaddr.h"
#include "dataplane/worker.h"

namespace bowline::dataplane::test {
namespace {

using link::Counter;

constexpr int kTries = 2000;  // waits of a millisecond for what must come

sockaddr_storage address_of(const char* text, std::uint16_t port) {
  sockaddr_storage storage{};
  if (std::strchr(text, ':') != nullptr) {
    auto& address = reinterpret_cast<sockaddr_in6&>(storage);
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(port);
    REQUIRE(::inet_pton(AF_INET6, text, &address.sin6_addr) == 1);
  } else {
    auto& address = reinterpret_cast<sockaddr_in&>(storage);
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    REQUIRE(::inet_pton(AF_INET, text, &address.sin_addr) == 1);
  }
  return storage;
}

link::Fd bound(const char* text, std::uint16_t& port) {
  const sockaddr_storage address = address_of(text, port);
  link::Fd socket(::socket(address.ss_family, SOCK_DGRAM | SOCK_NONBLOCK, 0));
  const int on = 1;
  if (address.ss_family == AF_INET6) {
    ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  }
  REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  sockaddr_storage local{};
  socklen_t size = sizeof local;
  REQUIRE(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&local), &size) == 0);
  port = to_endpoint(local).port;
  return socket;
}

struct Setup {
  explicit Setup(const std::vector<const char*>& addresses) {
    zone.publish();
    paired = std::make_unique<Paired>(zone);
    link = std::make_unique<ThreadLink>(0, paired->board);
    doorbell = link::Fd(::eventfd(0, EFD_NONBLOCK));
    std::vector<SocketsIo::Listener> listeners;
    for (const char* const text : addresses) {
      ports.push_back(0);
      listeners.push_back({bound(text, ports.back()),
                           static_cast<std::uint16_t>(ports.size() - 1),
                           link::Role::kAuthoritative});
    }
    io = std::make_unique<SocketsIo>(std::move(listeners), doorbell.get(), link->counters);
    worker = std::make_unique<Worker<SocketsIo>>(*io, *link, WorkerOptions{});
  }

  // Sends `request` from a connected socket, so that a reply from anywhere else does not come.
  Octets ask(const char* address, std::uint16_t port, const Octets& request) {
    const sockaddr_storage to = address_of(address, port);
    link::Fd client(::socket(to.ss_family, SOCK_DGRAM | SOCK_NONBLOCK, 0));
    REQUIRE(::connect(client.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
    REQUIRE(::send(client.get(), request.data(), request.size(), 0) > 0);
    Octets reply(65536);
    for (int i = 0; i < kTries; ++i) {
      worker->breathe();
      const ssize_t size = ::recv(client.get(), reply.data(), reply.size(), 0);
      if (size >= 0) {
        reply.resize(static_cast<std::size_t>(size));
        return reply;
      }
      io->wait(1);
    }
    return {};
  }

  SmallZone zone;
  std::unique_ptr<Paired> paired;
  std::unique_ptr<ThreadLink> link;
  link::Fd doorbell;
  std::vector<std::uint16_t> ports;
  std::unique_ptr<SocketsIo> io;
  std::unique_ptr<Worker<SocketsIo>> worker;
};

TEST_CASE("sockets: each listener answers from the address that was asked") {
  Setup setup({"127.0.0.1", "::1", "0.0.0.0", "::"});
  struct Case {
    const char* description;
    const char* address;
    std::size_t listener;
  };
  for (const Case& one : {Case{"bound to one address", "127.0.0.1", 0},
                          Case{"the same, IPv6", "::1", 1},
                          Case{"all addresses, the usual one", "127.0.0.1", 2},
                          Case{"all addresses, an unusual one", "127.0.0.77", 2},
                          Case{"all IPv6 addresses", "::1", 3}}) {
    INFO(one.description);
    const Octets question = make_question("www.example.test.");
    const Octets reply = setup.ask(one.address, setup.ports[one.listener], question);
    REQUIRE(reply.size() > question.size());
    CHECK((reply[3] & 15) == 0);
    CHECK(reply.back() == 80);
  }
  CHECK(setup.paired->count(Counter::received_ipv6) == 2);
  CHECK(setup.paired->count(Counter::send_failed) == 0);
}

TEST_CASE("sockets: what control answers leaves from the address that was asked") {
  Setup setup({"0.0.0.0", "::"});
  Service service(setup.paired->exchange(), 0);
  for (const char* const address : {"127.0.0.9", "::1"}) {
    const bool ipv6 = std::strchr(address, ':') != nullptr;
    const sockaddr_storage to = address_of(address, setup.ports[ipv6 ? 1 : 0]);
    link::Fd client(::socket(to.ss_family, SOCK_DGRAM | SOCK_NONBLOCK, 0));
    REQUIRE(::connect(client.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
    const Octets question = make_question("example.test.", 251);
    REQUIRE(::send(client.get(), question.data(), question.size(), 0) > 0);
    std::optional<link::Ask> ask;
    for (int i = 0; i < kTries && !ask; ++i) {
      setup.worker->breathe();
      ask = service.take();
      if (!ask) setup.io->wait(1);
    }
    REQUIRE(ask);
    CHECK(ask->header.context.listener == (ipv6 ? 1 : 0));
    const Octets answer(33, 5);
    REQUIRE(service.reply(ask->header.context, answer));
    setup.worker->breathe();
    Octets got(100);
    const ssize_t size = ::recv(client.get(), got.data(), got.size(), 0);
    REQUIRE(size == 33);
    // A context for a listener that is not this thread's: nothing is sent, nothing breaks.
    link::ClientContext wrong = ask->header.context;
    wrong.listener = 99;
    REQUIRE(service.reply(wrong, answer));
    setup.worker->breathe();
    CHECK(::recv(client.get(), got.data(), got.size(), 0) < 0);
  }
  CHECK(setup.paired->count(Counter::ask_stale) == 2);
}

TEST_CASE("sockets: a slot is as good as new whatever it held before") {
  // Two listeners are read as they come, four are asked first which of them have something.
  const std::vector<const char*> few{"0.0.0.0", "::"};
  const std::vector<const char*> many{"0.0.0.0", "::", "127.0.0.1", "::1"};
  for (const auto& addresses : {few, many}) {
    Setup setup(addresses);
    const Octets question = make_question("www.example.test.");
    std::vector<link::Fd> clients;
    for (std::size_t i = 0; i < addresses.size(); ++i) {
      const sockaddr_storage to = address_of(i % 2 == 0 ? "127.0.0.1" : "::1", setup.ports[i]);
      clients.emplace_back(::socket(to.ss_family, SOCK_DGRAM | SOCK_NONBLOCK, 0));
      REQUIRE(::connect(clients[i].get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
    }
    // Each burst meets slots that held the other family, or what was too long for them.
    const Octets long_one(SocketsIo::kBufferSize + 1, 1);
    for (std::size_t round = 0; round < 6; ++round) {
      const int client = clients[round % clients.size()].get();
      for (std::size_t i = 0; i < answer::kBurst; ++i) {
        const Octets& sent = i % 5 == round % 5 ? long_one : question;
        REQUIRE(::send(client, sent.data(), sent.size(), 0) > 0);
      }
      const std::size_t expected = answer::kBurst - (answer::kBurst + 4 - round % 5) / 5;
      std::size_t answered = 0;
      for (int i = 0; i < kTries && answered < expected; ++i) {
        setup.worker->breathe();
        Octets reply(512);
        while (::recv(client, reply.data(), reply.size(), 0) > 0) {
          CHECK(reply[question.size() + 15] == 80);  // the last octet of the only address
          ++answered;
        }
        if (answered < expected) setup.io->wait(1);
      }
      CHECK(answered == expected);
    }
    CHECK(setup.paired->count(Counter::send_failed) == 0);
  }
}

TEST_CASE("sockets: more than a buffer is dropped and counted, less than a header too") {
  Setup setup({"127.0.0.1"});
  const sockaddr_storage to = address_of("127.0.0.1", setup.ports[0]);
  link::Fd client(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0));
  for (const std::size_t size : {0UL, 1UL, 11UL, 4097UL, 9000UL, 60000UL}) {
    const Octets octets(size, 1);
    REQUIRE(::sendto(client.get(), octets.data(), octets.size(), 0,
                     reinterpret_cast<const sockaddr*>(&to), sizeof to) >= 0);
  }
  const auto dropped = [&](Counter counter) { return setup.paired->count(counter); };
  for (int i = 0; i < kTries && dropped(Counter::drop_bad_length) +
                                        dropped(Counter::drop_short_message) < 6; ++i) {
    setup.worker->breathe();
    setup.io->wait(1);
  }
  CHECK(dropped(Counter::drop_bad_length) == 3);
  CHECK(dropped(Counter::drop_short_message) == 3);
}

TEST_CASE("sockets: nobody makes us talk to ourselves") {
  Setup setup({"127.0.0.1", "0.0.0.0"});
  // The listener's own socket sends to itself: the source is our own address and port.
  const Octets question = make_question("www.example.test.");
  link::ClientContext ourselves;
  ourselves.transport = link::Transport::kUdp;
  for (std::uint16_t i = 0; i < 2; ++i) {
    ourselves.listener = i;
    ourselves.packet_peer.address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1};
    ourselves.packet_peer.port = setup.ports[i];
    ourselves.local = ourselves.packet_peer;
    setup.io->answer_to(ourselves, question);
  }
  for (int i = 0; i < kTries && setup.paired->count(Counter::drop_bad_source) < 2; ++i) {
    setup.worker->breathe();
    setup.io->wait(1);
  }
  CHECK(setup.paired->count(Counter::drop_bad_source) == 2);
  CHECK(setup.paired->count(Counter::rcode_noerror) == 0);
}

TEST_CASE("sockets: the doorbell ends a wait") {
  Setup setup({"127.0.0.1"});
  REQUIRE(::eventfd_write(setup.doorbell.get(), 1) == 0);
  setup.io->wait(-1);
  eventfd_t count = 0;
  CHECK(::eventfd_read(setup.doorbell.get(), &count) != 0);  // was emptied
}

}  // namespace
}  // namespace bowline::dataplane::test
