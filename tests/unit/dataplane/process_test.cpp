// The whole process but for its main(): the test plays keeper and control.
#include "dataplane/process.h"

#include <arpa/inet.h>
#include <catch2/catch.hpp>
#include <algorithm>
#include <chrono>
#include <cstring>
#include <poll.h>
#include <sys/eventfd.h>
#include <thread>

#include "dataplane/io/sockaddr.h"
#include "support/frames.h"
#include "support/small_zone.h"

namespace bowline::dataplane::test {
namespace {

using link::HandoverMessage;
using link::HandoverType;

constexpr int kPatience_ms = 5000;  // for what must come; nothing waits this long when all is well

struct Keeper {
  Keeper() : channel(std::move(link::make_handover_pair().value())) {
    for (int i = 0; i < 3; ++i) bells.emplace_back(::eventfd(0, EFD_NONBLOCK));
    udp = link::Fd(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0));
    tcp = link::Fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
    for (const int socket : {udp.get(), tcp.get()}) {
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      socklen_t size = sizeof address;
      REQUIRE(::bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0);
      REQUIRE(::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0);
      (socket == udp.get() ? udp_address : tcp_address) = address;
    }
    REQUIRE(::listen(tcp.get(), 16) == 0);
  }
  ~Keeper() { end(); }

  void start_process() {
    thread = std::thread([this] {
      Process process(channel.child.get());
      const auto outcome = process.run();
      error = outcome ? "" : outcome.error();
    });
  }
  // Everything but tables and exchange.
  void furnish() {
    HandoverMessage hello;
    hello.type = HandoverType::kHello;
    hello.threads = 2;
    hello.workers = 1;
    hello.cores.fill(link::kNoCore);
    send(hello);
    for (unsigned i = 0; i < 3; ++i) {
      HandoverMessage bell;
      bell.type = HandoverType::kDoorbell;
      bell.index = i < 2 ? i : link::kServiceBell;
      send(bell, bells[i].get());
    }
    for (const int socket : {udp.get(), tcp.get()}) {
      HandoverMessage listener;
      listener.type = HandoverType::kListener;
      listener.transport = socket == udp.get() ? link::Transport::kUdp : link::Transport::kTcp;
      listener.worker = socket == udp.get() ? 0 : link::kEveryWorker;
      send(listener, socket);
    }
    send(HandoverType::kGo);
  }
  void pair(std::uint64_t pairing, std::uint64_t generation) {
    exchange = std::move(link::create_exchange({pairing, generation, 2}, {}).value());
    exchange.mapping->control.ready.store(1);
    HandoverMessage message;
    message.type = HandoverType::kExchange;
    message.pairing = pairing;
    message.generation = generation;
    message.threads = 2;
    send(message, exchange.fd.get());
  }
  void send_chunks(const SmallZone& zone, std::uint64_t generation) {
    std::uint64_t serial = 0;
    for (const SmallZone::Chunk& chunk : zone.chunks()) {
      HandoverMessage message;
      message.type = HandoverType::kChunk;
      message.generation = generation;
      message.index = chunk.index;
      message.size = chunk.size;
      message.serial = ++serial;
      send(message, chunk.fd.get());
    }
  }
  void send(HandoverType type, std::uint64_t generation = 0, std::uint64_t pairing = 0) {
    HandoverMessage message;
    message.type = type;
    message.generation = generation;
    message.pairing = pairing;
    send(message);
  }
  void send(const HandoverMessage& message, int fd = -1) {
    const auto fds = fd < 0 ? std::span<const int>() : std::span<const int>(&fd, 1);
    REQUIRE(link::send_handover(channel.keeper.get(), message, fds) == link::Send::kSent);
  }
  // The next message of the process.
  HandoverMessage receive() {
    static link::Received received;
    pollfd wanted{channel.keeper.get(), POLLIN, 0};
    REQUIRE(::poll(&wanted, 1, kPatience_ms) == 1);
    REQUIRE(link::receive_handover(channel.keeper.get(), received) == link::Receive::kMessage);
    return received.message;
  }
  void end() {
    if (!thread.joinable()) return;
    HandoverMessage stop;
    stop.type = HandoverType::kStop;
    (void)link::send_handover(channel.keeper.get(), stop);
    thread.join();
  }

