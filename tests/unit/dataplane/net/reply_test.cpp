// A frame in, its reply out: read back with the parser from the client's side, and against golden
// octets.
#include "dataplane/net/reply.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <random>

#include "../support/frames.h"
#include "dataplane/net/checksum.h"
#include "dataplane/net/client.h"

namespace bowline::dataplane::test {
namespace {

struct Exchanged {
  Octets request;
  net::Datagram datagram;
  Octets reply;
};

// Answers the frame of `spec` with `payload`.
Exchanged answered(const FrameSpec& spec, const Octets& payload) {
  Exchanged result;
  result.request = make_frame(spec);
  Octets buffer = result.request;
  buffer.resize(4096);
  const auto all = listeners();
  REQUIRE_FALSE(net::parse({buffer.data(), result.request.size()}, all, result.datagram));
  REQUIRE(payload.size() <= net::payload_max(result.datagram, buffer.size(), 4000));
  std::copy(payload.begin(), payload.end(), buffer.data() + result.datagram.udp + 8);
  const net::Frame frame = net::make_reply(buffer.data(), result.datagram, payload.size());
  REQUIRE(frame.data >= buffer.data());
  REQUIRE(frame.data + frame.size <= buffer.data() + buffer.size());
  result.reply.assign(frame.data, frame.data + frame.size);
  return result;
}

net::Listener client_of(const FrameSpec& spec) {
  net::Listener client{.address = {192, 0, 2, 1}, .ipv6 = spec.ipv6, .any = false,
                       .port = spec.source_port};
  if (spec.ipv6) client.address = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  return client;
}

TEST_CASE("reply: goes back the way the request came") {
  const Octets hop_by_hop = {17, 0, 1, 4, 0, 0, 0, 0};
  const std::vector<FrameSpec> specs = {
      {},
      {.ipv6 = true},
      {.tags = {0x81, 0, 0xe0, 7}},
      {.ipv6 = true, .tags = {0x88, 0xa8, 0, 7, 0x81, 0, 0, 8}},
      {.options = Octets(8, 1)},
      {.ipv6 = true, .tags = {0x81, 0, 0, 7}, .extensions = hop_by_hop, .next_header = 0},
      {.no_checksum = true},
  };
  for (const FrameSpec& spec : specs) {
    for (const std::size_t size : {12U, 13U, 64U, 511U, 1232U}) {
      Octets payload(size);
      for (std::size_t i = 0; i < size; ++i) payload[i] = static_cast<std::uint8_t>(i * 7 + size);
      const Exchanged done = answered(spec, payload);
      INFO("tags " << spec.tags.size() << " ipv6 " << spec.ipv6 << " payload " << size);
      const net::Listener client = client_of(spec);
      net::Datagram datagram;
      const auto refusal = net::parse(done.reply, {&client, 1}, datagram);
      INFO((refusal ? counter_name(*refusal) : ""));
      REQUIRE_FALSE(refusal);
      CHECK(datagram.payload_size == size);
      CHECK(std::memcmp(done.reply.data() + datagram.udp + 8, payload.data(), size) == 0);
      CHECK(std::memcmp(&done.reply[0], &done.request[6], 6) == 0);
      CHECK(std::memcmp(&done.reply[6], &done.request[0], 6) == 0);
      CHECK(std::memcmp(&done.reply[12], &done.request[12], spec.tags.size()) == 0);
      CHECK(done.reply.size() >= 60);
      const std::uint8_t* ip = &done.reply[datagram.ip];
      CHECK(ip[spec.ipv6 ? 7 : 8] == 64);
      // Neither options nor extension headers come back.
      CHECK(datagram.udp - datagram.ip == (spec.ipv6 ? 40 : 20));
    }
  }
}

TEST_CASE("reply: golden frame") {
  const Exchanged done = answered({}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  CHECK(hex(done.reply.data(), done.reply.size()) ==
        "020000000001" "020000000053" "0800"
        "4500002800004000" "4011b68e" "c0000235" "c0000201"
        "00359c400014baef" "0102030405060708090a0b0c" "000000000000");
}

TEST_CASE("reply: a checksum that comes out as 0 is sent as ffff (RFC 768)") {
  Octets payload(4);
  const Exchanged first = answered({.ipv6 = true}, payload);
  // Putting the checksum into the payload makes the sum all ones.
  const std::size_t at = first.reply.size() - 8;
  net::Datagram datagram;
  const net::Listener client = client_of({.ipv6 = true});
  REQUIRE_FALSE(net::parse(first.reply, {&client, 1}, datagram));
  CHECK(at != 0);
  std::memcpy(payload.data(), &first.reply[datagram.udp + 6U], 2);
  const Exchanged second = answered({.ipv6 = true}, payload);
  CHECK(dns::load_u16(&second.reply[datagram.udp + 6U]) == 0xffff);
  CHECK_FALSE(net::parse(second.reply, {&client, 1}, datagram));
}

TEST_CASE("reply: checksums that the device makes are left to it") {
  for (const FrameSpec& spec : std::vector<FrameSpec>{
           {}, {.ipv6 = true}, {.tags = {0x81, 0, 0, 7}}, {.options = Octets(8, 1)}}) {
    const Octets payload(33, 0x5a);
    const Octets wanted = answered(spec, payload).reply;
    Octets buffer = make_frame(spec);
    const std::size_t size = buffer.size();
    buffer.resize(512);
    const auto all = listeners();
    net::Datagram datagram;
    datagram.device = net::kIpFilled | net::kUdpFilled;
    REQUIRE_FALSE(net::parse({buffer.data(), size}, all, datagram));
    std::copy(payload.begin(), payload.end(), buffer.data() + datagram.udp + 8);
    const net::Frame frame = net::make_reply(buffer.data(), datagram, payload.size());
    Octets made(frame.data, frame.data + frame.size);
    const std::size_t udp = datagram.ip + (spec.ipv6 ? 40U : 20U);
    if (!spec.ipv6) {
      CHECK(dns::load_u16(&made[datagram.ip + 10U]) == 0);
      std::memcpy(&made[datagram.ip + 10U], &wanted[datagram.ip + 10U], 2);
    }
    // What is there is the sum of the pseudo-header: header and payload make the rest.
    const std::uint16_t checksum = net::finish_checksum(net::add_octets(0, &made[udp], 41));
    std::memcpy(&made[udp + 6], &checksum, 2);
    CHECK(hex(made.data(), made.size()) == hex(wanted.data(), wanted.size()));
  }
}

TEST_CASE("payload_max: the least of buffer and MTU") {
  net::Datagram ipv4{.ip = 14, .udp = 34, .payload_size = 0, .ipv6 = false, .listener = 0};
  net::Datagram ipv6{.ip = 18, .udp = 58, .payload_size = 0, .ipv6 = true, .listener = 0};
  CHECK(net::payload_max(ipv4, 2048, 1500) == 1472);
  CHECK(net::payload_max(ipv6, 2048, 1500) == 1452);
  CHECK(net::payload_max(ipv4, 1000, 1500) == 958);
  CHECK(net::payload_max(ipv6, 9000, 9000) == 8934);
}

TEST_CASE("checksum: agrees with RFC 1071 for every size and alignment") {
  std::mt19937 random(1071);
  Octets octets(600);
  for (std::uint8_t& octet : octets) octet = static_cast<std::uint8_t>(random());
  for (std::size_t start = 0; start < 8; ++start) {
    for (std::size_t size = 0; size < 130; ++size) {
      std::uint32_t sum = 0;
      for (std::size_t i = 0; i < size; ++i) {
        sum += std::uint32_t{octets[start + i]} << (i % 2 == 0 ? 8 : 0);
      }
      while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
      const std::uint16_t made = net::finish_checksum(net::add_octets(0, &octets[start], size));
      std::uint8_t stored[2];
      std::memcpy(stored, &made, 2);
      CHECK(dns::load_u16(stored) == static_cast<std::uint16_t>(~sum));
    }
  }
}

TEST_CASE("client: a frame made from a context reaches who was described") {
  for (const FrameSpec& spec : std::vector<FrameSpec>{
           {}, {.ipv6 = true}, {.tags = {0x81, 0, 0, 7}},
           {.ipv6 = true, .tags = {0x81, 0, 0, 9}}, {.tags = {0x81, 0, 0, 0}},
           {.tags = {0x88, 0xa8, 0, 7, 0x81, 0, 0, 8}},
           {.ipv6 = true, .tags = {0x81, 0, 0x20, 7, 0x88, 0xa8, 0, 8}}}) {
    const Octets frame = make_frame(spec);
    const auto all = listeners();
    net::Datagram datagram;
    REQUIRE_FALSE(net::parse(frame, all, datagram));
    link::ClientContext context;
    net::describe(frame.data(), datagram, context);
    CHECK(context.packet_peer.port == 40000);
    CHECK(context.local.port == 53);
    const Octets payload(100, 0x77);
    Octets buffer(2048);
    const std::size_t size = net::write_frame(buffer, context, payload, net::kEthernetMtu);
    REQUIRE(size != 0);
    const net::Listener client = client_of(spec);
    net::Datagram back;
    REQUIRE_FALSE(net::parse({buffer.data(), size}, {&client, 1}, back));
    CHECK(back.payload_size == payload.size());
    CHECK(std::memcmp(buffer.data(), &frame[6], 6) == 0);
    CHECK(std::equal(spec.tags.begin(), spec.tags.end(), buffer.begin() + 12));
    CHECK(net::write_frame(buffer, context, Octets(1473), net::kEthernetMtu) == 0);
  }
}

}  // namespace
}  // namespace bowline::dataplane::test
