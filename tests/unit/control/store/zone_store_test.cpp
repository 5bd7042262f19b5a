// What is served after a start, a reload, a broken file, a zone more or less.
#include "control/store/zone_store.h"

#include <catch2/catch.hpp>

#include "bench.h"

namespace {

using namespace bowline;
using namespace control;
using namespace control::store;

struct Bench {
  std::shared_ptr<const config::Config> configure(const std::vector<std::string>& zones) {
    std::string text = "template:\n  - id: default\n    storage: " + folder.path() +
                       "\n    file: \"%s.zone\"\nzone:\n";
    for (const std::string& each : zones) text += "  - domain: " + each + "\n";
    auto loaded = config::load_config_text(text, "test.conf", {false, false});
    if (!loaded) FAIL(loaded.error());
    return std::make_shared<const config::Config>(std::move(*loaded));
  }
  const zones::Zone* find(const std::string& zone) {
    const dns::Name apex = name(zone + ".");
    dns::NameKey key;
    dns::make_name_key(tables.tables().secret(), apex, key);
    return zones::find_zone_exact(tables.tables().publisher().current(), key, key.depth);
  }
  // The serial that readers see; 0: not served.
  std::uint32_t serial(const std::string& zone) {
    const zones::Zone* const found = find(zone);
    return found == nullptr ? 0 : found->serial;
  }
  // What the tables hold of a zone.
  enum class Held { kNothing, kPlaceholder, kZone };
  Held held(const std::string& zone) {
    const zones::Zone* const found = find(zone);
    if (found == nullptr) return Held::kNothing;
    return (found->flags & zones::kZoneAbsent) != 0 ? Held::kPlaceholder : Held::kZone;
  }

  Folder folder;
  TablesBench tables;
  ZoneStore store{tables.tables(), 2};
};

}  // namespace

TEST_CASE("all zones are published at once, and the failed ones are named") {
  Bench bench;
  bench.folder.write("a.test.zone", zone_text(1));
  bench.folder.write("b.test.zone", "broken");
  bench.folder.write("c.test.zone", zone_text(3));
  const auto config = bench.configure({"a.test", "b.test", "c.test"});
  const UpdateReport report = bench.store.update(config, Which::kChanged);
  CHECK(report.loaded == 2);
  CHECK(report.failed == 1);
  CHECK(report.epoch == link::kFirstEpoch + 1);
  REQUIRE(report.errors.size() == 1);
  CHECK(report.errors[0].find("[b.test.] " + bench.folder.path() + "/b.test.zone:1:") == 0);
  CHECK(bench.serial("a.test") == 1);
  CHECK(bench.serial("b.test") == 0);
  CHECK(bench.serial("c.test") == 3);
  const ZoneStatus status = bench.store.status(*config, 1);
  CHECK_FALSE(status.served);
  CHECK_FALSE(status.error.empty());
  CHECK(bench.store.served() == 2);
  CHECK(bench.store.configured() == 3);
}

TEST_CASE("without zones an empty version is published") {
  Bench bench;
  CHECK(bench.store.update(bench.configure({}), Which::kChanged).epoch != 0);
  CHECK(bench.tables.tables().publisher().current().root != nullptr);
}

TEST_CASE("a reload reads only what changed, and what failed before") {
  Bench bench;
  bench.folder.write("a.test.zone", zone_text(1));
  bench.folder.write("b.test.zone", zone_text(1));
  const auto config = bench.configure({"a.test", "b.test", "c.test"});
  bench.store.update(config, Which::kChanged);
  bench.folder.write("b.test.zone", zone_text(2));
  UpdateReport report = bench.store.update(config, Which::kChanged);
  CHECK(report.loaded == 1);
  CHECK(report.failed == 1);  // c.test still has no file
  CHECK(report.unchanged == 1);
  CHECK(bench.serial("b.test") == 2);
  bench.folder.write("c.test.zone", zone_text(9));
  report = bench.store.update(config, Which::kChanged);
  CHECK(report.loaded == 1);
  CHECK(report.ok());
  CHECK(bench.serial("c.test") == 9);
  report = bench.store.update(config, Which::kChanged);
  CHECK(report.unchanged == 3);
  CHECK(report.epoch == 0);
  CHECK(bench.store.update(config, Which::kAll).loaded == 3);
}

TEST_CASE("a zone that fails to parse keeps its last version") {
  Bench bench;
  bench.folder.write("a.test.zone", zone_text(5));
  const auto config = bench.configure({"a.test"});
  bench.store.update(config, Which::kChanged);
  bench.folder.write("a.test.zone", zone_text(6, "x A 1.2.3\n"));
  CHECK(bench.store.update(config, Which::kChanged).failed == 1);
  CHECK(bench.serial("a.test") == 5);
  const ZoneStatus status = bench.store.status(*config, 0);
  CHECK(status.served);
  CHECK(status.serial == 5);
  CHECK(status.error.find("a.test.zone:4:5: ") != std::string::npos);
  std::filesystem::remove(bench.folder.path() + "/a.test.zone");
  CHECK(bench.store.update(config, Which::kChanged).failed == 1);
  CHECK(bench.serial("a.test") == 5);
}

