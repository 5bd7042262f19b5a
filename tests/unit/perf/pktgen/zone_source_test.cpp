#include "perf/pktgen/zone_source.h"

#include <catch2/catch.hpp>

#include <set>

#include "support.h"

using namespace bowline;
using namespace bowline::perf::pktgen;
using bowline::perf::pktgen::test::name;

namespace {

constexpr const char* kZone = R"($TTL 60
@ SOA ns hostmaster 1 2 3 4 5
@ NS ns
ns A 192.0.2.1
www 60 A 192.0.2.2
mx MX 10 www
WWW A 192.0.2.3
www A 192.0.2.2
alias CNAME www
cut NS ns.cut
ns.cut A 192.0.2.9
cut DS 1 13 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
deep.cut NS elsewhere.test.
other.cut TXT "hidden"
old DNAME new
below.old A 192.0.2.7
www RRSIG A 13 2 60 20300101000000 20200101000000 1 example. AAAA
www NSEC mx A
*.wild A 192.0.2.8
)";

std::set<std::string> questions(const ZoneSource& zone, Kind kind) {
  std::set<std::string> out;
  const Pool& pool = zone.pools[static_cast<std::size_t>(kind)];
  for (std::uint32_t i = pool.begin; i < pool.end; ++i) {
    REQUIRE(zone.kind_of(i) == kind);
    const dns::Bytes octets = zone.questions[i].from_name();
    const auto owner = dns::NameView::parse(octets);
    const auto type = static_cast<dns::RrType>(dns::load_u16(&octets[owner->size()]));
    CHECK(out.insert(owner->to_text() + ' ' + dns::to_text(type)).second);
  }
  return out;
}

ZoneSource read(const std::string& text) {
  auto zone = read_zone_source_text(text, "file", name("example."));
  INFO((zone ? "" : zone.error()));
  REQUIRE(zone);
  return std::move(*zone);
}

}  // namespace

TEST_CASE("existing: what the zone is authoritative for, each RRset once") {
  const ZoneSource zone = read(kZone);
  CHECK(zone.apex.to_text() == "example.");
  CHECK(questions(zone, Kind::kExisting) ==
        std::set<std::string>{"example. SOA", "example. NS", "ns.example. A", "www.example. A",
                              "mx.example. MX", "alias.example. CNAME", "cut.example. DS",
                              "old.example. DNAME", "*.wild.example. A"});
}

TEST_CASE("delegations: a name below each cut that is not below another") {
  CHECK(questions(read(kZone), Kind::kDelegation) == std::set<std::string>{"www.cut.example. A"});
}

TEST_CASE("nxdomain: made-up names, as many as is worth it, none that exists") {
  const ZoneSource zone = read(kZone);
  const auto made_up = questions(zone, Kind::kNxdomain);
  CHECK(made_up.size() == 4096);
  for (const std::string& each : made_up) {
    REQUIRE(each.size() == 16 + std::string(".example. A").size());
    REQUIRE(each.ends_with(".example. A"));
  }
}

TEST_CASE("below a wildcard or DNAME at the apex all names exist") {
  for (const char* more : {"* A 192.0.2.1\n", "@ DNAME other.test.\n"}) {
    CHECK(questions(read(std::string(kZone) + more), Kind::kNxdomain).empty());
  }
}

TEST_CASE("a digest does not depend on order, case of names or repetition") {
  const auto digest = [](const std::string& records) {
    return read("@ 1 SOA a b 1 2 3 4 5\n" + records).digests.at(1);
  };
  const auto first = digest("x 1 MX 1 a\nx 1 MX 2 b\n");
  CHECK(first == digest("x 1 MX 2 b\nX 1 MX 1 A\nx 1 MX 1 a\n"));
  CHECK(first != digest("x 1 MX 1 a\n"));
  CHECK(first != digest("x 1 MX 1 a\nx 1 MX 2 c\n"));
  CHECK(first != digest("y 1 MX 1 a\ny 1 MX 2 b\n"));
}

TEST_CASE("many RRsets: the table grows") {
  std::string text = "@ 1 SOA a b 1 2 3 4 5\n";
  for (int i = 0; i < 5000; ++i) text += "h" + std::to_string(i) + " 1 A 192.0.2.1\n";
  for (int i = 0; i < 5000; ++i) text += "h" + std::to_string(i) + " 1 A 192.0.2.2\n";
  const ZoneSource zone = read(text);
  CHECK(questions(zone, Kind::kExisting).size() == 5001);
}

TEST_CASE("zones that are none") {
  struct Row {
    const char *text, *error;
  };
  for (const Row& row : {Row{"", "file: no SOA record, so no zone"},
                         {"a 1 A 192.0.2.1\n", "file: no SOA record, so no zone"},
                         {"@ 1 SOA a b 1 2 3 4 5\nx 1 A 192.0.2\n", "file:2:7: "}}) {
    const auto zone = read_zone_source_text(row.text, "file", name("example."));
    REQUIRE_FALSE(zone);
    INFO(zone.error());
    CHECK(zone.error().starts_with(row.error));
  }
  CHECK_FALSE(read_zone_source("/nowhere/zone", ""));
  CHECK_FALSE(read_zone_source("/nowhere/zone", "a..b"));
}
