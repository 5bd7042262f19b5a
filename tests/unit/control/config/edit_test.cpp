// Drafts: conf-set and conf-unset one by one, and what finish() finds.
#include "control/config/edit.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "control/config/export.h"

using namespace bowline::control::config;

namespace {

using Values = std::vector<std::string>;

constexpr const char* kText = R"(server:
    identity: two
    listen: [127.0.0.1@25353, 127.0.0.1@25354, 127.0.0.1@25355]

key:
  - id: k1.
    algorithm: hmac-sha256
    secret: AQID

remote:
  - id: r1
    address: 127.0.0.1@5
    key: K1
  - id: r2
    address: 127.0.0.1@6

acl:
  - id: a1
    remote: r1
    action: [transfer, notify]

zone:
  - domain: example.com.
    master: [r1, r2]
  - domain: example.net.
    file: b.zone
)";

Config load(const std::string& text) {
  auto config = load_config_text(text, "test.conf", {.resolve_system = false});
  INFO((config ? std::string() : config.error()));
  REQUIRE(config.ok());
  return *config;
}

std::string section_text(const Config& config, const std::string& section) {
  const std::string text = "\n" + export_text(config) + "\n";
  const std::size_t start = text.find("\n" + section + ":\n");
  if (start == std::string::npos) return "";
  return text.substr(start + 1, text.find("\n\n", start + 1) - start);
}

// What a call says, "" if it went well.
std::string set(Draft& draft, const char* path, const Values& values = {}) {
  const auto result = draft.set(path, values);
  return result ? "" : result.error();
}
std::string unset(Draft& draft, const char* path, const Values& values = {}) {
  const auto result = draft.unset(path, values);
  return result ? "" : result.error();
}

}  // namespace

TEST_CASE("edit: setting, as knotc does") {
  struct Row {
    const char* path;
    Values values;
    const char* error;
    const char* section;  // how it is written afterwards; null: nothing changes
  };
  const Row rows[] = {
      {"server.identity", {"new one"}, "", "server:\n    identity: \"new one\"\n    listen: "
       "[127.0.0.1@25353, 127.0.0.1@25354, 127.0.0.1@25355]\n"},
      {"server.identity", {"a", "b"}, "", "server:\n    identity: b\n    listen: "
       "[127.0.0.1@25353, 127.0.0.1@25354, 127.0.0.1@25355]\n"},
      {"server.listen", {"::1", "127.0.0.1@25354", "::1"}, "",
       "server:\n    identity: two\n    listen: [127.0.0.1@25353, 127.0.0.1@25354, "
       "127.0.0.1@25355, ::1]\n"},
      {"server.listen", {"0::1", "::1"}, "",
       "server:\n    identity: two\n    listen: [127.0.0.1@25353, 127.0.0.1@25354, "
       "127.0.0.1@25355, 0::1]\n"},
      {"log[stdout]", {}, "", "log:\n  - target: stdout\n"},
      {"log.target", {"stdout", "/a"}, "", "log:\n  - target: /a\n  - target: stdout\n"},
      {"zone[A.example.NET]", {}, "", "zone:\n  - domain: a.example.net.\n"
       "  - domain: example.com.\n    master: [r1, r2]\n  - domain: example.net.\n"
       "    file: b.zone\n"},
      {"zone.master", {"r1"}, "", "zone:\n  - domain: example.com.\n    master: [r1, r2]\n"
       "  - domain: example.net.\n    file: b.zone\n    master: r1\n"},
      {"zone[example.com].acl", {""}, "", "zone:\n  - domain: example.com.\n"
       "    master: [r1, r2]\n    acl: []\n  - domain: example.net.\n    file: b.zone\n"},
      {"zone[example.com].master", {""}, "", nullptr},
      {"policy.nsec3", {"on"}, "", nullptr},
      {"acl[a1].action", {"update"}, "", "acl:\n  - id: a1\n    remote: r1\n"
       "    action: [transfer, notify, update]\n"},
      {"server.foo", {"a"}, "server.foo: there is no such item", nullptr},
      {"server.tcp-workers", {"0"}, "server.tcp-workers: \"0\", allowed is a number, 1 to 256",
       nullptr},
      {"server.identity", {}, "server.identity: the value is missing", nullptr},
      {"zone[example.com]", {}, "zone[example.com.]: is there already", nullptr},
      {"zone.domain", {"n1", "N1."}, "zone[n1.]: is there already", nullptr},
      {"zone.domain", {"n1", "example.com"}, "zone[example.com.]: is there already", nullptr},
      {"zone.domain", {}, "zone.domain: the value is missing", nullptr},
      {"zone", {"n1"}, "zone: name an entry, zone[ID]", nullptr},
      {"zone[n1]", {"x"}, "zone[n1.]: an entry has no value; name an item", nullptr},
      {"zone[n1].domain", {"n1"}, "zone[n1.].domain: cannot be changed; set zone[ID]", nullptr},
      {"zone[n1].file", {"x"}, "zone[n1.].file: there is no zone \"n1.\"; set zone[n1.] first",
       nullptr},
      {"server", {}, "server: name an item of it, server.ITEM", nullptr},
      {"", {}, "the path of what to set is missing", nullptr},
      {"include", {}, "include: needs exactly one path or pattern", nullptr},
      {"zone.semantic-checks", {"on", "sort"},
       "zone.semantic-checks: \"sort\", allowed is on, off or soft; did you mean soft?", nullptr},
  };
  const Config base = load(kText);
  for (const Row& row : rows) {
    INFO(row.path << " " << (row.values.empty() ? "" : row.values[0]));
    Draft draft(base);
    CHECK(set(draft, row.path, row.values).starts_with(row.error));
    CHECK(set(draft, row.path, row.values).empty() == (*row.error == '\0' &&
          std::string_view(row.path) != "log[stdout]" && std::string_view(row.path) !=
          "log.target" && std::string_view(row.path) != "zone[A.example.NET]"));
    if (row.section == nullptr) {
      CHECK(export_text(draft.current()) == kText);
    } else {
      const std::string text = row.section;
      CHECK(section_text(draft.current(), text.substr(0, text.find(':'))) == text);
    }
    CHECK(export_text(base) == kText);
  }
}

