#include "perf/pktgen/frames.h"

#include <catch2/catch.hpp>

#include "dns/message.h"
#include "support.h"

using namespace bowline;
using namespace bowline::perf::pktgen;
using namespace bowline::perf::pktgen::test;

namespace {

struct Family {
  const char *server, *sources;
  std::size_t udp;
};
constexpr Family kFamilies[] = {{"192.0.2.53@5300", "198.51.100.0/24", 34},
                                {"2001:db8::53@5300", "2001:db8:1::/64", 54}};

// The sum of a frame's UDP datagram with its pseudo header, taken from the frame alone.
bool udp_sum_is_right(dns::Bytes frame, std::size_t udp) {
  const std::size_t addresses = udp == 54 ? 32 : 8;
  const std::uint64_t pseudo = add_words(frame.subspan(udp - addresses, addresses),
                                         17 + frame.size() - udp);
  return fold(add_words(frame.subspan(udp), pseudo)) == 0xffff;
}

}  // namespace

TEST_CASE("a frame, octet for octet") {
  QuestionSet set;
  set.add(name("a.example."), dns::RrType::kMx);
  const FrameWriter writer(ends("192.0.2.53", "192.0.2.1"));
  const auto frame = question_frame(writer, set[0], true, {0x8001, 0x1234, 0});
  const std::vector<std::uint8_t> expected = {
      2, 0, 0, 0, 0, 0x53, 2, 0, 0, 0, 0, 1, 8, 0,                        // Ethernet
      0x45, 0, 0, 66, 0, 0, 0, 0, 64, 17, 0xf6, 0x74,                     // IPv4: 66 octets
      192, 0, 2, 1, 192, 0, 2, 53, 0x80, 1, 0, 53, 0, 46, frame[40], frame[41],  // UDP
      0x12, 0x34, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1,                           // header
      1, 'a', 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 0, 0, 15, 0, 1,       // question
      0, 0, 41, 4, 0xd0, 0, 0, 0x80, 0, 0, 0};                            // OPT
  CHECK(frame == expected);
  CHECK(udp_sum_is_right(frame, 34));
}

