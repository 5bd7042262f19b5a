// AF_XDP on a real veth pair: frames in, frames out, and where every frame of the memory is.
#include "dataplane/io/xdp.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <random>

#include "dataplane/worker.h"
#include "support/frames.h"
#include "support/small_zone.h"
#include "support/xdp_link.h"

namespace bowline::dataplane::test {
namespace {

using link::Counter;

constexpr int kPatience_rounds = 200'000;  // for what must come; some seconds

std::vector<FrameListener> frame_listeners() {
  std::vector<FrameListener> made;
  for (const net::Listener& where : listeners()) {
    made.push_back({where, static_cast<std::uint16_t>(7 + made.size()), link::Role::kBoth});
  }
  return made;
}

// A frame that nobody but us understands, told apart by `number`.
Octets numbered(std::uint32_t number, std::size_t size = 64) {
  Octets frame(size);
  frame[0] = frame[6] = 2;
  frame[12] = 0x88;
  frame[13] = 0xb5;
  std::memcpy(&frame[14], &number, sizeof number);
  return frame;
}

// Somebody with an IPv6 address who asked a listener.
link::ClientContext client_of(std::uint16_t listener) {
  link::ClientContext client;
  client.listener = listener;
  return client;
}

// A port, and what is done to it by hand.
struct Port {
  explicit Port(const XdpLink& made) : link(made), doorbell(::eventfd(0, EFD_NONBLOCK)) {
    restart();
  }
  // As after a kill: whatever it holds is left as it is.
  void restart() {
    io.reset();
    auto opened = XdpIo::open(link.queue(), frame_listeners(), doorbell.get(), counters);
    REQUIRE((opened ? "" : opened.error()) == std::string());
    io = std::move(*opened);
  }
  // Sends back what is there. Gives the number of frames.
  std::size_t echo() {
    const std::span<Packet> packets = io->receive();
    for (Packet& packet : packets) io->send(packet);
    io->flush();
    return packets.size();
  }
  // Echoes `count` frames that were sent, and takes them at the other end. Gives how many came.
  std::size_t exchange(std::size_t count, std::size_t size = 64) {
    for (std::size_t i = 0; i < count; ++i) {
      link.send(numbered(static_cast<std::uint32_t>(i), size));
    }
    std::size_t back = 0;
    for (int round = 0; round < kPatience_rounds && back < count; ++round) {
      echo();
      while (link.receive(0)) ++back;
    }
    return back;
  }
  // Waits until nothing is on its way any more.
  Census settle() {
    Census census;
    for (int round = 0; round < 1000; ++round) {
      for (Packet& packet : io->receive()) io->drop(packet);
      io->wait(0);
      census = link.census();
      if (census.held + census.in_fill == link.frames()) break;
      ::poll(nullptr, 0, 1);
    }
    return census;
  }
  // Nothing is lost, and the fill ring is full.
  void check_all_there() {
    const Census census = settle();
    CHECK(census.elsewhere == 0);
    CHECK(census.in_fill == link.queue().announcement.port.ring_size);
    CHECK(census.held == io->free_frames());
    CHECK(census.held + census.in_fill == link.frames());
  }

