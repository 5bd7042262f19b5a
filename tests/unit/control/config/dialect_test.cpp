// What files may say beyond single lines: empty values, includes, clearing, names of old.
#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "control/config/config.h"

using namespace bowline::control::config;

namespace {

namespace fs = std::filesystem;

// A folder of its own, gone at the end.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "dialect-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() { fs::remove_all(path_); }

  std::string write(const std::string& name, const std::string& text) const {
    const fs::path path = path_ / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
    return path.string();
  }
  std::string path() const { return path_.string(); }

 private:
  fs::path path_;
};

std::string error_of(const std::string& text) {
  const auto config = load_config_text(text, "f", {.resolve_system = false});
  return config ? "" : config.error();
}

Config load(const std::string& path) {
  const auto config = load_config(path, {.resolve_system = false});
  INFO((config ? std::string() : config.error()));
  REQUIRE(config.ok());
  return *config;
}

std::vector<std::string> ids(const Config& config, std::string_view section) {
  std::vector<std::string> result;
  for (const auto id : config.ids(section)) result.emplace_back(id);
  return result;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("dialect: a value that is forgotten, and one that is none") {
  const std::string zone = "zone:\n  - domain: z\n    dnssec-signing: on\n    ";
  const struct {
    std::string text, error;
  } rows[] = {
      // none, to undo what a template says
      {zone + "master:\n", ""},
      {zone + "master: \"\"\n", ""},
      {zone + "master: []\n", ""},
      {zone + "notify: \"\"\n", ""},
      {zone + "ddns-master: \"\"\n", ""},
      {zone + "ds-push:\n", ""},
      {zone + "acl: []\n", ""},
      {zone + "module: []\n", ""},
      {"server:\n  listen:\n", ""},
      {"server:\n  proxy-allowlist: []\n", ""},
      // forgotten
      {zone + "acl:\n", "f:4:5: zone[z].acl: the value is missing, allowed is the name of an entry"},
      {zone + "dnssec-policy: \"\"\n",
       "f:4:20: zone[z].dnssec-policy: the value is missing, allowed is the name of an entry"},
      {zone + "file:\n", "f:4:5: zone[z].file: the value is missing, allowed is a path"},
      {zone + "journal-max-depth:\n",
       "f:4:5: zone[z].journal-max-depth: the value is missing, allowed is a number, 2 or more"},
      {zone + "storage: []\n", "f:4:5: zone[z].storage: the value is missing, allowed is a path"},
      {"server:\n  dbus-event:\n",
       "f:2:3: server.dbus-event: the value is missing, allowed is none, running, zone-updated, "
       "keys-updated, ksk-submission or dnssec-invalid"},
  };
  for (const auto& row : rows) {
    INFO(row.text);
    CHECK(error_of(row.text) == row.error);
  }
}

TEST_CASE("dialect: a switch without a value is on") {
  const auto config = load_config_text("server:\n  automatic-acl:\n  answer-rotation: \"\"\n");
  REQUIRE(config.ok());
  CHECK(config->get("server", "", "automatic-acl").front().flag());
  CHECK(config->server().answer_rotation);
}

TEST_CASE("dialect: a template's values are undone by none") {
  const auto config = load_config_text(R"(remote:
  - id: r
    address: ::1
template:
  - id: default
    master: r
    semantic-checks: on
zone:
  - domain: a
  - domain: b
    master: ""
  - domain: c
    master: []
    semantic-checks: off
)");
  REQUIRE(config.ok());
  CHECK(config->get("zone", "a.", "master").size() == 1);
  CHECK(config->get("zone", "b.", "master").empty());
  CHECK(config->get("zone", "c.", "master").empty());
  CHECK(config->get("zone", "b.", "semantic-checks").front().text() == "on");
  CHECK(config->get("zone", "c.", "semantic-checks").front().text() == "off");
}

TEST_CASE("dialect: included files") {
  const Folder folder;
  folder.write("zones/b.conf", "zone:\n  - domain: b\n");
  folder.write("zones/a.conf", "zone:\n  - domain: a\ninclude: deeper/x.inc\n");
  folder.write("zones/deeper/x.inc", "zone:\n  - domain: x\n");
  folder.write("zones/.hidden.conf", "zone:\n  - domain: hidden\n");
  folder.write("zones/other.txt", "nonsense\n");
  folder.write("name with, comma", "zone:\n  - domain: comma\n");
  SECTION("by pattern, in order; paths begin where the file is that names them") {
    const std::string main = folder.write("main.conf", "include: zones/*.conf\n");
    CHECK(ids(load(main), "zone") == Names{"a.", "b.", "x."});
  }
  SECTION("several at once, and a quoted one") {
    const std::string main = folder.write(
        "main.conf", "include: [zones/b.conf, \"name with, comma\", " + folder.path() +
                         "/zones/deeper/*]\n");
    CHECK(ids(load(main), "zone") == Names{"b.", "comma.", "x."});
  }
  SECTION("a pattern that finds nothing is no mistake, a file that is not there is") {
    CHECK(ids(load(folder.write("main.conf", "include: none/*.conf\n")), "zone").empty());
    const std::string main = folder.write("main.conf", "include: none.conf\n");
    const auto config = load_config(main);
    REQUIRE_FALSE(config.ok());
    CHECK(config.error() == main + ":1:10: include: " + folder.path() +
                                "/none.conf: No such file or directory");
  }
  SECTION("a mistake names the included file, and a circle is found") {
    folder.write("bad.conf", "zone:\n  - domain: a\n    fiel: x\n");
    folder.write("circle.conf", "include: main.conf\n");
    const std::string main = folder.write("main.conf", "include: [bad.conf, circle.conf]\n");
    const auto config = load_config(main);
    REQUIRE_FALSE(config.ok());
    CHECK(config.error() == folder.path() + "/bad.conf:3:5: zone.fiel: there is no such item; did "
                            "you mean file?\n" + folder.path() + "/circle.conf:1:10: include: " +
                                folder.path() + "/main.conf includes itself");
  }
}

TEST_CASE("dialect: sections are cleared by pattern") {
  const std::string before =
      "server:\n  identity: x\nmod-stats:\n  - id: s\nmod-rrl:\n  - id: r\n"
      "template:\n  - id: t\nzone:\n  - domain: z\n";
  const struct {
    std::string pattern;
    Names left;
  } rows[] = {
      {"zone", {"mod-rrl", "mod-stats", "server", "template"}},
      {"mod-*", {"server", "template", "zone"}},
      {"\"[!z]*\"", {"zone"}},
      {"!(zone)", {"zone"}},
      {"@(zone|template)", {"mod-rrl", "mod-stats", "server"}},
      {"[zone, server]", {"mod-rrl", "mod-stats", "template"}},
      {"nothing", {"mod-rrl", "mod-stats", "server", "template", "zone"}},
  };
  for (const auto& row : rows) {
    INFO(row.pattern);
    const auto config = load_config_text(before + "clear: " + row.pattern + "\n");
    REQUIRE(config.ok());
    Names left;
    for (const char* section : {"mod-rrl", "mod-stats", "server", "template", "zone"}) {
      if (config->has_section(section)) left.emplace_back(section);
    }
    CHECK(left == row.left);
  }
  const auto again = load_config_text(before + "clear: zone\nzone:\n  - domain: z\n    file: f\n");
  REQUIRE(again.ok());
  CHECK(again->zones().size() == 1);
}

TEST_CASE("dialect: items of former versions are passed over with a notice") {
  const auto config = load_config_text(
      "server:\n  max-udp-payload: 10\n  udp-max-payload: 1400\n"
      "template:\n  - id: t\n    kasp-db: x\n",
      "f", {.resolve_system = false});
  REQUIRE(config.ok());
  CHECK(config->notices() ==
        "f:2:3: server.max-udp-payload: has no effect any more; what it did does udp-max-payload\n"
        "f:6:5: template.kasp-db: has no effect any more; what it did does database.kasp-db");
  CHECK(config->server().udp_max_payload_ipv4 == 1400);
  const auto clean = load_config_text("server:\n", "f", {.resolve_system = false});
  REQUIRE(clean.ok());
  CHECK(clean->notices().empty());
}

TEST_CASE("dialect: the first twenty mistakes of each file are told") {
  const Folder folder;
  std::string bad = "server:\n";
  for (int i = 0; i < 30; ++i) bad += "  nothing" + std::to_string(i) + ": x\n";
  folder.write("one.conf", bad);
  folder.write("two.conf", "zone:\n  - domain: a..b\n");
  const auto config = load_config(folder.write("main.conf", "include: [one.conf, two.conf]\n"));
  REQUIRE_FALSE(config.ok());
  const std::string& error = config.error();
  CHECK(std::count(error.begin(), error.end(), '\n') >= 20);
  CHECK(error.find("nothing19: ") != error.npos);
  CHECK(error.find("nothing20: ") == error.npos);
  CHECK(error.find("two.conf:2:13: zone.domain: \"a..b\"") != error.npos);
}