  link::HandoverPair channel;
  std::vector<link::Fd> bells;
  link::Fd udp, tcp;
  sockaddr_in udp_address{}, tcp_address{};
  link::NewExchange exchange;
  std::thread thread;
  std::string error;
};

Octets ask_udp(const Keeper& keeper, const Octets& question, int wait_ms = kPatience_ms) {
  link::Fd client(::socket(AF_INET, SOCK_DGRAM, 0));
  REQUIRE(::connect(client.get(), reinterpret_cast<const sockaddr*>(&keeper.udp_address),
                    sizeof keeper.udp_address) == 0);
  REQUIRE(::send(client.get(), question.data(), question.size(), 0) > 0);
  pollfd wanted{client.get(), POLLIN, 0};
  if (::poll(&wanted, 1, wait_ms) != 1) return {};
  Octets reply(4096);
  reply.resize(static_cast<std::size_t>(::recv(client.get(), reply.data(), reply.size(), 0)));
  return reply;
}

Octets ask_tcp(const Keeper& keeper, const Octets& question) {
  link::Fd client(::socket(AF_INET, SOCK_STREAM, 0));
  REQUIRE(::connect(client.get(), reinterpret_cast<const sockaddr*>(&keeper.tcp_address),
                    sizeof keeper.tcp_address) == 0);
  Octets framed(2 + question.size());
  framed[1] = static_cast<std::uint8_t>(question.size());
  std::copy(question.begin(), question.end(), framed.begin() + 2);
  REQUIRE(::send(client.get(), framed.data(), framed.size(), 0) > 0);
  pollfd wanted{client.get(), POLLIN, 0};
  REQUIRE(::poll(&wanted, 1, kPatience_ms) == 1);
  Octets reply(4096);
  reply.resize(static_cast<std::size_t>(::recv(client.get(), reply.data(), reply.size(), 0)));
  return Octets(reply.begin() + 2, reply.end());
}

// The last octet of the address of www.example.test.
int answer(const Keeper& keeper) {
  const Octets reply = ask_udp(keeper, make_question("www.example.test."));
  return reply.size() > 12 ? reply.back() : -1;
}

TEST_CASE("process: from greeting to answers, over generations of control") {
  SmallZone first(1), second(2);
  Keeper keeper;
  keeper.start_process();
  keeper.pair(1, 1);
  keeper.furnish();
  keeper.send_chunks(first, 1);
  // No root yet: nobody is answered, and the chunk is acknowledged all the same.
  const auto acknowledged = [&] {
    return keeper.exchange.mapping->dataplane.mapped_through.load();
  };
  for (int i = 0; i < kPatience_ms && acknowledged() != 1; ++i) ::poll(nullptr, 0, 1);
  CHECK(acknowledged() == 1);
  CHECK(ask_udp(keeper, make_question("www.example.test."), 50).empty());

  first.publish("192.0.2.1");
  CHECK(keeper.receive().type == HandoverType::kReady);
  const HandoverMessage settled = keeper.receive();
  CHECK(settled.type == HandoverType::kSettled);
  CHECK(settled.generation == 1);
  CHECK(keeper.exchange.mapping->dataplane.ready.load() == 1);
  CHECK(answer(keeper) == 1);
  const Octets over_tcp = ask_tcp(keeper, make_question("www.example.test."));
  REQUIRE(over_tcp.size() > 12);
  CHECK(over_tcp.back() == 1);

  // Control dies: answers go on, asks are refused.
  keeper.send(HandoverType::kUnpaired, 0, 1);
  keeper.send(HandoverType::kDropGeneration, 1);
  CHECK(answer(keeper) == 1);

  // The next control loads; the old tables serve until it has published.
  keeper.pair(2, 2);
  keeper.send_chunks(second, 2);
  for (int i = 0; i < kPatience_ms && acknowledged() != 1; ++i) ::poll(nullptr, 0, 1);
  CHECK(acknowledged() == 1);
  CHECK(answer(keeper) == 1);
  const Octets refused = ask_udp(keeper, make_question("example.test.", 252));
  REQUIRE(refused.size() > 12);
  CHECK((refused[3] & 15) == 2);
  second.publish("192.0.2.2");
  const HandoverMessage again = keeper.receive();
  CHECK(again.type == HandoverType::kSettled);
  CHECK(again.generation == 2);
  CHECK(answer(keeper) == 2);

  // Asks go to the new control.
  link::Exchange& exchange = *keeper.exchange.mapping;
  Service service(exchange, 0);
  link::Fd client(::socket(AF_INET, SOCK_DGRAM, 0));
  REQUIRE(::connect(client.get(), reinterpret_cast<const sockaddr*>(&keeper.udp_address),
                    sizeof keeper.udp_address) == 0);
  const Octets question = make_question("example.test.", 252);
  REQUIRE(::send(client.get(), question.data(), question.size(), 0) > 0);
  std::optional<link::Ask> ask;
  for (int i = 0; i < kPatience_ms && !ask; ++i) {
    ask = service.take();
    if (!ask) ::poll(nullptr, 0, 1);
  }
  REQUIRE(ask);
  REQUIRE(service.reply(ask->header.context, Octets(44, 1)));
  exchange.thread_sleep[0].wake_if_asleep(keeper.bells[0].get());
  pollfd wanted{client.get(), POLLIN, 0};
  REQUIRE(::poll(&wanted, 1, kPatience_ms) == 1);
  Octets reply(100);
  CHECK(::recv(client.get(), reply.data(), reply.size(), 0) == 44);
  keeper.end();
  CHECK(keeper.error.empty());
}

TEST_CASE("process: a restarted one serves from what the keeper kept, without control") {
  SmallZone zone(5);
  zone.publish("192.0.2.5");
  Keeper keeper;
  keeper.start_process();
  keeper.pair(9, 6);  // a newer control is being waited for
  keeper.send(HandoverType::kUnpaired, 0, 9);
  keeper.send_chunks(zone, 5);
  keeper.send(HandoverType::kDropGeneration, 5);
  keeper.furnish();
  CHECK(keeper.receive().type == HandoverType::kReady);
  CHECK(answer(keeper) == 5);
}

TEST_CASE("process: what it cannot work with ends it with one line") {
  Keeper keeper;
  keeper.start_process();
  SECTION("impossible thread counts") {
    HandoverMessage hello;
    hello.type = HandoverType::kHello;
    hello.threads = 1;
    hello.workers = 1;
    keeper.send(hello);
  }
  SECTION("an exchange that is none") {
    HandoverMessage message;
    message.type = HandoverType::kExchange;
    message.pairing = 1;
    message.generation = 1;
    message.threads = 2;
    keeper.send(message, keeper.bells[0].get());
  }
  SECTION("a chunk that is none") {
    HandoverMessage message;
    message.type = HandoverType::kChunk;
    message.generation = 1;
    message.size = link::kMinChunkSize;
    message.serial = 1;
    keeper.send(message, keeper.bells[0].get());
  }
  CHECK(keeper.receive().type == HandoverType::kFailed);
  keeper.end();
  CHECK(!keeper.error.empty());
  CHECK(keeper.error.find('\n') == std::string::npos);
}

TEST_CASE("process: ends when the keeper is gone") {
  Keeper keeper;
  keeper.start_process();
  keeper.channel.keeper.reset();
  keeper.thread.join();
  CHECK(keeper.error.empty());
}

}  // namespace
}  // namespace bowline::dataplane::test
