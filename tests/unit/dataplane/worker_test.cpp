// The whole worker over memory: frames in, frames out, with a small zone and a played control.
#include "dataplane/worker.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <cstdlib>
#include <new>

#include "dataplane/io/memory.h"
#include "support/frames.h"
#include "support/small_zone.h"

namespace {

// Counts allocations of this thread while it is told to.
thread_local bool counting = false;
thread_local std::size_t allocations = 0;

void* allocate(std::size_t size, std::size_t alignment) {
  if (counting) ++allocations;
  const std::size_t rounded = (size + alignment - 1) / alignment * alignment;
  void* const memory = alignment <= alignof(std::max_align_t)
                           ? std::malloc(size)
                           : std::aligned_alloc(alignment, rounded);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

[[gnu::noinline]] void* operator new(std::size_t size) { return allocate(size, 1); }
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
  return allocate(size, static_cast<std::size_t>(alignment));
}
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  if (counting) ++allocations;
  return std::malloc(size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}

namespace bowline::dataplane::test {
namespace {

using link::Counter;

struct Setup {
  explicit Setup(bool asks_open = true) : paired((zone.publish(), zone), 1, asks_open) {}

  // The reply to a frame, as DNS message; empty if there was none.
  Octets ask(const FrameSpec& spec) {
    io.forget_sent();
    io.arrive(make_frame(spec));
    while (!io.idle()) worker.breathe();
    return sent_message();
  }
  Octets ask(std::string_view name, std::uint16_t type = 1) {
    return ask({.payload = make_question(name, type)});
  }
  // The first message sent since the last time.
  Octets sent_message() {
    if (io.sent().empty()) return {};
    const net::Listener clients[] = {
        {.address = {192, 0, 2, 1}, .ipv6 = false, .any = false, .port = 40000},
        {.address = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
         .ipv6 = true, .any = false, .port = 40000}};
    net::Datagram datagram;
    const auto& sent = io.sent().front();
    const auto refusal = net::parse({sent.data, sent.size}, clients, datagram);
    INFO((refusal ? counter_name(*refusal) : ""));
    REQUIRE_FALSE(refusal);
    const std::uint8_t* const message = sent.data + datagram.udp + 8;
    return Octets(message, message + datagram.payload_size);
  }