TEST_CASE("edit: unsetting, as knotc does") {
  struct Row {
    const char* path;
    Values values;
    const char* error;
    const char* section;  // its name and how it is written afterwards; null: nothing changes
    const char* text;
  };
  const Row rows[] = {
      {"server.listen", {"127.0.0.1@25354"}, "", "server",
       "server:\n    identity: two\n    listen: [127.0.0.1@25353, 127.0.0.1@25355]\n"},
      {"server.listen", {"127.0.0.1@25353", "127.0.0.1@25354", "127.0.0.1@25355"}, "", "server",
       "server:\n    identity: two\n"},
      {"server.listen", {"127.0.0.1@25354", "127.0.0.1@1"},
       "server.listen: has no value \"127.0.0.1@1\"", nullptr, ""},
      {"server.listen", {"127.0.0.1@25354", "127.0.0.1@25354"},
       "server.listen: has no value \"127.0.0.1@25354\"", nullptr, ""},
      {"server.identity", {"x"}, "server.identity: has no value \"x\"", nullptr, ""},
      {"server.identity", {"two"}, "", "server",
       "server:\n    listen: [127.0.0.1@25353, 127.0.0.1@25354, 127.0.0.1@25355]\n"},
      {"server.version", {}, "server.version: is not set", nullptr, ""},
      {"zone[nope].master", {}, "zone[nope.].master: there is no zone \"nope.\"", nullptr, ""},
      {"zone[nope]", {}, "zone[nope.]: there is no such entry", nullptr, ""},
      {"zone[example.com].file", {}, "zone[example.com.].file: is not set", nullptr, ""},
      {"zone[EXAMPLE.com].master", {"r2"}, "", "zone",
       "zone:\n  - domain: example.com.\n    master: r1\n  - domain: example.net.\n"
       "    file: b.zone\n"},
      {"zone.file", {}, "", "zone",
       "zone:\n  - domain: example.com.\n    master: [r1, r2]\n  - domain: example.net.\n"},
      {"zone.storage", {}, "", nullptr, ""},
      {"zone.master", {"nobody"}, "", nullptr, ""},
      {"zone.domain", {"example.com"}, "", "zone",
       "zone:\n  - domain: example.net.\n    file: b.zone\n"},
      {"zone.domain", {"example.com", "no"}, "zone[no]: there is no such entry", nullptr, ""},
      {"zone.domain", {}, "", "zone", ""},
      {"zone[example.com].domain", {},
       "zone[example.com.].domain: cannot be unset; unset zone[example.com.]", nullptr, ""},
      {"zone", {"example.com"}, "zone has no value \"example.com\"", nullptr, ""},
      {"log", {}, "", nullptr, ""},
      {"zone", {}, "", "zone", ""},
      {"remote[r2]", {}, "", "remote",
       "remote:\n  - id: r1\n    address: 127.0.0.1@5\n    key: K1\n"},
      {"bogus", {}, "bogus: there is no such section", nullptr, ""},
  };
  const Config base = load(kText);
  for (const Row& row : rows) {
    INFO(row.path << " " << (row.values.empty() ? "" : row.values[0]));
    Draft draft(base);
    CHECK(unset(draft, row.path, row.values) == row.error);
    if (row.section == nullptr) {
      CHECK(export_text(draft.current()) == kText);
    } else {
      CHECK(section_text(draft.current(), row.section) == row.text);
    }
  }
  Draft draft(base);
  CHECK(unset(draft, "") == "");
  CHECK(export_text(draft.current()).empty());
  CHECK(draft.finish().ok());
}

