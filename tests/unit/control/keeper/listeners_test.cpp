// Sockets of the keeper, and what it says when it cannot have them.
#include "control/keeper/listeners.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cerrno>
#include <cstdio>
#include <thread>

#include "link/handover.h"

namespace {

using namespace bowline;
using control::config::Address;
using namespace control::keeper;

Address loopback(std::uint16_t port) {
  Address address;
  address.family = Address::Family::kIpv4;
  address.has_port = true;
  address.port = port;
  address.bytes = {127, 0, 0, 1};
  return address;
}

std::uint16_t port_of(int socket) {
  sockaddr_in bound{};
  socklen_t length = sizeof bound;
  REQUIRE(::getsockname(socket, reinterpret_cast<sockaddr*>(&bound), &length) == 0);
  return ntohs(bound.sin_port);
}

// A socket that has a free port of its own.
link::Fd occupy(int type, bool share, std::uint16_t& port) {
  link::Fd socket(::socket(AF_INET, type, 0));
  const int on = 1;
  if (share) REQUIRE(::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  if (type == SOCK_STREAM) REQUIRE(::listen(socket.get(), 1) == 0);
  port = port_of(socket.get());
  return socket;
}

}  // namespace

TEST_CASE("one UDP socket a worker and one TCP socket for each address") {
  std::uint16_t port = 0;
  occupy(SOCK_DGRAM, false, port).reset();
  auto opened = open_listeners({loopback(port)}, {0, 3});
  REQUIRE(opened);
  REQUIRE(opened->size() == 4);
  for (unsigned i = 0; i < 4; ++i) {
    const Listener& each = (*opened)[i];
    CHECK(port_of(each.socket.get()) == port);
    CHECK(each.index == 0);
    CHECK(each.transport == (i < 3 ? link::Transport::kUdp : link::Transport::kTcp));
    CHECK(each.worker == (i < 3 ? i : link::kEveryWorker));
    CHECK(each.endpoint.is_ipv4());
    CHECK(each.endpoint.port == port);
  }
}

TEST_CASE("workers of sockets may come after others, or be none") {
  std::uint16_t port = 0;
  occupy(SOCK_DGRAM, false, port).reset();
  const auto offset = open_listeners({loopback(port)}, {5, 2});
  REQUIRE(offset);
  REQUIRE(offset->size() == 3);
  CHECK((*offset)[0].worker == 5);
  CHECK((*offset)[1].worker == 6);
  std::uint16_t busy = 0;
  const link::Fd other = occupy(SOCK_DGRAM, false, busy);
  const auto streams = open_listeners({loopback(busy)}, {4, 0});  // UDP is not even tried
  REQUIRE(streams);
  REQUIRE(streams->size() == 1);
  CHECK((*streams)[0].transport == link::Transport::kTcp);
}

TEST_CASE("with tcp-reuseport each stream thread has a TCP socket of its own") {
  std::uint16_t port = 0;
  occupy(SOCK_STREAM, false, port).reset();
  const auto opened = open_listeners({loopback(port)}, {0, 1, 4, 3});
  if (!opened) FAIL(opened.error());
  REQUIRE(opened->size() == 4);
  for (unsigned i = 1; i < 4; ++i) {
    const Listener& each = (*opened)[i];
    CHECK(each.transport == link::Transport::kTcp);
    CHECK(each.worker == 3 + i);
    CHECK(port_of(each.socket.get()) == port);
  }
  CHECK_FALSE(open_listeners({loopback(port)}, {0, 1, 4, 3}));  // and nobody else has one
}

int option_of(int socket, int name) {
  int value = -1;
  socklen_t length = sizeof value;
  REQUIRE(::getsockopt(socket, IPPROTO_TCP, name, &value, &length) == 0);
  return value;
}

TEST_CASE("what is set on a TCP socket holds for its clients") {
  std::uint16_t port = 0;
  occupy(SOCK_STREAM, false, port).reset();
  const auto opened = open_listeners({loopback(port)}, {0, 0});
  if (!opened) FAIL(opened.error());
  const int listening = opened->front().socket.get();
  CHECK(option_of(listening, TCP_FASTOPEN) > 0);
  const link::Fd client(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  REQUIRE(::connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  const link::Fd accepted(::accept(listening, nullptr, nullptr));
  REQUIRE(accepted);
  CHECK(option_of(accepted.get(), TCP_NODELAY) == 1);
  CHECK(option_of(accepted.get(), TCP_NOTSENT_LOWAT) == 128 << 10);
}

TEST_CASE("addresses that come later can be listened on, and are known to be missing") {
  Address later = loopback(0);
  later.bytes = {192, 0, 2, 9};  // RFC 5737: nobody's
  Address later6 = later;
  later6.family = Address::Family::kIpv6;
  later6.bytes = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9};
  const auto opened = open_listeners({later, later6}, {0, 1});
  if (!opened) FAIL(opened.error());
  CHECK(opened->size() == 4);
  CHECK(missing_addresses({loopback(53), later, later6}) == std::vector<Address>{later, later6});
}

TEST_CASE("a busy port is found out, even one whose owner would share it") {
  struct Case {
    int type;
    bool share;
    const char* word;
  };
  const Case cases[] = {{SOCK_DGRAM, false, " udp: "}, {SOCK_DGRAM, true, " udp: "},
                        {SOCK_STREAM, false, " tcp: "}};
  for (const Case& each : cases) {
    std::uint16_t port = 0;
    const link::Fd other = occupy(each.type, each.share, port);
    auto opened = open_listeners({loopback(port)}, {0, 2});
    REQUIRE_FALSE(opened);
    CHECK(opened.error() ==
          "cannot listen on 127.0.0.1@" + std::to_string(port) + each.word +
              "address in use: another server runs there; stop it or change server.listen");
  }
}

TEST_CASE("every reason says what to do") {
  for (const int error : {EADDRINUSE, EACCES, EADDRNOTAVAIL, EAFNOSUPPORT, EMFILE, EIO}) {
    const std::string text = explain_listen_error(loopback(53), true, error);
    INFO(text);
    CHECK(text.starts_with("cannot listen on 127.0.0.1@53 udp: "));
    CHECK(text.find('\n') == std::string::npos);
    const bool has_advice = text.find("server.listen") != std::string::npos ||
                            text.find("LimitNOFILE") != std::string::npos;
    CHECK(has_advice);
  }
}

// A datagram, or a connection, from a thread that is kept on `cpu`.
void reach(std::uint16_t port, int type, unsigned cpu) {
  std::thread([=] {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    if (::sched_setaffinity(0, sizeof set, &set) != 0) return;
    const link::Fd socket(::socket(AF_INET, type, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    (void)::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
    if (type == SOCK_DGRAM) (void)!::send(socket.get(), "x", 1, 0);
  }).join();
}

std::vector<std::int16_t> own_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  REQUIRE(::sched_getaffinity(0, sizeof set, &set) == 0);
  std::vector<std::int16_t> cpus;
  for (std::int16_t i = 0; i < CPU_SETSIZE; ++i) {
    if (CPU_ISSET(static_cast<unsigned>(i), &set)) cpus.push_back(i);
  }
  return cpus;
}

// Whether the socket has something; takes it.
bool has_arrived(int socket, int type) {
  if (type == SOCK_STREAM) return link::Fd(::accept(socket, nullptr, nullptr)).get() >= 0;
  char octet;
  return ::recv(socket, &octet, 1, MSG_DONTWAIT) == 1;
}

TEST_CASE("with socket-affinity a CPU's packets and connections go to its thread") {
  std::vector<std::int16_t> cpus = own_cpus();
  if (cpus.size() < 2) {
    std::puts("SKIP: socket-affinity: one CPU has nothing to choose from");
    return;
  }
  cpus.resize(std::min<std::size_t>(cpus.size(), 4));
  std::reverse(cpus.begin(), cpus.end());  // by CPU, not by order
  const auto count = static_cast<unsigned>(cpus.size());
  std::vector<std::int16_t> threads(cpus);
  threads.insert(threads.end(), cpus.begin(), cpus.end());  // streams after workers
  std::uint16_t port = 0;
  occupy(SOCK_DGRAM, false, port).reset();
  const auto opened = open_listeners({loopback(port)}, {0, count, count, count, threads});
  if (!opened) FAIL(opened.error());
  REQUIRE(opened->size() == 2 * count);
  for (const int type : {SOCK_DGRAM, SOCK_STREAM}) {
    const std::size_t first = type == SOCK_DGRAM ? 0 : count;
    for (unsigned wanted = 0; wanted < count; ++wanted) {
      for (int i = 0; i < 8; ++i) {
        reach(port, type, static_cast<unsigned>(cpus[wanted]));
        for (unsigned k = 0; k < count; ++k) {
          INFO((type == SOCK_DGRAM ? "UDP" : "TCP") << ", CPU " << cpus[wanted] << ", thread " << k);
          CHECK(has_arrived((*opened)[first + k].socket.get(), type) == (k == wanted));
        }
      }
    }
  }
}

TEST_CASE("with socket-affinity the threads of one CPU share what comes there") {
  const std::vector<std::int16_t> cpus = own_cpus();
  const std::vector<std::int16_t> threads = {cpus[0], link::kNoCore, cpus[0], cpus[0]};
  std::uint16_t port = 0;
  occupy(SOCK_DGRAM, false, port).reset();
  const auto opened = open_listeners({loopback(port)}, {0, 4, 0, 0, threads});
  if (!opened) FAIL(opened.error());
  std::array<unsigned, 4> got{};
  unsigned sent = 0;
  // Dice may fall on one side for long: 3^-100 is never.
  while (sent < 100 && (got[0] == 0 || got[2] == 0 || got[3] == 0)) {
    reach(port, SOCK_DGRAM, static_cast<unsigned>(cpus[0]));
    ++sent;
    for (unsigned k = 0; k < 4; ++k) {
      got[k] += has_arrived((*opened)[k].socket.get(), SOCK_DGRAM);
    }
  }
  CHECK(got[1] == 0);
  CHECK(got[0] + got[2] + got[3] == sent);
  CHECK((got[0] != 0 && got[2] != 0 && got[3] != 0));
}
