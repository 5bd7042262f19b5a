// Ports of frames in the whole process: devices that are played, a queue of AF_XDP that is real.
#include "dataplane/ports.h"

#include <poll.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <string>

#include "dataplane/thread_link.h"
#include "support/process_keeper.h"
#include "support/xdp_link.h"

namespace bowline::dataplane::test {
namespace {

// Devices that are none: what Process asks of DPDK, written down.
struct FakeDpdk : DpdkPorts {
  dns::Result<void> open(std::vector<Order> told, const Settings& wanted) override {
    orders = std::move(told);
    settings = wanted;
    if (fails) return dns::Error{"device net_fake0 cannot be opened: try another"};
    return {};
  }
  dns::Result<ThreadTask> prepare_worker(unsigned thread, PairingBoard& board, int doorbell,
                                         bool) override {
    auto link = std::make_shared<ThreadLink>(thread, board);
    return ThreadTask{[this, link, doorbell] {
                        ++running;
                        while (!link->stop_requested()) {
                          link->begin();
                          link->end();
                          if (!link->before_sleep()) continue;
                          pollfd wanted{doorbell, POLLIN, 0};
                          (void)::poll(&wanted, 1, kPatience_ms);
                          link::drain_event(doorbell);
                          link->after_sleep();
                        }
                      },
                      "fake", thread, link::kNoCore};
  }
  void announce(link::Exchange& exchange) override {
    link::announce_port(exchange.ports[2], link::PortKind::kDpdk, link::PortMode::kPolled, "fake",
                        1, 1500);
  }
  void report(link::Exchange& exchange) override { exchange.ports[2].speed_mbps.store(42); }

  bool fails = false;
  std::vector<Order> orders;
  Settings settings;
  std::atomic<int> running{0};
};

TEST_CASE("ports: devices are opened at go, without tables") {
  FakeDpdk dpdk;
  ProcessKeeper keeper;
  keeper.start_process(&dpdk);
  HandoverMessage hello = make_hello(2);
  hello.flags = link::kDropPrivileges | link::kNoHugePages;
  hello.memory_mib = 77;
  hello.uid = 5;
  hello.gid = 6;
  link::Endpoint any, ipv4;
  any.port = 53;
  ipv4.address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 53};
  ipv4.port = 5353;
  keeper.furnish(hello, [&] {
    keeper.send_device(2, 0);
    keeper.send_port_listener(2, any, 3);
    keeper.send_port_listener(1, any, 4);
    keeper.send_port_listener(2, ipv4, 5);
  });
  CHECK(keeper.receive().type == HandoverType::kDevicesOpen);
  CHECK(dpdk.settings.drop_privileges);
  CHECK_FALSE(dpdk.settings.huge_pages);
  CHECK(dpdk.settings.memory_mib == 77);
  CHECK(dpdk.settings.uid == 5);
  CHECK(dpdk.settings.gid == 6);
  REQUIRE(dpdk.orders.size() == 1);
  CHECK(dpdk.orders[0].announcement.text_view() == "net_fake0");
  CHECK(dpdk.orders[0].tap.get() >= 0);
  REQUIRE(dpdk.orders[0].listeners.size() == 2);
  CHECK(dpdk.orders[0].listeners[0].where.any);
  CHECK(dpdk.orders[0].listeners[0].where.ipv6);
  CHECK(dpdk.orders[0].listeners[0].index == 3);
  const FrameListener& second = dpdk.orders[0].listeners[1];
  CHECK_FALSE(second.where.any);
  CHECK_FALSE(second.where.ipv6);
  CHECK(second.where.address[0] == 192);
  CHECK(second.where.address[3] == 53);
  CHECK(second.where.port == 5353);

