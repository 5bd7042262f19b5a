// The whole worker with server.proxy-allowlist: frames in, frames out, and what control is told.
#include <catch2/catch.hpp>
#include <cstring>

#include "dataplane/io/memory.h"
#include "dataplane/worker.h"
#include "support/proxy.h"
#include "support/small_zone.h"

namespace bowline::dataplane::test {
namespace {

using link::Counter;

struct Setup {
  // 192.0.2.1, from which frames come by default, is a proxy.
  explicit Setup(const link::Settings& settings = allowing(1, 9))
      : zone(1, settings), paired((zone.publish(), zone)) {}

  void arrive(const Octets& payload, const std::string& source = {}) {
    io.arrive(make_frame({.source = source, .payload = payload}));
  }
  // How many frames were sent.
  std::size_t serve() {
    io.forget_sent();
    while (!io.idle()) worker.breathe();
    return io.sent().size();
  }
  std::uint64_t count(Counter counter) { return paired.count(counter); }

  SmallZone zone;
  Paired paired;
  ThreadLink link{0, paired.board};
  MemoryIo io;
  Worker<MemoryIo> worker{io, link, {.poll_busy = true, .listeners = listeners()}};
};

const Octets kQuestion = make_question("www.example.test.");
const Octets kTransfer = make_question("example.test.", 251);

TEST_CASE("worker: the answer to a proxied question is that to the question") {
  Setup setup;
  setup.arrive(kQuestion);
  REQUIRE(setup.serve() == 1);
  const Octets plain(setup.io.sent()[0].data, setup.io.sent()[0].data + setup.io.sent()[0].size);
  for (const ProxySpec& spec : {ProxySpec{}, ipv6_client(), ProxySpec{.command = 0x20}}) {
    setup.arrive(joined(make_proxy_header(spec), kQuestion));
    REQUIRE(setup.serve() == 1);
    const MemoryIo::Sent& sent = setup.io.sent()[0];
    CHECK(Octets(sent.data, sent.data + sent.size) == plain);
  }
  CHECK(setup.count(Counter::proxied) == 3);
  CHECK(setup.count(Counter::received_ipv4) == 4);
  CHECK(setup.count(Counter::rcode_noerror) == 4);
  CHECK(setup.count(Counter::bytes_received) == 4 * kQuestion.size());
}

TEST_CASE("worker: control is told of the client, and its reply goes to the proxy") {
  Setup setup;
  Service service(setup.paired.exchange(), 0);
  setup.arrive(joined(make_proxy_header({.command = 0x20}), kTransfer));
  setup.arrive(joined(make_proxy_header(), kTransfer));
  setup.arrive(kTransfer);
  setup.arrive(joined(make_proxy_header(ipv6_client()), kTransfer));
  CHECK(setup.serve() == 0);
  const std::uint16_t ports[] = {40000, 4242, 40000, 4242};
  const bool ipv4[] = {true, true, true, false};
  for (int i = 0; i < 4; ++i) {
    const auto ask = service.take();
    REQUIRE(ask);
    const link::ClientContext& context = ask->header.context;
    CHECK(context.peer.port == ports[i]);
    CHECK(context.peer.is_ipv4() == ipv4[i]);
    CHECK(context.packet_peer.port == 40000);
    CHECK(context.packet_peer.is_ipv4());
    REQUIRE(ask->payload.size() == kTransfer.size());
    CHECK(std::memcmp(ask->payload.data(), kTransfer.data(), kTransfer.size()) == 0);
    if (i != 1) continue;
    CHECK(context.peer.address[12] == 198);
    REQUIRE(service.reply(context, kQuestion));
    setup.io.forget_sent();
    setup.worker.breathe();
    REQUIRE(setup.io.sent().size() == 1);
    const std::uint8_t proxy[] = {192, 0, 2, 1};
    CHECK(std::memcmp(setup.io.sent()[0].data + 30, proxy, 4) == 0);
  }
}

TEST_CASE("worker: wrong headers are dropped and counted, their neighbours answered") {
  Setup setup;
  const struct {
    Octets octets;
    Counter reason;
  } cases[] = {
      {make_proxy_header({.command = 0x23}), Counter::drop_proxy_version},
      {make_proxy_header({.family = 0}), Counter::drop_proxy_family},
      {make_proxy_header({.block = Octets(3)}), Counter::drop_proxy_length},
      {make_proxy_header({.length_change = 200}), Counter::drop_proxy_truncated},
      {Octets(net::kProxySignature, net::kProxySignature + 12), Counter::drop_proxy_truncated},
  };
  for (const auto& one : cases) {
    setup.arrive(kQuestion);
    setup.arrive(joined(one.octets, one.reason == Counter::drop_proxy_truncated ? Octets{}
                                                                                : kQuestion));
    setup.arrive(joined(make_proxy_header(), kQuestion));
  }
  CHECK(setup.serve() == 10);
  CHECK(setup.count(Counter::drop_proxy_version) == 1);
  CHECK(setup.count(Counter::drop_proxy_family) == 1);
  CHECK(setup.count(Counter::drop_proxy_length) == 1);
  CHECK(setup.count(Counter::drop_proxy_truncated) == 2);
  CHECK(setup.count(Counter::received_ipv4) == 10);
  CHECK(setup.count(Counter::rcode_noerror) == 10);
}

TEST_CASE("worker: a header without a message behind it, and one behind another") {
  Setup setup;
  setup.arrive(make_proxy_header());
  CHECK(setup.serve() == 0);
  CHECK(setup.count(Counter::drop_short_message) == 1);
  setup.arrive(joined(make_proxy_header(), joined(make_proxy_header(), kQuestion)));
  CHECK(setup.serve() == 1);  // read as a message: an opcode that nobody has
  CHECK(setup.count(Counter::rcode_notimp) == 1);
}

TEST_CASE("worker: from others a header is a message that makes no sense") {
  Setup setup;
  Service service(setup.paired.exchange(), 0);
  const Octets proxied = joined(make_proxy_header(), kQuestion);
  setup.arrive(proxied, "192.0.2.10");
  CHECK(setup.serve() == 1);
  CHECK(setup.count(Counter::rcode_notimp) == 1);
  CHECK(setup.count(Counter::proxied) == 0);
  setup.zone.set_settings({});
  setup.arrive(proxied);
  CHECK(setup.serve() == 1);
  CHECK(setup.count(Counter::rcode_notimp) == 2);
  CHECK(setup.count(Counter::proxied) == 0);
}

}  // namespace
}  // namespace bowline::dataplane::test
