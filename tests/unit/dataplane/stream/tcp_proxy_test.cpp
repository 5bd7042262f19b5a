// TcpServer with server.proxy-allowlist: a header before the first request of a connection.
#include <catch2/catch.hpp>

#include "../support/proxy.h"
#include "../support/streams.h"
#include "dataplane/stream/tcp.h"

namespace bowline::dataplane::test {
namespace {

using link::Counter;

// 127.0.0.1 to 127.0.0.9 are proxies.
link::Settings loopback_proxies() {
  link::Settings settings = allowing(1, 9);
  for (std::uint8_t* address :
       {settings.proxy_allowlist[0].first, settings.proxy_allowlist[0].last}) {
    address[12] = 127;
    address[14] = 0;
  }
  settings.tcp_io_timeout_ms = 500;
  settings.tcp_idle_timeout_ms = 10'000;
  settings.tcp_max_clients = 100;
  return settings;
}

TEST_CASE("tcp: requests behind a PROXY header, however it is cut") {
  const Octets stream = joined(make_proxy_header(ipv6_client()), joined(question(1), question(2)));
  for (const std::size_t part : {std::size_t{1}, std::size_t{5}, std::size_t{17}, stream.size()}) {
    INFO(part);
    Streams setup(loopback_proxies());
    Client client(setup);
    for (std::size_t at = 0; at < stream.size(); at += part) {
      const std::size_t end = std::min(stream.size(), at + part);
      client.send_all(Octets(stream.begin() + static_cast<std::ptrdiff_t>(at),
                             stream.begin() + static_cast<std::ptrdiff_t>(end)));
      setup.turn(1);
    }
    CHECK(id_of(client.receive()) == 1);
    CHECK(id_of(client.receive()) == 2);
    CHECK(setup.count(Counter::proxied) == 1);
    client.send_all(question(3));
    CHECK(id_of(client.receive()) == 3);
  }
}

TEST_CASE("tcp: control is told of the client that the proxy named") {
  Streams setup(loopback_proxies());
  Service service(setup.paired->exchange(), 0);
  Client client(setup);
  client.send_all(joined(make_proxy_header(), question(7, "example.test.", 251)));
  std::optional<link::Ask> ask;
  for (int i = 0; i < kTurns && !ask; ++i) {
    setup.turn(1);
    ask = service.take();
  }
  REQUIRE(ask);
  CHECK(ask->header.context.peer.port == 4242);
  CHECK(ask->header.context.peer.address[12] == 198);
  CHECK(ask->header.context.packet_peer.address[12] == 127);
}

TEST_CASE("tcp: a proxy may speak for itself, with or without a header") {
  Streams setup(loopback_proxies());
  Client local(setup);
  local.send_all(joined(make_proxy_header({.command = 0x20, .family = 0, .block = {}}),
                        question(1)));
  CHECK(id_of(local.receive()) == 1);
  Client plain(setup);
  plain.send_all(question(2));
  CHECK(id_of(plain.receive()) == 2);
  CHECK(setup.count(Counter::proxied) == 1);
}

TEST_CASE("tcp: a wrong header ends the connection") {
  const struct {
    ProxySpec spec;
    Counter reason;
  } cases[] = {{{.command = 0x24}, Counter::drop_proxy_version},
               {{.family = 0x33}, Counter::drop_proxy_family},
               {{.block = Octets(7)}, Counter::drop_proxy_length}};
  for (const auto& one : cases) {
    Streams setup(loopback_proxies());
    Client client(setup);
    client.send_all(joined(make_proxy_header(one.spec), question(1)));
    CHECK(client.receive().empty());
    CHECK(setup.count(one.reason) == 1);
    CHECK(setup.count(Counter::tcp_closed_malformed) == 1);
  }
}

TEST_CASE("tcp: a header that does not come to its end runs out of time") {
  Streams setup(loopback_proxies());
  Client client(setup);
  client.send_all(Octets(net::kProxySignature, net::kProxySignature + 13));
  setup.turn(1);
  CHECK(client.is_open());
  clock_ms += 500;
  CHECK(client.is_closed());
  CHECK(setup.count(Counter::tcp_closed_io) == 1);
}

TEST_CASE("tcp: from others a header is a message of 3,338 octets") {
  Streams setup(loopback_proxies());
  Client client(setup, 0, 10);
  Octets stream = joined(make_proxy_header(), question(1));
  stream.resize(2 + 0x0d0a);
  client.send_all(stream);
  const Octets reply = client.receive();
  REQUIRE(reply.size() >= 12);
  CHECK((reply[3] & 15) == 1);  // FORMERR: 2,641 questions
  CHECK(setup.count(Counter::proxied) == 0);
}

TEST_CASE("tcp: places are counted by the client, not by the proxy") {
  Streams setup(loopback_proxies());
  Client client(setup);
  client.send_all(joined(make_proxy_header(), question(1)));
  CHECK(id_of(client.receive()) == 1);
  link::Endpoint proxy, named;
  proxy.address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1};
  named.address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 198, 51, 100, 7};
  CHECK(setup.clients.of(setup.clients.group_of(proxy)) == 0);
  CHECK(setup.clients.of(setup.clients.group_of(named)) == 1);
  client.end();
  for (int i = 0; i < kTurns && setup.clients.total() != 0; ++i) setup.turn(1);
  CHECK(setup.clients.of(setup.clients.group_of(named)) == 0);
}

}  // namespace
}  // namespace bowline::dataplane::test
