// What a new configuration touches, and what it leaves alone.
#include "control/main/reconfigure.h"

#include <catch2/catch.hpp>
#include <algorithm>
#include <optional>

#include "../store/bench.h"
#include "control/log/log.h"

namespace {

using namespace bowline;
using namespace control;
using Effect = Report::Item::Effect;
using Kind = Report::Item::Kind;

constexpr const char* kLog = "log:\n  - target: stderr\n    any: error\n";

struct Bench {
  std::shared_ptr<const config::Config> read(const std::string& text) const {
    auto loaded = config::load_config_text(text, "test.conf", {false, false});
    if (!loaded) FAIL(loaded.error());
    return std::make_shared<const config::Config>(std::move(*loaded));
  }
  std::string storage(const std::string& name) const {
    return "    storage: " + folder.path() + "/" + name + "\n";
  }
  void write(const std::string& zone, unsigned serial) {
    folder.write(zone + ".zone", store::zone_text(serial));
  }
  Report start(const std::string& text) {
    const auto config = read(text);
    tables.tables().publisher();
    reconfigure.emplace(Reconfigure::Parts{tables.tables(), zones, drop_list, [this] { ++logs; }},
                        config);
    return reconfigure->apply(config, Cause::kStart);
  }
  Report apply(const std::string& text, Cause cause = Cause::kCommit) {
    return reconfigure->apply(read(text), cause);
  }
  // 0: not served.
  std::uint32_t serial(const std::string& zone) {
    const auto config = reconfigure->current();
    const auto place = config->zones().find(store::name(zone + "."));
    if (!place) return 0;
    const store::ZoneStatus status = zones.status(*config, *place);
    return status.served ? status.serial : 0;
  }

  store::Folder folder;
  store::TablesBench tables;
  store::ZoneStore zones{tables.tables(), 1};
  DropList drop_list;
  int logs = 0;
  std::optional<Reconfigure> reconfigure;
};

std::vector<std::string> texts(const Report& report) {
  std::vector<std::string> lines;
  for (const Report::Item& item : report.items) lines.push_back(item.to_text());
  return lines;
}

}  // namespace

TEST_CASE("a commit looks at the zones that it names, a reload at all files") {
  Bench bench;
  const std::string head = "template:\n  - id: default\n" + bench.storage("") + "zone:\n";
  for (const char* each : {"a.test", "b.test", "c.test"}) bench.write(each, 1);
  bench.write("other", 5);
  const std::string all = head + "  - domain: a.test\n  - domain: b.test\n  - domain: c.test\n";
  CHECK(bench.start(all).zones.loaded == 3);
  bench.write("a.test", 2);
  Report report = bench.apply(head +
                              "  - domain: a.test\n  - domain: b.test\n    file: other.zone\n"
                              "  - domain: C.Test\n");
  CHECK(report.zones.loaded == 1);
  CHECK(report.zones.unchanged == 2);
  CHECK(bench.serial("b.test") == 5);
  CHECK(bench.serial("a.test") == 1);
  CHECK(texts(report) == std::vector<std::string>{"zone[b.test.].file: changed"});
  report = bench.apply(all, Cause::kReload);
  CHECK(report.zones.loaded == 2);
  CHECK(bench.serial("a.test") == 2);
  CHECK(bench.serial("b.test") == 1);
  CHECK(report.ok());
}

TEST_CASE("zones come and go by a commit, one of them below another") {
  Bench bench;
  const std::string head = "template:\n  - id: default\n" + bench.storage("") + "zone:\n";
  for (const char* each : {"a.test", "sub.a.test"}) bench.write(each, 1);
  bench.start(head + "  - domain: a.test\n");
  Report report = bench.apply(head + "  - domain: a.test\n  - domain: sub.a.test\n");
  CHECK(report.zones.loaded == 1);
  CHECK(report.zones.removed == 0);
  REQUIRE(report.items.size() == 1);
  CHECK(report.items[0].to_text() == "zone[sub.a.test.]: added");
  report = bench.apply(head + "  - domain: sub.a.test\n    semantic-checks: on\n");
  CHECK(report.zones.loaded == 1);  // other checks decide whether it may be served
  CHECK(report.zones.removed == 1);
  CHECK(texts(report) == std::vector<std::string>{"zone[a.test.]: removed",
                                                  "zone[sub.a.test.].semantic-checks: changed"});
  CHECK(bench.zones.served() == 1);
  CHECK(bench.apply("server:\n    version: none\n").zones.removed == 1);
  CHECK(bench.zones.served() == 0);
}

TEST_CASE("a template touches its users, and of these only whose values change") {
  Bench bench;
  for (const char* folder : {"one", "two"}) {
    std::filesystem::create_directory(bench.folder.path() + "/" + folder);
    for (const char* each : {"plain.test", "user.test", "own.test"}) {
      bench.folder.write(std::string(folder) + "/" + each + ".zone",
                         store::zone_text(folder[0] == 'o' ? 1 : 2));
    }
  }
  const auto text = [&](const char* default_storage, const char* storage,
                        const std::string& more = {}) {
    return "template:\n  - id: default\n" + bench.storage(default_storage) +
           "  - id: t\n" + bench.storage(storage) + more +
           "zone:\n  - domain: plain.test\n  - domain: user.test\n    template: t\n"
           "  - domain: own.test\n    template: t\n" + bench.storage("one");
  };
  struct Row {
    const char* default_storage;
    const char* storage;
    std::string more;
    std::size_t loaded;
    std::uint32_t plain, user;
  };
  CHECK(bench.start(text("one", "one")).zones.loaded == 3);
  for (const Row& row : std::initializer_list<Row>{
           {"one", "one", "    comment: word\n", 0, 1, 1},
           {"one", "two", "", 1, 1, 2},
           {"two", "two", "", 1, 2, 2},
           {"two", "two", "    semantic-checks: soft\n", 2, 2, 2},
           {"one", "one", "", 3, 1, 1},
       }) {
    INFO(row.default_storage << " " << row.storage << " " << row.more);
    const Report report = bench.apply(text(row.default_storage, row.storage, row.more));
    CHECK(report.zones.loaded == row.loaded);
    CHECK(report.zones.unchanged == 3 - row.loaded);
    CHECK(bench.serial("plain.test") == row.plain);
    CHECK(bench.serial("user.test") == row.user);
    CHECK(bench.serial("own.test") == 1);
  }
}

