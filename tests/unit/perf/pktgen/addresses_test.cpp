#include "perf/pktgen/addresses.h"

#include <catch2/catch.hpp>

using namespace bowline::perf::pktgen;

namespace {

Address address(const std::string& text) { return parse_endpoint(text)->address; }

}  // namespace

TEST_CASE("endpoints") {
  struct Row {
    const char *text, *address;
    unsigned port;
  };
  for (const Row& row : {Row{"192.0.2.1", "192.0.2.1", 53}, {"192.0.2.1@5300", "192.0.2.1", 5300},
                         {"2001:db8::1", "2001:db8::1", 53}, {"::1@1", "::1", 1}}) {
    const auto parsed = parse_endpoint(row.text);
    REQUIRE(parsed);
    CHECK(parsed->address.to_text() == row.address);
    CHECK(parsed->port == row.port);
  }
  for (const char* bad : {"", "example.com", "192.0.2", "192.0.2.1@", "192.0.2.1@0",
                          "192.0.2.1@65536", "192.0.2.1@x", "192.0.2.1:53", "@53"}) {
    INFO(bad);
    CHECK_FALSE(parse_endpoint(bad));
  }
}

TEST_CASE("MACs") {
  CHECK(*parse_mac("02:00:5e:00:fF:01") == Mac{2, 0, 0x5e, 0, 0xff, 1});
  for (const char* bad : {"", "02:00:00:00:00", "02-00-00-00-00-01", "02:00:00:00:00:0g",
                          "02:00:00:00:00:01:", "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01",
                          "2:0:0:0:0:1"}) {
    INFO(bad);
    CHECK_FALSE(parse_mac(bad));
  }
}

TEST_CASE("sources: all hosts of a prefix") {
  struct Row {
    const char *text, *first, *last;
    unsigned count;
  };
  for (const Row& row : {Row{"192.0.2.7", "192.0.2.7", "192.0.2.7", 1},
                         {"192.0.2.7/32", "192.0.2.7", "192.0.2.7", 1},
                         {"192.0.2.9/24", "192.0.2.1", "192.0.2.254", 254},
                         {"192.0.2.128/25", "192.0.2.129", "192.0.2.254", 126},
                         {"192.0.2.6/31", "192.0.2.6", "192.0.2.7", 2},
                         {"192.0.2.5/30", "192.0.2.5", "192.0.2.6", 2},
                         {"10.0.0.0/8", "10.0.0.1", "10.0.255.254", 65'534},
                         {"2001:db8::/64", "2001:db8::", "2001:db8::ffff", 65'536},
                         {"2001:db8::18/125", "2001:db8::18", "2001:db8::1f", 8}}) {
    INFO(row.text);
    const auto parsed = parse_sources(row.text);
    REQUIRE(parsed);
    const Address last = address(row.last);
    CHECK(parsed->first.to_text() == row.first);
    CHECK(parsed->count == row.count);
    CHECK(parsed->contains(parsed->first.bytes()));
    CHECK(parsed->contains(last.bytes()));
    CHECK(parsed->low(parsed->count - 1) == bowline::dns::load_u16(&last.bytes().back() - 1));
  }
  for (const char* bad : {"", "192.0.2.0/33", "192.0.2.0/", "2001:db8::/129", "192.0.2.0/-1",
                          "/8"}) {
    INFO(bad);
    CHECK_FALSE(parse_sources(bad));
  }
}

TEST_CASE("sources: what is not in them") {
  const Sources sources = *parse_sources("192.0.2.128/25");
  for (const char* other : {"192.0.2.128", "192.0.2.255", "192.0.3.130", "2001:db8::1"}) {
    INFO(other);
    CHECK_FALSE(sources.contains(address(other).bytes()));
  }
}

TEST_CASE("the neighbour of a server is another host beside it") {
  struct Row {
    const char *server, *neighbour;
  };
  for (const Row& row : {Row{"192.0.2.1", "192.0.2.2"}, {"192.0.2.254", "192.0.2.253"},
                         {"192.0.2.253", "192.0.2.254"}, {"2001:db8::ff", "2001:db8::fe"}}) {
    CHECK(neighbour_of(address(row.server)).first.to_text() == row.neighbour);
  }
}
