#include "perf/pktgen/neighbours.h"

#include <catch2/catch.hpp>

#include <array>

#include "support.h"

using namespace bowline;
using namespace bowline::perf::pktgen;
using namespace bowline::perf::pktgen::test;

namespace {

using Frame = std::array<std::uint8_t, kMaxNeighbourFrame>;

// Both ends as the server sees them, with one source: its questions are those that we answer.
Ends turned_round(const Ends& ends, const std::string& source) {
  return {ends.server_mac, ends.client_mac, {ends.server.address, 1},
          {parse_endpoint(source)->address, 53}};
}

bool icmp_sum_is_right(dns::Bytes frame) {
  return fold(add_words(frame.subspan(54), add_words(frame.subspan(22, 32),
                                                     frame.size() - 54 + 58))) == 0xffff;
}

}  // namespace

TEST_CASE("a server that asks for a source hears our MAC") {
  struct Row {
    const char *server, *sources, *asked;
    bool ours;
  };
  for (const Row& row :
       {Row{"192.0.2.53", "192.0.2.128/25", "192.0.2.129", true},
        {"192.0.2.53", "192.0.2.128/25", "192.0.2.254", true},
        {"192.0.2.53", "192.0.2.128/25", "192.0.2.1", false},
        {"2001:db8::53", "2001:db8:1::/120", "2001:db8:1::", true},
        {"2001:db8::53", "2001:db8:1::/120", "2001:db8:1::ff", true},
        {"2001:db8::53", "2001:db8:1::/120", "2001:db8:1::100", false}}) {
    INFO(row.asked);
    const Ends both = ends(row.server, row.sources);
    const Neighbours ours(both), theirs(turned_round(both, row.asked));
    Frame question, answer;
    const std::size_t asked = theirs.ask(question.data());
    const std::size_t size = ours.reply({question.data(), asked}, answer.data());
    REQUIRE((size != 0) == row.ours);
    if (!row.ours) continue;
    CHECK(std::equal(both.server_mac.begin(), both.server_mac.end(), answer.begin()));
    CHECK(theirs.heard({answer.data(), size}) == both.client_mac);
    CHECK_FALSE(ours.heard({answer.data(), size}));
    if (both.server.address.v6) {
      CHECK(icmp_sum_is_right({question.data(), asked}));
      CHECK(icmp_sum_is_right({answer.data(), size}));
    }
    for (std::size_t cut = 0; cut < (both.server.address.v6 ? 78 : asked); ++cut) {
      REQUIRE(ours.reply({question.data(), cut}, answer.data()) == 0);
    }
  }
}

TEST_CASE("an ARP request, octet for octet") {
  Frame frame;
  const Neighbours neighbours(ends("192.0.2.53", "192.0.2.1"));
  REQUIRE(neighbours.ask(frame.data()) == 42);
  const std::vector<std::uint8_t> expected = {
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1,
      2, 0, 0, 0, 0, 1, 192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 192, 0, 2, 53};
  CHECK(std::equal(expected.begin(), expected.end(), frame.begin()));
}

TEST_CASE("who probes for a free address is not answered") {
  const Ends both = ends("2001:db8::53", "2001:db8:1::/120");
  Frame question, answer;
  const std::size_t size =
      Neighbours(turned_round(both, "2001:db8:1::7")).ask(question.data());
  std::fill_n(question.begin() + 22, 16, std::uint8_t{0});
  CHECK(Neighbours(both).reply({question.data(), size}, answer.data()) == 0);
}