  SmallZone zone(1);
  zone.publish("192.0.2.1");
  keeper.pair(1, 1);
  keeper.send_chunks(zone, 1);
  CHECK(keeper.receive().type == HandoverType::kReady);
  CHECK(keeper.receive().type == HandoverType::kSettled);
  CHECK(answer(keeper) == 1);  // the other worker has the socket
  keeper.end();
  CHECK(dpdk.running == 1);
  CHECK(keeper.error.empty());
  const auto shown = link::read_port(keeper.exchange.mapping->ports[2]);
  REQUIRE(shown);
  CHECK(shown->name == "fake");
  CHECK(shown->speed_mbps == 42);
}

TEST_CASE("ports: ports that cannot be served end it with one line") {
  FakeDpdk dpdk;
  ProcessKeeper keeper;
  std::string expected;
  std::function<void()> ports;
  SECTION("a device that does not open") {
    dpdk.fails = true;
    ports = [&] { keeper.send_device(0, 0); };
    expected = "net_fake0 cannot be opened";
  }
  SECTION("two ports for one worker") {
    ports = [&] {
      keeper.send_device(0, 0, 2);
      keeper.send_device(1, 1);
    };
    expected = "do not fit";
  }
  SECTION("more queues than workers") {
    ports = [&] { keeper.send_device(0, 1, 2); };
    expected = "do not fit";
  }
  SECTION("more listeners than a port can have") {
    ports = [&] {
      keeper.send_device(0, 0);
      for (std::uint32_t i = 0; i <= net::kMaxListeners; ++i) keeper.send_port_listener(0, {}, i);
    };
    expected = "33 addresses to listen on";
  }
  keeper.start_process(&dpdk);
  keeper.furnish(make_hello(2), ports);
  const HandoverMessage failed = keeper.receive();
  CHECK(failed.type == HandoverType::kFailed);
  CHECK(failed.text_view().find(expected) != std::string_view::npos);
  keeper.end();
  CHECK(keeper.error.find(expected) != std::string::npos);
  CHECK(keeper.error.find('\n') == std::string::npos);
}

// Nothing: no reply came.
std::optional<Octets> ask_frame(const XdpLink& link) {
  link.send(make_frame({.payload = make_question("www.example.test.")}));
  return link.receive();
}

TEST_CASE("ports: a queue of AF_XDP is served, by the next process too") {
  SmallZone zone(1);
  zone.publish("192.0.2.1");
  const HandoverMessage hello = make_hello(2);
  ProcessKeeper first, second;
  const auto link = XdpLink::make("ports: AF_XDP");
  if (!link) return;
  for (ProcessKeeper* keeper : {&first, &second}) {
    keeper->start_process();
    keeper->furnish(hello, [&] {
      const XdpQueue queue = link->queue();
      keeper->send(queue.announcement, queue.socket.get(), queue.memory.get());
      link::Endpoint any;
      any.address[10] = any.address[11] = 0xff;
      any.port = 53;
      keeper->send_port_listener(0, any, 0);
    });
    keeper->pair(1, 1);
    keeper->send_chunks(zone, 1);
    CHECK(keeper->receive().type == HandoverType::kReady);
    CHECK(keeper->receive().type == HandoverType::kSettled);
    for (int i = 0; i < 3; ++i) {
      const auto reply = ask_frame(*link);
      REQUIRE(reply);
      CHECK(reply->back() == 1);
    }
    // The numbers follow within a second, also in an exchange that is new.
    keeper->pair(2, 1);
    const auto shown = [&] { return link::read_port(keeper->exchange.mapping->ports[0]); };
    for (int i = 0; i < kPatience_ms && (!shown() || shown()->queue[0].received != 3); ++i) {
      ::poll(nullptr, 0, 1);
    }
    REQUIRE(shown());
    CHECK(shown()->kind == link::PortKind::kXdp);
    CHECK(shown()->mode == link::PortMode::kNativeCopy);
    CHECK(shown()->name == "xdp0");
    CHECK(shown()->link_up);
    CHECK(shown()->speed_mbps == 10'000);  // what veth says
    CHECK(shown()->queue[0].received == 3);
    CHECK(shown()->queue[0].sent == 3);
    CHECK(shown()->queue[0].missed == 0);
    link->set_up(false);
    for (int i = 0; i < kPatience_ms && shown()->link_up; ++i) ::poll(nullptr, 0, 1);
    CHECK_FALSE(shown()->link_up);
    link->set_up(true);
    keeper->end();
    CHECK(keeper->error.empty());
  }
}

}  // namespace
}  // namespace bowline::dataplane::test