TEST_CASE("zones come and go with the configuration") {
  Bench bench;
  for (const char* each : {"a.test", "b.test", "sub.a.test"}) {
    bench.folder.write(std::string(each) + ".zone", zone_text(1));
  }
  bench.store.update(bench.configure({"a.test", "sub.a.test"}), Which::kChanged);
  const UpdateReport report =
      bench.store.update(bench.configure({"b.test", "a.test"}), Which::kChanged);
  CHECK(report.removed == 1);
  CHECK(report.loaded == 1);
  CHECK(report.unchanged == 1);
  CHECK(bench.serial("a.test") == 1);
  CHECK(bench.serial("b.test") == 1);
  CHECK(bench.serial("sub.a.test") == 0);
}

TEST_CASE("single zones are reloaded by name, unknown names change nothing") {
  Bench bench;
  bench.folder.write("a.test.zone", zone_text(1));
  bench.folder.write("b.test.zone", zone_text(1));
  bench.store.update(bench.configure({"a.test", "b.test"}), Which::kChanged);
  bench.folder.write("a.test.zone", zone_text(2));
  bench.folder.write("b.test.zone", zone_text(2));
  CHECK(bench.store.reload_zones({name("A.test."), name("a.test.")}).loaded == 1);
  CHECK(bench.serial("a.test") == 2);
  CHECK(bench.serial("b.test") == 1);
  const UpdateReport unknown = bench.store.reload_zones({name("b.test."), name("c.test.")});
  CHECK_FALSE(unknown.ok());
  CHECK(bench.serial("b.test") == 1);
}

TEST_CASE("reloading over and over does not grow the tables") {
  Bench bench;
  std::string more;
  for (int i = 0; i < 2'000; ++i) more += "n" + std::to_string(i) + " 60 A 192.0.2.1\n";
  bench.folder.write("a.test.zone", zone_text(1, more));
  const auto config = bench.configure({"a.test"});
  const auto reload = [&] {
    REQUIRE(bench.store.update(config, Which::kAll).ok());
    for (int i = 0; i < 3; ++i) bench.tables.tables().upkeep();
  };
  const auto used = [&] {
    const zones::Heap::Usage usage = bench.tables.tables().heap().usage();
    return usage.chunk_octets - usage.free_octets;
  };
  reload();
  const std::size_t one_zone = used();
  for (int i = 0; i < 20; ++i) reload();  // until the arenas hold what they may hold
  const std::size_t before = used();
  for (int i = 0; i < 20; ++i) reload();
  CHECK(used() < before + one_zone);
}

TEST_CASE("a zone that cannot be loaded has a placeholder until it loads or leaves") {
  using Held = Bench::Held;
  Bench bench;
  bench.folder.write("a.test.zone", zone_text(1));
  const auto config = bench.configure({"a.test", "b.test", "c.test"});
  UpdateReport report = bench.store.update(config, Which::kChanged);
  CHECK(report.failed == 2);
  CHECK(bench.held("a.test") == Held::kZone);
  CHECK(bench.held("b.test") == Held::kPlaceholder);
  CHECK(bench.held("c.test") == Held::kPlaceholder);
  CHECK(bench.store.served() == 1);
  CHECK_FALSE(bench.store.status(*config, 1).served);

  report = bench.store.update(config, Which::kChanged);
  CHECK(report.failed == 2);
  CHECK(report.epoch == 0);  // nothing is new

  bench.folder.write("b.test.zone", zone_text(7));
  report = bench.store.update(config, Which::kChanged);
  CHECK(bench.held("b.test") == Held::kZone);
  CHECK(bench.store.served() == 2);

  std::filesystem::remove(bench.folder.path() + "/b.test.zone");
  report = bench.store.update(config, Which::kChanged);
  CHECK(bench.held("b.test") == Held::kZone);  // the last good version

  report = bench.store.update(bench.configure({"a.test"}), Which::kChanged);
  CHECK(report.removed == 1);  // c.test was not served
  CHECK(bench.held("b.test") == Held::kNothing);
  CHECK(bench.held("c.test") == Held::kNothing);
  CHECK(bench.store.served() == 1);

  bench.store.update(bench.configure({"a.test", "c.test"}), Which::kChanged);
  CHECK(bench.held("c.test") == Held::kPlaceholder);
}

TEST_CASE("a reload notices changes of files that a zone includes") {
  Bench bench;
  bench.folder.write("a.test.zone", zone_text(1, "$INCLUDE more\n$INCLUDE more\n"));
  bench.folder.write("more", "x 60 A 192.0.2.1\n$INCLUDE deep\n");
  bench.folder.write("deep", "y 60 A 192.0.2.1\n");
  bench.folder.write("b.test.zone", zone_text(1));
  const auto config = bench.configure({"a.test", "b.test"});
  CHECK(bench.store.update(config, Which::kChanged).loaded == 2);
  CHECK(bench.store.status(*config, 0).records == 5);
  CHECK(bench.store.update(config, Which::kChanged).unchanged == 2);

  bench.folder.write("deep", "y 60 A 192.0.2.1\nz 60 A 192.0.2.1\n");
  UpdateReport report = bench.store.update(config, Which::kChanged);
  CHECK(report.loaded == 1);
  CHECK(bench.store.status(*config, 0).records == 6);

  std::filesystem::remove(bench.folder.path() + "/more");
  report = bench.store.update(config, Which::kChanged);
  CHECK(report.failed == 1);
  CHECK(bench.store.status(*config, 0).records == 6);

  bench.folder.write("more", "x 60 A 192.0.2.1\n");
  CHECK(bench.store.update(config, Which::kChanged).loaded == 1);
  bench.folder.write("deep", "y 60 A 192.0.2.2\n");
  CHECK(bench.store.update(config, Which::kChanged).unchanged == 2);  // not included any more
}
