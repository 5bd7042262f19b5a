// The whole process but for its main(): the test plays keeper and control.
#include "dataplane/process.h"

#include <poll.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "support/process_keeper.h"

namespace bowline::dataplane::test {
namespace {

Octets ask_tcp(const ProcessKeeper& keeper, const Octets& question) {
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

TEST_CASE("process: from greeting to answers, over generations of control") {
  SmallZone first(1), second(2);
  ProcessKeeper keeper;
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
  const Octets refused = ask_udp(keeper, make_question("example.test.", 251));
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
  const Octets question = make_question("example.test.", 251);
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
  ProcessKeeper keeper;
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
  ProcessKeeper keeper;
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
  ProcessKeeper keeper;
  keeper.start_process();
  keeper.channel.keeper.reset();
  keeper.thread.join();
  CHECK(keeper.error.empty());
}

}  // namespace
}  // namespace bowline::dataplane::test