  SmallZone zone;
  Paired paired;
  ThreadLink link{0, paired.board};
  MemoryIo io;
  Worker<MemoryIo> worker{io, link, {.poll_busy = true, .listeners = listeners()}};
};

unsigned rcode(const Octets& message) { return message.at(3) & 15U; }
unsigned answers(const Octets& message) { return dns::load_u16(&message.at(6)); }

TEST_CASE("worker: a question over IPv4, IPv6 and tags is answered") {
  Setup setup;
  const Octets question = make_question("www.example.test.");
  for (const FrameSpec& spec : std::vector<FrameSpec>{
           {.payload = question},
           {.ipv6 = true, .payload = question},
           {.tags = {0x81, 0, 0, 7}, .payload = question},
           {.options = {1, 1, 1, 0}, .payload = question}}) {
    const Octets reply = setup.ask(spec);
    REQUIRE(reply.size() > 12);
    CHECK(dns::load_u16(&reply[0]) == 0x1234);
    CHECK(rcode(reply) == 0);
    CHECK(answers(reply) == 1);
    const std::uint8_t address[4] = {192, 0, 2, 80};
    CHECK(std::memcmp(&reply[question.size() + 12], address, 4) == 0);
  }
  CHECK(setup.paired.count(Counter::received_udp) == 4);
  CHECK(setup.paired.count(Counter::received_ipv4) == 3);
  CHECK(setup.paired.count(Counter::received_ipv6) == 1);
  CHECK(setup.paired.count(Counter::rcode_noerror) == 4);
}

TEST_CASE("worker: response codes and drops are counted") {
  Setup setup;
  CHECK(rcode(setup.ask("nothing.example.test.")) == 3);
  CHECK(rcode(setup.ask("www.elsewhere.test.")) == 5);
  CHECK(setup.ask({.payload = Octets(11, 0)}).empty());
  CHECK(setup.ask({.payload = make_question("www.example.test.", 1, 1, 0x8000)}).empty());
  CHECK(setup.ask({.payload = make_question("www.example.test."), .wrong_checksum = true}).empty());
  CHECK(setup.ask({.destination_port = 54, .payload = make_question("www.example.test.")}).empty());
  CHECK(setup.paired.count(Counter::rcode_nxdomain) == 1);
  CHECK(setup.paired.count(Counter::rcode_refused) == 1);
  CHECK(setup.paired.count(Counter::drop_short_message) == 1);
  CHECK(setup.paired.count(Counter::drop_is_response) == 1);
  CHECK(setup.paired.count(Counter::drop_bad_checksum) == 1);
  CHECK(setup.paired.count(Counter::drop_not_our_port) == 1);
  CHECK(setup.paired.count(Counter::received_udp) == 6);
}

TEST_CASE("worker: no reply exceeds frame and MTU, whatever the client says") {
  Setup setup;
  // OPT with a payload size of 65,535.
  const Octets opt = {0, 0, 41, 0xff, 0xff, 0, 0, 0, 0, 0, 0};
  const Octets reply =
      setup.ask({.payload = make_question("large.example.test.", 16, 1, 0, opt)});
  CHECK((reply.at(2) & 2) != 0);  // TC
  CHECK(reply.size() <= 1472);
  CHECK(setup.paired.count(Counter::truncated) == 1);
}

TEST_CASE("worker: a full ring of bursts") {
  Setup setup;
  for (std::size_t i = 0; i < MemoryIo::kMaxBuffers; ++i) {
    setup.io.arrive(make_frame(
        {.payload = make_question("www.example.test.", 1, static_cast<std::uint16_t>(i))}));
  }
  CHECK(setup.io.full());
  while (setup.worker.breathe()) {
  }
  REQUIRE(setup.io.sent().size() == MemoryIo::kMaxBuffers);
  for (std::size_t i = 0; i < MemoryIo::kMaxBuffers; ++i) {
    CHECK(dns::load_u16(setup.io.sent()[i].data + 42) == i);
  }
}

TEST_CASE("worker: nothing is allocated in a burst") {
  Setup setup;
  const char* const names[] = {"www.example.test.", "no.example.test.", "alias.example.test.",
                               "large.example.test.", "other.test."};
  for (int i = 0; i < 320; ++i) {
    setup.io.arrive(make_frame({.payload = make_question(names[i % 5], i % 3 == 0 ? 16 : 1)}));
    setup.io.arrive(make_frame({.payload = Octets(static_cast<std::size_t>(i % 40), 0xff)}));
  }
  setup.io.arrive(make_frame({.payload = make_question("example.test.", 251)}));  // asked
  std::size_t rounds = 0;
  allocations = 0;
  counting = true;
  while (setup.worker.breathe()) ++rounds;
  counting = false;
  CHECK(rounds >= 20);
  CHECK(allocations == 0);
  CHECK(setup.paired.count(Counter::asks) == 1);
}

TEST_CASE("worker: what control answers goes to who asked") {
  for (const bool ipv6 : {false, true}) {
    Setup setup;
    Service service(setup.paired.exchange(), 0);
    const Octets question = make_question("example.test.", 251);
    CHECK(setup.ask({.ipv6 = ipv6, .payload = question}).empty());
    const auto ask = service.take();
    REQUIRE(ask);
    CHECK(ask->header.kind == link::AskKind::kTransfer);
    CHECK(ask->header.context.transport == link::Transport::kUdp);
    CHECK(ask->header.context.packet_peer.port == 40000);
    CHECK(ask->header.context.packet_peer.is_ipv4() == !ipv6);
    REQUIRE(ask->payload.size() == question.size());
    CHECK(std::memcmp(ask->payload.data(), question.data(), question.size()) == 0);
    Octets answer = question;
    answer[2] = 0x80;
    answer[3] = 9;
    REQUIRE(service.reply(ask->header.context, answer));
    setup.io.forget_sent();
    CHECK(setup.worker.breathe());
    CHECK(setup.sent_message() == answer);
    CHECK(setup.paired.count(Counter::rcode_notauth) == 1);
    CHECK(setup.paired.count(Counter::ask_replies) == 1);
  }
}

TEST_CASE("worker: replies that nobody waits for are not sent") {
  Setup setup;
  Service service(setup.paired.exchange(), 0);
  setup.ask("example.test.", 251);
  const auto ask = service.take();
  REQUIRE(ask);
  const auto sent_for = [&](link::ClientContext context, const Octets& message) {
    setup.io.forget_sent();
    REQUIRE(service.reply(context, message));
    setup.worker.breathe();
    return setup.io.sent().size();
  };
  const Octets message(40, 1);
  CHECK(sent_for(ask->header.context, message) == 1);
  CHECK(sent_for(ask->header.context, {}) == 0);
  CHECK(sent_for(ask->header.context, Octets(20'000, 1)) == 0);
  link::ClientContext late = ask->header.context;
  late.deadline_ns = 1;
  CHECK(sent_for(late, message) == 0);
  link::ClientContext stream = ask->header.context;
  stream.transport = link::Transport::kTcp;
  CHECK(sent_for(stream, message) == 0);
  CHECK(setup.paired.count(Counter::drop_by_control) == 1);
  CHECK(setup.paired.count(Counter::ask_stale) == 3);
  // Another thread's client: the other side is broken.
  link::ClientContext foreign = ask->header.context;
  foreign.worker = 1;
  CHECK(sent_for(foreign, message) == 0);
  CHECK(setup.paired.board.corrupt() == 1);
  CHECK(rcode(setup.ask("example.test.", 251)) == 2);
}

TEST_CASE("worker: without control asks get SERVFAIL, and answers go on") {
  Setup setup(false);
  CHECK(rcode(setup.ask("example.test.", 251)) == 2);
  CHECK(rcode(setup.ask("www.example.test.")) == 0);
  CHECK(setup.paired.count(Counter::ask_no_control) == 1);
  CHECK(setup.paired.count(Counter::rcode_servfail) == 1);
}

TEST_CASE("worker: a full ring to control gives SERVFAIL") {
  Setup setup;
  unsigned asked = 0;
  while (asked < 20'000 && setup.ask("example.test.", 251).empty()) ++asked;
  CHECK(asked > 1000);
  CHECK(asked < 20'000);
  CHECK(setup.paired.count(Counter::ask_ring_full) == 1);
}

TEST_CASE("worker: control is told of two tags") {
  Setup setup;
  Service service(setup.paired.exchange(), 0);
  CHECK(setup.ask({.tags = {0x88, 0xa8, 0, 7, 0x81, 0, 0, 8},
                   .payload = make_question("example.test.", 251)}).empty());
  const auto ask = service.take();
  REQUIRE(ask);
  const link::ClientContext& client = ask->header.context;
  CHECK((client.flags & link::kContextTagsMask) >> link::kContextTagsShift == 2);
  CHECK(client.vlan == std::array<std::uint16_t, 2>{7, 8});
}

TEST_CASE("worker: moves to a newer pairing and tells so") {
  SmallZone newer(2);  // lives longer than the thread's link
  newer.publish("192.0.2.99");
  Paired next(newer);
  Pairing pairing = next.pairing;
  pairing.number = 2;
  Setup setup;
  setup.ask("www.example.test.");
  setup.paired.board.want(pairing);
  CHECK_FALSE(setup.paired.board.all_use_wanted(1));
  const Octets reply = setup.ask("www.example.test.");
  CHECK(setup.paired.board.all_use_wanted(1));
  CHECK(reply.back() == 99);
  CHECK(setup.paired.exchange().slots.seen(0) == link::EpochSlots::kOffline);
  CHECK(next.exchange().slots.seen(0) != link::EpochSlots::kOffline);
  // All that the thread ever counted stands in the newer exchange.
  CHECK(next.count(Counter::rcode_noerror) == 2);
}

}  // namespace
}  // namespace bowline::dataplane::test
