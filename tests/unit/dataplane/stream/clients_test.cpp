// What stream threads share: counts by prefix, and who gives up places.
#include "dataplane/stream/clients.h"

#include <arpa/inet.h>
#include <sys/eventfd.h>

#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <vector>

#include "dataplane/io/sockaddr.h"
#include "link/outcome.h"

namespace bowline::dataplane {
namespace {

link::Endpoint endpoint(const std::string& text) {
  sockaddr_storage storage{};
  if (text.find(':') == std::string::npos) {
    auto& address = reinterpret_cast<sockaddr_in&>(storage);
    address.sin_family = AF_INET;
    REQUIRE(::inet_pton(AF_INET, text.c_str(), &address.sin_addr) == 1);
  } else {
    auto& address = reinterpret_cast<sockaddr_in6&>(storage);
    address.sin6_family = AF_INET6;
    REQUIRE(::inet_pton(AF_INET6, text.c_str(), &address.sin6_addr) == 1);
  }
  link::Endpoint made = to_endpoint(storage);
  made.port = 4711;
  return made;
}

TEST_CASE("TcpClients: an IPv4 address or an IPv6 /64 is one group") {
  struct Case {
    const char *one, *other;
    bool same;
  };
  const TcpClients clients;
  for (const Case& each : {
           Case{"192.0.2.1", "192.0.2.1", true},
           Case{"192.0.2.1", "192.0.2.2", false},
           Case{"192.0.2.1", "193.0.2.1", false},
           Case{"2001:db8::1", "2001:db8::ffff:ffff:ffff:fff1", true},
           Case{"2001:db8::1", "2001:db8:0:1::1", false},
           Case{"2001:db8::1", "2002:db8::1", false},
       }) {
    INFO(each.one << " and " << each.other);
    link::Endpoint other = endpoint(each.other);
    other.port = 1;  // never matters
    // A hash meets another one time in 65,536.
    CHECK((clients.group_of(endpoint(each.one)) == clients.group_of(other)) == each.same);
  }
}

TEST_CASE("TcpClients: prefixes spread over the groups, differently in each process") {
  std::vector<link::Endpoint> neighbours;
  for (unsigned i = 0; i < 1000; ++i) {
    neighbours.push_back(
        endpoint("10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250)));
  }
  const TcpClients other;
  for (int process = 0; process < 100; ++process) {  // each with a key of its own
    const TcpClients one;
    std::set<TcpClients::Group> groups;
    bool differ = false;
    for (const link::Endpoint& client : neighbours) {
      groups.insert(one.group_of(client));
      differ = differ || one.group_of(client) != other.group_of(client);
    }
    CHECK(groups.size() > 950);
    CHECK(differ);
  }
}

TEST_CASE("TcpClients: crowded from the 101st client of a prefix on, until it has gone") {
  TcpClients clients;
  const unsigned seat = clients.join(-1);
  for (std::uint32_t i = 1; i <= kClientsPerPrefix; ++i) CHECK(clients.arrive(seat, 7) == i);
  clients.arrive(seat, 8);
  CHECK_FALSE(clients.crowded());
  CHECK(clients.arrive(seat, 7) == kClientsPerPrefix + 2);
  CHECK(clients.crowded());
  CHECK(clients.of(7) == kClientsPerPrefix + 1);
  clients.leave(seat, 8);
  CHECK(clients.crowded());
  clients.leave(seat, 7);
  CHECK_FALSE(clients.crowded());
  CHECK(clients.total() == kClientsPerPrefix);
}

TEST_CASE("TcpClients: who has less than its share asks the fullest") {
  struct Case {
    std::uint32_t clients[3];
    unsigned seat, fullest;
  };
  for (const Case& each : {
           Case{{9, 0, 0}, 0, 0},
           Case{{9, 1, 0}, 1, 0},
           Case{{9, 0, 1}, 2, 0},
           Case{{3, 4, 3}, 1, 1},
           Case{{1, 3, 8}, 0, 2},
           Case{{1, 3, 8}, 1, 2},
           Case{{1, 5, 7}, 1, 1},
           Case{{1, 1, 0}, 0, 1},  // a share of less than one
           Case{{1, 0, 0}, 0, 0},
           Case{{0, 0, 0}, 2, 2},
       }) {
    TcpClients clients;
    for (const std::uint32_t count : each.clients) {
      const unsigned seat = clients.join(-1);
      for (std::uint32_t i = 0; i < count; ++i) clients.arrive(seat, 0);
    }
    INFO(each.clients[0] << ' ' << each.clients[1] << ' ' << each.clients[2] << ": " << each.seat);
    CHECK(clients.fullest(each.seat) == each.fullest);  // one in `seat` is new
  }
}

TEST_CASE("TcpClients: asking for a place rings") {
  TcpClients clients;
  const link::Fd bell(::eventfd(0, EFD_NONBLOCK));
  const unsigned idle = clients.join(-1);
  const unsigned seat = clients.join(bell.get());
  clients.ask_for_place(seat);
  clients.ask_for_place(seat);
  eventfd_t rung = 0;
  CHECK(::eventfd_read(bell.get(), &rung) == 0);
  CHECK(rung == 2);
  CHECK(clients.take_asked(idle) == 0);
  CHECK(clients.take_asked(seat) == 2);
  CHECK(clients.take_asked(seat) == 0);
}

}  // namespace
}  // namespace bowline::dataplane