TEST_CASE("a zone that changes its template, or loses it, is loaded from where it is then") {
  Bench bench;
  for (const char* folder : {"one", "two"}) {
    std::filesystem::create_directory(bench.folder.path() + "/" + folder);
    bench.folder.write(std::string(folder) + "/z.test.zone",
                       store::zone_text(folder[0] == 'o' ? 1 : 2));
  }
  const std::string head = "template:\n  - id: default\n" + bench.storage("one") + "  - id: t\n" +
                           bench.storage("two") + "zone:\n  - domain: z.test\n";
  bench.start(head);
  CHECK(bench.apply(head + "    template: t\n").zones.loaded == 1);
  CHECK(bench.serial("z.test") == 2);
  CHECK(bench.apply(head).zones.loaded == 1);
  CHECK(bench.serial("z.test") == 1);
  CHECK(bench.apply(head + "    template: default\n").zones.loaded == 0);
}

TEST_CASE("what needs a restart is named, until it is as at the start again") {
  Bench bench;
  bench.start("server:\n    listen: 127.0.0.1\n    version: one\n");
  Report report = bench.apply("server:\n    listen: 127.0.0.2\n    version: two\n");
  const auto waits = std::ranges::find(report.items, Effect::kRestart, &Report::Item::effect);
  REQUIRE(waits != report.items.end());
  CHECK(waits->to_text() ==
        "server.listen: changed, takes effect after a restart of bowlined");
  CHECK(report.items_in_all == 2);
  CHECK(report.zones.epoch == 0);
  CHECK(bench.reconfigure->awaiting_restart() == std::vector<std::string>{"server.listen"});
  report = bench.apply("server:\n    listen: 127.0.0.2\n    version: three\n");
  CHECK(texts(report) == std::vector<std::string>{"server.version: changed"});
  CHECK(bench.reconfigure->awaiting_restart().size() == 1);
  bench.apply("server:\n    listen: 127.0.0.1\n    version: three\n");
  CHECK(bench.reconfigure->awaiting_restart().empty());
}

TEST_CASE("settings are published if they differ, and nothing if nothing does") {
  Bench bench;
  bench.start("server:\n    identity: one\n");
  const auto epoch = [&] { return bench.tables.tables().publisher().epoch(); };
  const std::uint64_t before = epoch();
  bench.apply("server:\n    identity: one\n", Cause::kReload);
  bench.apply("server:\n    identity: one\n    comment: words\n");
  CHECK(epoch() == before);
  bench.apply("server:\n    identity: two\n");
  CHECK(epoch() == before + 1);
}

TEST_CASE("the log is opened again only if its section changed, or could not be opened") {
  Bench bench;
  const std::string good = kLog;
  const std::string bad = "log:\n  - target: " + bench.folder.path() + "/none/log\n    any: error\n";
  bench.start(good);
  CHECK(bench.logs == 0);
  bench.apply(good + "server:\n    version: x\n");
  CHECK(bench.logs == 0);
  Report report = bench.apply(bad + "server:\n    version: y\n");
  CHECK(bench.logs == 1);
  REQUIRE(report.errors.size() == 1);
  CHECK(report.errors[0].find("log: ") == 0);
  CHECK(report.errors[0].find("/none/log") != std::string::npos);
  CHECK_FALSE(report.ok());
  CHECK(report.items_in_all >= 2);
  std::filesystem::create_directory(bench.folder.path() + "/none");
  report = bench.apply(bad + "server:\n    version: y\n", Cause::kReload);
  CHECK(report.ok());
  CHECK(std::filesystem::exists(bench.folder.path() + "/none/log"));
  CHECK(bench.apply(good).ok());
}

TEST_CASE("a zone that fails keeps its version, and its former settings bring it back") {
  Bench bench;
  const std::string head = "template:\n  - id: default\n" + bench.storage("") + "zone:\n";
  bench.write("a.test", 1);
  bench.folder.write("broken.zone", "broken");
  bench.start(head + "  - domain: a.test\n");
  Report report = bench.apply(head + "  - domain: a.test\n    file: broken.zone\n");
  CHECK(report.zones.failed == 1);
  CHECK_FALSE(report.ok());
  CHECK(bench.serial("a.test") == 1);
  report = bench.apply(head + "  - domain: a.test\n");
  CHECK(report.zones.loaded == 1);
  CHECK(report.ok());
}

TEST_CASE("a long report names the first items and counts the others") {
  Bench bench;
  std::string text = "remote:\n";
  for (int i = 0; i < 300; ++i) {
    text += "  - id: r" + std::to_string(i) + "\n    address: 192.0.2.1\n";
  }
  bench.start("");
  const Report report = bench.apply(text + "server:\n    listen: 127.0.0.9\n");
  CHECK(report.items_in_all == 301);
  CHECK(report.items.size() <= Reconfigure::kMaxItems + 1);
  CHECK(std::ranges::count(report.items, Effect::kRestart, &Report::Item::effect) == 1);
  CHECK(report.items.back().kind == Kind::kAdded);
}