TEST_CASE("edit: what finish() finds") {
  struct Row {
    std::vector<std::pair<const char*, Values>> sets;
    std::vector<const char*> unsets;
    std::string error;
  };
  const Row rows[] = {
      {{}, {"remote[r1]"},
       "test.conf:19:13: acl[a1].remote: there is no remote or remotes \"r1\"; did you mean r2?\n"
       "test.conf:24:14: zone[example.com].master: there is no remote or remotes \"r1\"; did you "
       "mean r2?"},
      {{}, {"key"},
       "test.conf:13:10: remote[r1].key: there is no key \"K1\"; none is defined"},
      {{{"zone[example.net].master", {"nope"}}}, {},
       "zone[example.net].master: there is no remote or remotes \"nope\""},
      {{{"remote[new]", {}}}, {}, "remote[new].address: must be set"},
      {{{"server.listen", {"127.0.0.1@25354", "::1", "::1@53"}}}, {},
       "server.listen: \"::1@53\" is listed twice"},
      {{{"template[default]", {}}, {"template[default].catalog-zone", {"c"}}}, {},
       "test.conf:23:13: zone[example.com].catalog-zone: is allowed only if catalog-role is "
       "member\ntest.conf:25:13: zone[example.net].catalog-zone: is allowed only if catalog-role "
       "is member"},
      {{{"zone[example.net].module", {"mod-rrl/x"}}}, {},
       "zone[example.net].module: there is no mod-rrl \"x\"; none is defined"},
      {{{"remotes[g]", {}}, {"remotes[g].remote", {"r1"}}, {"zone.notify", {"g"}}}, {}, ""},
  };
  std::string text = kText;
  const Config base = load(text);
  for (const Row& row : rows) {
    Draft draft(base);
    for (const auto& [path, values] : row.sets) REQUIRE(set(draft, path, values) == "");
    for (const char* path : row.unsets) REQUIRE(unset(draft, path) == "");
    const auto next = draft.finish();
    CHECK((next ? "" : next.error()) == row.error);
  }
}

TEST_CASE("edit: a difference is applied and taken back") {
  const Config base = load(kText);
  Draft draft(base);
  REQUIRE(set(draft, "zone.domain", {"n1", "n2"}) == "");
  REQUIRE(set(draft, "zone[n1].acl", {""}) == "");
  REQUIRE(unset(draft, "acl") == "");
  REQUIRE(unset(draft, "server") == "");
  const auto next = draft.finish();
  REQUIRE(next.ok());
  auto changes = compare(base, *next);
  Draft again(base);
  REQUIRE(again.apply(changes).ok());
  CHECK(compare(again.current(), *next).empty());
  for (Change& change : changes) std::swap(change.before, change.after);
  Draft back(*next);
  REQUIRE(back.apply(changes).ok());
  const auto first = back.finish();
  REQUIRE(first.ok());
  CHECK(export_text(*first) == kText);
}

TEST_CASE("edit: including files") {
  char folder[] = "/tmp/bowline-edit-XXXXXX";
  REQUIRE(mkdtemp(folder) != nullptr);
  const std::string path = folder;
  const auto write = [&](const char* name, const char* text) {
    std::ofstream(path + "/" + name) << text;
  };
  write("new.conf", "server:\n    identity: inc\n    listen: ::1\nremote:\n  - id: r3\n"
                    "    address: ::1\nzone:\n  - domain: inc\n    master: r3\n");
  write("wrong.conf", "server:\n    identity: inc2\nzone:\n  - domain: a\n    mister: r3\n");
  write("there.conf", "server:\n    identity: inc3\nzone:\n  - domain: example.COM\n");
  write("clear.conf", "clear: zone\nzone:\n  - domain: only\n");
  const Config base = load(kText);
  Draft draft(base);
  CHECK(set(draft, "include", {path + "/wrong.conf"}) ==
        path + "/wrong.conf:5:5: zone.mister: there is no such item; did you mean master?");
  CHECK(set(draft, "include", {path + "/there.conf"}) == "zone[example.com.]: is there already");
  CHECK(set(draft, "include", {path + "/none.conf"}).ends_with("No such file or directory"));
  CHECK(set(draft, "include", {path + "/none*.conf"}) == "");
  CHECK(export_text(draft.current()) == kText);
  CHECK(set(draft, "include", {path + "/n*.conf"}) == "");
  const auto next = draft.finish();
  REQUIRE(next.ok());
  CHECK(compare(base, *next).size() == 6);
  CHECK(next->server().identity == "inc");
  CHECK(next->server().listen.size() == 4);
  CHECK(next->zones().size() == 3);
  CHECK(set(draft, "include", {path + "/clear.conf"}) == "");
  CHECK(draft.current().zones().size() == 1);
  std::filesystem::remove_all(path);
}
