#include "link/context.h"

#include <catch2/catch.hpp>
#include <memory>
#include <vector>

using namespace bowline::link;

namespace {

using Bytes = std::vector<std::byte>;

// What a ring carries for this header and payload.
template <typename Header>
Bytes through_ring(const Header& header, const Bytes& payload) {
  const auto memory = std::make_unique<RingMemory<>>();
  RingWriter<> writer(*memory);
  RingReader<> reader(*memory);
  REQUIRE(push_message(writer, header, payload) == Push::kDone);
  Bytes buffer(kMaxRingMessage);
  std::uint32_t length = 0;
  REQUIRE(reader.pop(buffer, length) == Pop::kMessage);
  buffer.resize(length);
  return buffer;
}

AskHeader sample_ask() {
  AskHeader header;
  header.kind = AskKind::kNotify;
  header.context.transport = Transport::kTcp;
  header.context.role = Role::kBoth;
  header.context.worker = 3;
  header.context.peer.port = 5353;
  header.context.stream_generation = 77;
  return header;
}

template <typename T>
Bytes with(Bytes message, std::size_t offset, T value) {
  std::memcpy(message.data() + offset, &value, sizeof value);
  return message;
}

}  // namespace

TEST_CASE("an ask and its reply carry context and payload through a ring", "[link][context]") {
  const Bytes payload(513, std::byte{0xab});
  const Bytes message = through_ring(sample_ask(), payload);
  const auto ask = read_ask(message);
  REQUIRE(ask);
  CHECK(ask->header.kind == AskKind::kNotify);
  CHECK(Bytes(ask->payload.begin(), ask->payload.end()) == payload);

  ReplyHeader answer;
  answer.part = ReplyPart::kMore;
  answer.context = ask->header.context;
  const Bytes largest(65'535, std::byte{1});
  const Bytes back = through_ring(answer, largest);
  const auto reply = read_reply(back);
  REQUIRE(reply);
  CHECK(reply->header.part == ReplyPart::kMore);
  CHECK(reply->payload.size() == 65'535);
  CHECK(reply->header.context.stream_generation == 77);
  CHECK(reply->header.context.peer == ask->header.context.peer);
  CHECK(read_reply(through_ring(answer, {}))->payload.empty());
}

TEST_CASE("malformed asks and replies are refused", "[link][context]") {
  const Bytes ask = through_ring(sample_ask(), Bytes(20));
  REQUIRE(read_ask(ask));
  for (std::size_t cut = 0; cut < ask.size(); ++cut) {
    CHECK_FALSE(read_ask(std::span(ask).first(cut)));
  }
  Bytes longer = ask;
  longer.push_back(std::byte{0});
  CHECK_FALSE(read_ask(longer));
  const std::size_t transport = offsetof(AskHeader, context) + offsetof(ClientContext, transport);
  const std::size_t role = offsetof(AskHeader, context) + offsetof(ClientContext, role);
  CHECK_FALSE(read_ask(with(ask, offsetof(AskHeader, kind), std::uint16_t{0})));
  CHECK_FALSE(read_ask(with(ask, offsetof(AskHeader, kind), std::uint16_t{5})));
  CHECK_FALSE(read_ask(with(ask, offsetof(AskHeader, payload_length), UINT32_MAX)));
  CHECK_FALSE(read_ask(with(ask, transport, std::uint8_t{0})));
  CHECK_FALSE(read_ask(with(ask, transport, std::uint8_t{6})));
  CHECK_FALSE(read_ask(with(ask, role, std::uint8_t{0})));
  CHECK_FALSE(read_ask(with(ask, role, std::uint8_t{4})));

  const Bytes reply = through_ring(ReplyHeader{}, Bytes(12));
  REQUIRE(read_reply(reply));
  CHECK_FALSE(read_reply(with(reply, offsetof(ReplyHeader, part), std::uint16_t{0})));
  CHECK_FALSE(read_reply(with(reply, offsetof(ReplyHeader, part), std::uint16_t{3})));
  CHECK_FALSE(read_reply(std::span(reply).first(reply.size() - 1)));
}

TEST_CASE("endpoints know IPv4 in its mapped form", "[link][context]") {
  Endpoint endpoint;
  CHECK_FALSE(endpoint.is_ipv4());
  endpoint.address[10] = endpoint.address[11] = 0xff;
  CHECK(endpoint.is_ipv4());
  endpoint.address[0] = 1;
  CHECK_FALSE(endpoint.is_ipv4());
}
