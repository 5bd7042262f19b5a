// Loading one zone: what makes it fail, and what only warns.
#include "control/store/zone_loader.h"

#include "bench.h"

namespace {

using namespace bowline;
using namespace control;
using namespace control::store;
using Checks = config::SemanticChecks;

constexpr const char* kSoa = "@ 3600 SOA ns1 host 7 7200 1800 1209600 300\n";

struct Loader {
  void load(const std::string& text, Checks checks, LoadedZone& result) {
    config::Zone zone;
    zone.name = name("example.test.");
    zone.file = folder.write("z", text);
    zone.semantic_checks = checks;
    zones::Arena arena(bench.tables().heap());
    load_zone(zone, arena, bench.tables().secret(), nullptr, result);
  }
  Folder folder;
  TablesBench bench;
};

bool mentions(const std::vector<std::string>& list, const std::string& words) {
  for (const std::string& text : list) {
    if (text.find(words) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("a good zone loads with its serial and records") {
  Loader loader;
  LoadedZone result;
  loader.load(zone_text(42), Checks::kOn, result);
  CHECK(result.errors.empty());
  CHECK(result.warnings.empty());
  REQUIRE(result.draft);
  CHECK(result.serial == 42);
  CHECK(result.records == 3);
}

TEST_CASE("mandatory checks refuse a zone, soft lets it pass with a warning") {
  struct Case {
    std::string text;
    const char* words;
    bool can_be_soft;
  };
  const std::string soa = kSoa;
  const std::string large = "a 60 TXT " + std::string(250, 'x') + "\n";  // not inside its node
  const std::string long_name(60, 'x');
  const Case cases[] = {
      {soa + "a 60 CNAME b\n" + large, "a.example.test.: another record exists beside the CNAME",
       true},
      {soa + "a 60 CNAME " + long_name + "\na 60 CNAME " + long_name + "y\na 60 CNAME " +
           long_name + "z\n",
       "a.example.test.: more than one CNAME record", true},
      {"@ 3600 NS ns1\n", "SOA", false},
      {soa + "a 60 CNAME b\na 60 A 192.0.2.1\n",
       "/z:2: a.example.test.: another record exists beside the CNAME record: A (RFC 1034", true},
      {soa + "a 60 CNAME b\na 60 CNAME c\n", "/z:2: a.example.test.: more than one CNAME record",
       true},
      {soa + "a 60 DNAME b.test.\nx.y.a 60 A 192.0.2.1\n",
       "/z:3: x.y.a.example.test.: record below the DNAME record of a.example.test. (RFC", true},
      {soa + "@ 60 DNAME b.test.\nx 60 A 192.0.2.1\n",
       "/z:3: x.example.test.: record below the DNAME record of example.test. (RFC", true},
      {soa + "a 60 DNAME b.test.\na 60 DNAME c.test.\n",
       "/z:2: a.example.test.: more than one DNAME record (RFC 6672", true},
      {soa + "a 60 DNAME b.test.\na 60 NS ns.test.\n",
       "/z:2: a.example.test.: NS record beside the DNAME record (RFC 6672", true},
      {soa + "@ 60 DS 1 8 2 " + std::string(64, 'a') + "\n",
       "/z:2: example.test.: DS record at the zone apex", true},
  };
  Loader loader;
  for (const Case& each : cases) {
    INFO(each.text);
    LoadedZone hard;
    loader.load(each.text, Checks::kOff, hard);
    CHECK_FALSE(hard.draft);
    CHECK(mentions(hard.errors, each.words));
    LoadedZone soft;
    loader.load(each.text, Checks::kSoft, soft);
    CHECK(soft.draft.has_value() == each.can_be_soft);
    CHECK(mentions(each.can_be_soft ? soft.warnings : soft.errors, each.words));
  }
}

TEST_CASE("what is allowed beside CNAME and around DNAME loads") {
  Loader loader;
  const std::string text = std::string(kSoa) +
                           "a 60 CNAME b\na 60 NSEC b CNAME NSEC\n"
                           "d 60 DNAME t.test.\nd 60 A 192.0.2.1\nda 60 A 192.0.2.1\n"
                           "@ 60 NS ns.test.\n";
  LoadedZone result;
  loader.load(text, Checks::kOff, result);
  CHECK(result.errors.empty());
  CHECK(result.draft.has_value());
}

TEST_CASE("extra checks warn, and only if they are wanted") {
  struct Case {
    std::string text;
    const char* words;
  };
  const Case cases[] = {
      {kSoa, "/z:1: example.test.: no NS record at the zone apex (RFC"},
      {std::string(kSoa) + "@ 60 NS ns\n",
       "/z:2: example.test.: no glue record for the name server ns.example.test. (RFC"},
      {std::string(kSoa) + "@ 60 NS ns.test.\nsub 60 NS ns.sub\n",
       "/z:3: sub.example.test.: no glue record for the name server ns.sub.example.test. (RFC"},
  };
  Loader loader;
  for (const Case& each : cases) {
    INFO(each.text);
    LoadedZone with;
    loader.load(each.text, Checks::kOn, with);
    CHECK(with.draft.has_value());
    CHECK(mentions(with.warnings, each.words));
    LoadedZone without;
    loader.load(each.text, Checks::kOff, without);
    CHECK(without.warnings.empty());
  }
}

TEST_CASE("records outside the zone are ignored and named, the first of them") {
  Loader loader;
  std::string text = kSoa;
  for (int i = 0; i < 25; ++i) text += "x" + std::to_string(i) + ".test. 60 A 192.0.2.1\n";
  LoadedZone result;
  loader.load(text, Checks::kOff, result);
  REQUIRE(result.draft);
  CHECK(result.records == 1);
  CHECK(mentions(result.warnings, "/z:2: x0.test. A is outside the zone, ignored"));
  CHECK(result.warnings.back() == "5 more records ignored");
}

TEST_CASE("SOA records but the first at the apex are ignored and named") {
  Loader loader;
  LoadedZone result;
  loader.load("a 60 SOA ns1 host 1 2 3 4 5\n" + std::string(kSoa) +
                  "@ 60 SOA ns1 host 8 2 3 4 5\nb 60 SOA ns1 host 9 2 3 4 5\nb 60 A 192.0.2.1\n",
              Checks::kOff, result);
  REQUIRE(result.draft);
  CHECK(result.serial == 7);
  CHECK(result.records == 2);
  REQUIRE(result.warnings.size() == 3);
  CHECK(mentions(result.warnings, "/z:1: a.example.test. SOA is not at the zone apex"));
  CHECK(mentions(result.warnings, "/z:3: example.test. SOA is not the first SOA"));
  CHECK(mentions(result.warnings, "/z:4: b.example.test. SOA is not at the zone apex"));
}

TEST_CASE("findings name the line in the file that is included") {
  Loader loader;
  loader.folder.write("more", "\n\nx 60 CNAME y\nx 60 TXT z\nother. 60 A 192.0.2.1\n");
  LoadedZone result;
  loader.load(std::string(kSoa) + "$INCLUDE more\n", Checks::kOff, result);
  CHECK(mentions(result.errors, "/more:3: x.example.test.: another record exists beside"));
  CHECK(mentions(result.warnings, "/more:5: other. A is outside the zone"));
  REQUIRE(result.included.size() == 1);
  CHECK(result.included[0].path == loader.folder.path() + "/more");
}

TEST_CASE("at most twenty errors of a kind are listed") {
  Loader loader;
  std::string broken = kSoa;
  std::string wrong = kSoa;
  for (int i = 0; i < 30; ++i) {
    broken += "x" + std::to_string(i) + " 60 A 1.2.3\n";
    wrong += "x" + std::to_string(i) + " 60 CNAME y\nx" + std::to_string(i) + " 60 A 192.0.2.1\n";
  }
  LoadedZone first;
  loader.load(broken, Checks::kOff, first);
  CHECK(first.errors.size() == 21);
  CHECK(first.errors.back() == "more errors follow");
  LoadedZone second;
  loader.load(wrong, Checks::kOff, second);
  CHECK(second.errors.size() == 20);
}

TEST_CASE("errors of the file name line and column, and a missing file its name") {
  Loader loader;
  LoadedZone result;
  loader.load(std::string(kSoa) + "a 60 A 192.0.2\n", Checks::kOff, result);
  CHECK(mentions(result.errors, "/z:2:8: "));
  config::Zone zone;
  zone.name = name("example.test.");
  zone.file = "/nonexistent/zone";
  LoadedZone missing;
  zones::Arena arena(loader.bench.tables().heap());
  load_zone(zone, arena, loader.bench.tables().secret(), nullptr, missing);
  CHECK(mentions(missing.errors, "/nonexistent/zone"));
  CHECK_FALSE(missing.draft);
}