  const XdpLink& link;
  link::Fd doorbell;
  link::Counters counters;
  std::unique_ptr<XdpIo> io;
};

TEST_CASE("xdp: frames come back, and none is lost") {
  for (const bool generic : {false, true}) {
    const auto link = XdpLink::make("xdp: frames come back", {.generic = generic});
    if (!link) return;
    Port port(*link);
    CHECK(port.io->free_frames() == link->frames() - 1024);
    link->send(numbered(42));
    REQUIRE(port.exchange(0) == 0);
    for (int i = 0; i < kPatience_rounds && port.echo() == 0; ++i) {
    }
    const auto frame = link->receive();
    REQUIRE(frame);
    CHECK(*frame == numbered(42));
    constexpr std::size_t kBursts = 1700;  // 102,000 frames
    for (std::size_t i = 0; i < kBursts; ++i) {
      INFO(i);
      REQUIRE(port.exchange(60, 60 + i % 1440) == 60);
    }
    port.check_all_there();
    link::PortQueueStatus status{};
    port.io->report(status);
    CHECK(status.received == kBursts * 60 + 1);
    CHECK(status.sent == kBursts * 60 + 1);
    CHECK(status.missed == 0);
    CHECK(status.failed == 0);
  }
}

TEST_CASE("xdp: a burst that is not taken, then silence: the fill ring is full again") {
  const auto link = XdpLink::make("xdp: a burst, then silence", {.ring_size = 64});
  if (!link) return;
  Port port(*link);
  for (int flood = 0; flood < 20; ++flood) {
    for (std::uint32_t i = 0; i < 200; ++i) link->send(numbered(i));
    while (port.echo() != 0) {
    }
    while (link->receive(1)) {
    }
  }
  port.io->wait(0);
  port.check_all_there();
  CHECK(port.exchange(30) == 30);
}

TEST_CASE("xdp: a full send ring costs replies, not frames") {
  const auto link = XdpLink::make("xdp: a full send ring", {.ring_size = 64});
  if (!link) return;
  Port port(*link);
  link->set_up(false);
  const link::ClientContext client = client_of(7);
  const Octets message(100, 1);
  constexpr std::uint64_t kReplies = 1000;
  for (std::uint64_t i = 0; i < kReplies; ++i) {
    port.io->answer_to(client, message);
    if (i % 10 == 0) port.io->flush();
  }
  port.io->flush();
  CHECK(port.counters.total(Counter::send_failed) == kReplies - 64);
  link->set_up(true);
  port.io->answer_to(client, message);  // finds no room, but has the others sent
  port.io->flush();
  CHECK(port.counters.total(Counter::send_failed) == kReplies - 63);
  link->send(numbered(1));
  for (int i = 0; i < kPatience_rounds && port.echo() == 0; ++i) {
  }
  for (int i = 0; i < 1000 && link->census().in_send != 0; ++i) port.io->wait(1);
  port.check_all_there();
  while (link->receive(1)) {
  }
  CHECK(port.exchange(60) == 60);
}

TEST_CASE("xdp: replies of control: to known listeners, of any size that fits") {
  const auto link = XdpLink::make("xdp: replies of control");
  if (!link) return;
  Port port(*link);
  const link::ClientContext client = client_of(8);
  port.io->answer_to(client, Octets(1452, 1));
  port.io->flush();
  const auto frame = link->receive();
  REQUIRE(frame);
  CHECK(frame->size() == 1514);
  port.io->answer_to(client, Octets(1453, 1));  // more than the MTU
  CHECK(port.counters.total(Counter::send_failed) == 1);
  port.io->answer_to(client_of(9), Octets(100, 1));
  CHECK(port.counters.total(Counter::ask_stale) == 1);
  port.check_all_there();
}

TEST_CASE("xdp: whoever comes after a death finds all frames") {
  const auto link = XdpLink::make("xdp: after a death");
  if (!link) return;
  Port port(*link);
  const auto fetch = [&] {
    for (std::uint32_t i = 0; i < 20; ++i) link->send(numbered(i));
    std::span<Packet> packets;
    for (int i = 0; i < kPatience_rounds && packets.empty(); ++i) packets = port.io->receive();
    REQUIRE(!packets.empty());
    return packets;
  };
  const char* const stages[] = {"untouched",       "frames wait",       "packets held",
                                "half of them",    "sent, not flushed", "flushed",
                                "reply not flushed"};
  for (std::size_t stage = 0; stage < std::size(stages); ++stage) {
    INFO(stages[stage]);
    if (stage == 1) {
      for (std::uint32_t i = 0; i < 20; ++i) link->send(numbered(i));
    } else if (stage >= 2 && stage <= 5) {
      const std::span<Packet> packets = fetch();
      const std::size_t done = stage == 2 ? 0 : stage == 3 ? packets.size() / 2 : packets.size();
      for (std::size_t i = 0; i < done; ++i) port.io->send(packets[i]);
      if (stage == 3 || stage == 5) port.io->flush();
    } else if (stage == 6) {
      port.io->answer_to(client_of(7), Octets(100, 1));
    }
    port.restart();
    port.check_all_there();
    while (link->receive(1)) {
    }
    CHECK(port.exchange(60) == 60);
  }
}

// What a process can leave behind when it ends between two stores.
TEST_CASE("xdp: states that were about to change are put right") {
  const auto link = XdpLink::make("xdp: states");
  if (!link) return;
  Port port(*link);
  port.check_all_there();
  for (std::uint32_t i = 0; i < 20; ++i) link->send(numbered(i));
  for (int i = 0; i < kPatience_rounds && link->census().in_receive != 20; ++i) {
  }
  // Killed after the state of what came was set, and before it was released.
  port.io.reset();
  const XdpQueue queue = link->queue();
  auto memory = XdpMemory::map(queue);
  REQUIRE(memory);
  for (std::uint32_t i = 0; i < 10; ++i) {
    REQUIRE(memory->take(
        xsk_ring_cons__rx_desc(&memory->received, memory->received.cached_cons + i)->addr));
  }
  port.restart();
  std::size_t received = 0;
  for (int i = 0; i < kPatience_rounds && received < 20; ++i) received += port.echo();
  CHECK(received == 20);
  port.check_all_there();
  // Killed while frames were published: before the ring's producer moved, and after.
  for (const bool to_send : {false, true}) {
    for (const bool published : {false, true}) {
      INFO(to_send << published);
      port.io.reset();
      memory = XdpMemory::map(queue);
      REQUIRE(memory);
      const std::vector<std::uint32_t> held = memory->adopt();
      xsk_ring_prod& ring = to_send ? memory->send : memory->fill;
      const std::uint32_t at = *ring.producer;
      const std::uint8_t mark = memory->publishing_mark(ring);
      const std::uint32_t count = to_send ? 5 : std::min(5U, xsk_prod_nb_free(&ring, 5));
      for (std::uint32_t i = 0; i < count; ++i) {
        const std::uint64_t address = memory->address(held[i]);
        if (to_send) {
          *xsk_ring_prod__tx_desc(&ring, at + i) = {address, 64, 0};
        } else {
          *xsk_ring_prod__fill_addr(&ring, at + i) = address;
        }
        *link->state(held[i]) = mark;
      }
      if (published) xsk_ring_prod__submit(&ring, count);
      port.restart();
      port.check_all_there();
    }
  }
  while (link->receive(1)) {
  }
  CHECK(port.exchange(60) == 60);
}

TEST_CASE("xdp: descriptors of the ring are not believed") {
  const auto link = XdpLink::make("xdp: descriptors");
  if (!link) return;
  Port port(*link);
  const XdpQueue queue = link->queue();
  auto memory = XdpMemory::map(queue);  // the same rings, to write what the kernel would not
  REQUIRE(memory);
  const std::uint32_t at = memory->received.cached_prod;
  const xdp_desc lies[] = {
      {std::uint64_t{link->frames()} * 2048, 64, 0},  // behind the memory
      {UINT64_MAX, 64, 0},
      {256, 2048, 0},                                 // over the end of its frame
      {2048 + 256, UINT32_MAX, 0},
      {2 * 2048 + 2000, 20, 0},                       // no room for a reply
      {std::uint64_t{link->frames() - 1} * 2048, 64, 0},  // not with the kernel
  };
  for (std::uint32_t i = 0; i < std::size(lies); ++i) {
    const_cast<xdp_desc&>(*xsk_ring_cons__rx_desc(&memory->received, at + i)) = lies[i];
  }
  __atomic_store_n(memory->received.producer, at + std::uint32_t{std::size(lies)},
                   __ATOMIC_RELEASE);
  const std::uint32_t free_before = port.io->free_frames();
  CHECK(port.io->receive().empty());
  CHECK(port.counters.total(Counter::drop_bad_length) == std::size(lies));
  CHECK(port.io->free_frames() == free_before + 3);
}

TEST_CASE("xdp: what the keeper sent wrong is refused with one line") {
  const auto link = XdpLink::make("xdp: wrong descriptors");
  if (!link) return;
  XdpQueue queue = link->queue();
  std::string expected;
  SECTION("no AF_XDP socket") {
    queue.socket = link::Fd(::socket(AF_INET, SOCK_DGRAM, 0));
    expected = "not one of AF_XDP";
  }
  SECTION("rings smaller than announced") {
    queue.announcement.port.ring_size = 4096;
    expected = "cannot map a ring";
  }
  SECTION("no memfd") {
    queue.memory = link::Fd(::eventfd(0, 0));
    expected = "not in a memfd";
  }
  SECTION("a memfd without seals") {
    queue.memory = link::Fd(::memfd_create("test", MFD_ALLOW_SEALING));
    expected = "not sealed";
  }
  SECTION("a memfd that is too small") {
    queue.announcement.port.frames += 8192;
    expected = "octets instead of";
  }
  link::Fd doorbell(::eventfd(0, EFD_NONBLOCK));
  link::Counters counters;
  const auto opened = XdpIo::open(queue, frame_listeners(), doorbell.get(), counters);
  REQUIRE(!opened);
  INFO(opened.error());
  CHECK(opened.error().starts_with("interface xdp0 queue 0: "));
  CHECK(opened.error().find(expected) != std::string::npos);
  CHECK(opened.error().find('\n') == std::string::npos);
}

TEST_CASE("xdp: sleeps until a frame comes or the doorbell rings") {
  const auto link = XdpLink::make("xdp: sleep");
  if (!link) return;
  Port port(*link);
  port.io->wait(0);
  ::eventfd_write(port.doorbell.get(), 1);
  port.io->wait(-1);
  link->send(numbered(1));
  port.io->wait(-1);
  CHECK(port.io->receive().size() == 1);
}

TEST_CASE("xdp: the worker answers questions") {
  const auto link = XdpLink::make("xdp: the worker");
  if (!link) return;
  SmallZone zone;
  zone.publish();
  Paired paired(zone);
  ThreadLink thread(0, paired.board);
  link::Fd doorbell(::eventfd(0, EFD_NONBLOCK));
  auto io = XdpIo::open(link->queue(), frame_listeners(), doorbell.get(), thread.counters);
  REQUIRE(io);
  Worker<XdpIo> worker(**io, thread, {.poll_busy = true, .listeners = listeners()});
  Service service(paired.exchange(), 0);
  const auto serve_until = [&](auto&& done) {
    for (int i = 0; i < kPatience_rounds && !done(); ++i) worker.breathe();
  };
  std::optional<Octets> reply;
  for (const FrameSpec& spec : std::vector<FrameSpec>{
           {.payload = make_question("www.example.test.")},
           {.ipv6 = true, .payload = make_question("www.example.test.")},
           {.options = {1, 1, 1, 0}, .payload = make_question("www.example.test.")}}) {
    link->send(make_frame(spec));
    serve_until([&] { return (reply = link->receive(0)).has_value(); });
    REQUIRE(reply);
    const std::uint8_t address[4] = {192, 0, 2, 80};
    CHECK(std::memcmp(&*(reply->end() - 4), address, 4) == 0);
  }
  // What control answers: listener and role are those of the datagram.
  link->send(make_frame({.ipv6 = true, .payload = make_question("example.test.", 251)}));
  std::optional<link::Ask> ask;
  serve_until([&] { return (ask = service.take()).has_value(); });
  REQUIRE(ask);
  CHECK(ask->header.context.listener == 8);
  CHECK(ask->header.context.role == link::Role::kBoth);
  REQUIRE(service.reply(ask->header.context, Octets(44, 1)));
  serve_until([&] { return (reply = link->receive(0)).has_value(); });
  REQUIRE(reply);
  CHECK(reply->size() == 14 + 40 + 8 + 44);
}

// Echoes until it is killed.
[[noreturn]] void echo_forever(const XdpLink& link) {
  link::Counters counters;
  const link::Fd doorbell(::eventfd(0, EFD_NONBLOCK));
  auto io = XdpIo::open(link.queue(), {}, doorbell.get(), counters);
  if (!io) ::_exit(1);
  for (;;) {
    const std::span<Packet> packets = (*io)->receive();
    for (Packet& packet : packets) (*io)->send(packet);
    (*io)->flush();
  }
}

TEST_CASE("xdp: killed 200 times under traffic") {
  const auto link = XdpLink::make("xdp: kills", {.ring_size = 2048});
  if (!link) return;
  constexpr int kKills = 200;
  std::mt19937 random(20261121);
  std::uniform_int_distribution<int> life_us(0, 5000);
  std::uint32_t number = 0;
  std::uint64_t echoed = 0;
  for (int kill = 0; kill < kKills; ++kill) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) echo_forever(*link);
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    const std::int64_t end_us = now.tv_sec * 1'000'000 + now.tv_nsec / 1000 + life_us(random);
    while (now.tv_sec * 1'000'000 + now.tv_nsec / 1000 < end_us) {
      for (int i = 0; i < 16; ++i) link->send(numbered(number++));
      while (link->receive(0)) ++echoed;
      ::clock_gettime(CLOCK_MONOTONIC, &now);
    }
    ::kill(child, SIGKILL);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
  }
  Port port(*link);
  const Census census = port.settle();
  std::printf("xdp: %d kills, %llu frames echoed, %u of %u lost\n", kKills,
              static_cast<unsigned long long>(echoed), census.elsewhere, link->frames());
  CHECK(echoed > 0);
  CHECK(census.elsewhere == 0);
  while (link->receive(1)) {
  }
  CHECK(port.exchange(60) == 60);
}

}  // namespace
}  // namespace bowline::dataplane::test