TEST_CASE("checksums are right for names of any size, with and without OPT") {
  for (const Family& family : kFamilies) {
    const FrameWriter writer(ends(family.server, family.sources));
    QuestionSet set;
    for (std::size_t size = 1; size <= 63; ++size) {
      set.add(name(std::string(size, 'x') + ".Example."), dns::RrType::kA);
    }
    set.add(dns::NameView(), dns::RrType::kNs);
    for (std::size_t i = 0; i < set.size(); ++i) {
      for (const bool dnssec_ok : {false, true}) {
        const Flow flow = flow_of(i * 777'777, writer.ends().sources.count);
        const auto frame = question_frame(writer, set[i], dnssec_ok, flow);
        INFO(family.server << " question " << i << " DO " << dnssec_ok);
        REQUIRE(udp_sum_is_right(frame, family.udp));
        if (family.udp == 34) REQUIRE(fold(add_words({&frame[14], 20})) == 0xffff);
        dns::QueryFacts facts;
        REQUIRE(dns::read_query(dns::Bytes(frame).subspan(family.udp + 8), facts) ==
                dns::QueryFault::kNone);
        REQUIRE(facts.has_edns == dnssec_ok);
        REQUIRE(facts.edns.dnssec_ok == dnssec_ok);
        REQUIRE(facts.header.id == flow.id);
      }
    }
  }
}

TEST_CASE("a UDP checksum is never 0, which would mean none") {
  const FrameWriter writer(ends("192.0.2.53", "192.0.2.1"));
  QuestionSet set;
  set.add(name("a.example."), dns::RrType::kA);
  bool all_ones = false;
  for (std::uint32_t id = 0; id < 0x10000; ++id) {
    const Flow flow{0x8000, static_cast<std::uint16_t>(id), 0};
    const auto frame = question_frame(writer, set[0], false, flow);
    REQUIRE(dns::load_u16(&frame[40]) != 0);
    all_ones = all_ones || dns::load_u16(&frame[40]) == 0xffff;
    REQUIRE(udp_sum_is_right(frame, 34));
  }
  CHECK(all_ones);
}

TEST_CASE("a whole message goes out as it was, with an id of its own") {
  const std::vector<std::uint8_t> message = {0xab, 0xcd, 1, 0x20, 0, 1, 0, 0, 0, 0, 0, 1,
      1, 'q', 0, 0, 1, 0, 1, 0, 0, 41, 16, 0, 0, 0, 0, 0, 0, 4, 0, 3, 0, 0};
  for (const Family& family : kFamilies) {
    QuestionSet set;
    REQUIRE(set.add_message(message));
    const FrameWriter writer(ends(family.server, family.sources));
    const auto frame = question_frame(writer, set[0], false, {0x8000, 0x1234, 3});
    CHECK(udp_sum_is_right(frame, family.udp));
    CHECK(dns::load_u16(&frame[family.udp + 8]) == 0x1234);
    CHECK(std::equal(message.begin() + 2, message.end(),
                     frame.begin() + static_cast<std::ptrdiff_t>(family.udp + 10)));
    CHECK(set[0].from_name()[1] == 'q');
  }
}

TEST_CASE("answers: whose they are, and that they are whole") {
  for (const Family& family : kFamilies) {
    const Ends both = ends(family.server, family.sources);
    const FrameWriter writer(both);
    QuestionSet set;
    set.add(name("a.example."), dns::RrType::kA);
    const Flow flow{0x8123, 0x4567, 99};
    const auto asked = question_frame(writer, set[0], false, flow);
    CHECK_FALSE(read_arrival(both, asked));  // no answer: QR is not set
    std::vector<std::uint8_t> message(asked.begin() + static_cast<std::ptrdiff_t>(family.udp + 8),
                                      asked.end());
    message[2] = 0x84;
    const auto frame = answer_frame(asked, message);
    const auto arrival = read_arrival(both, frame);
    REQUIRE(arrival);
    CHECK(arrival->port == flow.port);
    CHECK(arrival->id == flow.id);
    CHECK(arrival->flags == 0x8400);
    CHECK(arrival->message.size() == message.size());
    CHECK(addresses_match(both, flow, frame));
    CHECK(checksums_hold(both, frame));
    // A flow from another address; each octet wrong in turn: noticed one way or another.
    CHECK_FALSE(addresses_match(both, {flow.port, flow.id, 98}, frame));
    for (std::size_t i = 14; i < frame.size(); ++i) {
      auto broken = frame;
      broken[i] ^= 0x10;
      const auto again = read_arrival(both, broken);
      const bool unnoticed = again && addresses_match(both, flow, broken) &&
                             checksums_hold(both, broken) && again->id == flow.id &&
                             again->port == flow.port;
      // IPv6 has no checksum over traffic class, flow label, and hop limit.
      const bool free = family.udp == 54 && ((i >= 15 && i < 20) || i == 14 || i == 21);
      INFO(family.server << " octet " << i);
      REQUIRE((!unnoticed || free));
    }
    for (std::size_t size = 0; size < frame.size(); ++size) {
      REQUIRE_FALSE(read_arrival(both, {frame.data(), size}));
    }
  }
}

TEST_CASE("no checksum is right over IPv4 only") {
  for (const Family& family : kFamilies) {
    const Ends both = ends(family.server, family.sources);
    QuestionSet set;
    set.add(name("a.example."), dns::RrType::kA);
    auto frame = question_frame(FrameWriter(both), set[0], false, {0x8000, 1, 0});
    dns::store_u16(&frame[family.udp + 6], 0);
    CHECK(checksums_hold(both, frame) == (family.udp == 34));
  }
}
