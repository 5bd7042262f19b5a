#include "answer/foresight.h"

#include <catch2/catch.hpp>

#include "served.h"

namespace bowline::answer::test {

namespace {

const std::string kSoa = "@ SOA . . 1 2 3 4 5\n";

// Delegations whose servers' names are in the zone, so many that a burst of them has more servers
// than can be foreseen; aliases and hosts of every kind beside them.
Served delegations() {
  std::string text = kSoa;
  for (unsigned i = 0; i < 40; ++i) {
    const std::string cut = "d" + std::to_string(i);
    const std::string next = "d" + std::to_string((i + 1) % 40);
    text += cut + " NS a.ns." + cut + "\n" + cut + " NS b." + cut + "\n" + cut + " NS b." + next +
            "\n" + cut + " NS gone." + cut + "\na.ns." + cut + " A 192.0.2.1\nb." + cut +
            " AAAA 2001:db8::1\nc" + std::to_string(i) + " CNAME www." + cut + "\n*.w" +
            std::to_string(i) + " CNAME c" + std::to_string(i) + "\n*.v" + std::to_string(i) +
            " MX 1 b." + cut + "\n";
  }
  for (unsigned i = 0; i < 6; ++i) {
    text += "l" + std::to_string(i) + " CNAME l" + std::to_string(i + 1) + "\n";
  }
  text += "l6 A 192.0.2.6\nm MX 1 h.m\nm DNAME other.\nh.m A 192.0.2.7\n";
  return Served({ZoneText{"test.", text}, ZoneText{"l6.test.", kSoa + "@ A 192.0.2.8\n"}});
}

}  // namespace

TEST_CASE("answers are the same whether their look-ups are foreseen or not") {
  std::vector<Message> requests;
  for (const char* const start : {"www.d", "d", "c", "x.w", "y.v", "a.ns.d"}) {
    for (const char* const type : {" A", " MX +do", " DS", " NS"}) {
      for (unsigned i = 0; i < 40; ++i) {
        requests.push_back(make_request(start + std::to_string(i) + ".test." + type));
      }
    }
  }
  // One alias that leads to either side of a zone cut.
  for (const char* const type : {" A", " DS", " A", " DS +do"}) {
    requests.push_back(make_request(std::string("l5.test.") + type));
  }
  Served served = delegations();
  const std::vector<Result> alone = served.send_all(requests, 1);
  const std::vector<Result> together = served.send_all(requests, kBurst);
  REQUIRE(alone.size() == together.size());
  for (std::size_t i = 0; i < alone.size(); ++i) {
    INFO(i);
    CHECK(alone[i].action == together[i].action);
    CHECK(alone[i].message == together[i].message);
  }
}

TEST_CASE("what is foreseen is what the answer needs") {
  Served served = delegations();
  check(served, {
    {"a wildcard, an alias, a delegation", "x.w3.test. A",
     {"NOERROR aa", "answer x.w3.test. 3600 CNAME c3.test.",
      "answer c3.test. 3600 CNAME www.d3.test.", "authority d3.test. 3600 NS a.ns.d3.test.",
      "authority d3.test. 3600 NS b.d3.test.", "authority d3.test. 3600 NS b.d4.test.",
      "authority d3.test. 3600 NS gone.d3.test.", "additional a.ns.d3.test. 3600 A 192.0.2.1",
      "additional b.d3.test. 3600 AAAA 2001:db8::1",
      "additional b.d4.test. 3600 AAAA 2001:db8::1"}},
    {"more aliases than rounds, into another zone", "l0.test. A",
     {"NOERROR aa", "answer l0.test. 3600 CNAME l1.test.", "answer l1.test. 3600 CNAME l2.test.",
      "answer l2.test. 3600 CNAME l3.test.", "answer l3.test. 3600 CNAME l4.test.",
      "answer l4.test. 3600 CNAME l5.test.", "answer l5.test. 3600 CNAME l6.test.",
      "answer l6.test. 3600 A 192.0.2.8"}},
    {"a host that a DNAME hides", "m.test. MX",
     {"NOERROR aa", "answer m.test. 3600 MX 1 h.m.test."}},
  });
}

}  // namespace bowline::answer::test
