// How values are written in an export, and that they are read back as they were.
#include "control/config/export.h"

#include <catch2/catch.hpp>

#include "control/config/edit.h"
#include "control/config/line_reader.h"

using namespace bowline::control::config;

TEST_CASE("export: how values are written") {
  struct Row {
    std::string value;
    std::string written;
  };
  const Row rows[] = {
      {"plain", "plain"},
      {"", "\"\""},
      {"two words", "\"two words\""},
      {"a#b", "\"a#b\""},
      {"a,b", "\"a,b\""},
      {"[x]", "\"[x]\""},
      {"it's", "it's"},
      {"say \"x\"", "\"say \\\"x\\\"\""},
      {"back\\slash", "back\\slash"},
      {"ends\\", "ends\\"},
      {"a b\\\\", "\"a b\\\\\""},
      {"a b\\", "!\"a b\\\\\""},
      {"\\\"", "!\"\\\\\\\"\""},
      {"tab\there", "!\"tab\\x09here\""},
      {"line\r\nend\x7f", "!\"line\\x0d\\x0aend\\x7f\""},
      {"\xc3\xa9", "\xc3\xa9"},
      {"!", "!"},
      {"- a: b", "\"- a: b\""},
  };
  for (const Row& row : rows) {
    INFO(row.value);
    Draft draft(*load_config_text("", "base"));
    REQUIRE(draft.set("server.identity", {row.value}).ok());
    const std::string text = export_text(draft.current());
    CHECK(text == "server:\n    identity: " + row.written + "\n");
    const auto loaded = load_config_text(text);
    INFO((loaded ? std::string() : loaded.error()));
    REQUIRE(loaded.ok());
    CHECK(loaded->server().identity == row.value);
  }
}

TEST_CASE("export: the whole, in the order of table and names") {
  const auto config = load_config_text(
      "zone:\n  - domain: B.example\n    acl: []\n    module: [mod-stats, mod-rrl]\n"
      "  - domain: a.example\n    file: \"%s x\"\nacl:\n  - id: z\n    action: update\n"
      "    comment: \"\"\nlog:\nserver:\n    listen: [::1, 192.0.2.1@53]\n");
  REQUIRE(config.ok());
  CHECK(export_text(*config) ==
        "server:\n    listen: [::1, 192.0.2.1@53]\n\n"
        "acl:\n  - id: z\n    comment: \"\"\n    action: update\n\n"
        "zone:\n  - domain: a.example.\n    file: \"%s x\"\n"
        "  - domain: b.example.\n    acl: []\n    module: [mod-stats, mod-rrl]\n");
}

TEST_CASE("export: escapes that are none") {
  for (const char* text : {"x: !\"\\n\"", "x: !\"\\x1\"", "x: !\"\\xg0\"", "x: !\"a", "x: !\"a\\\"",
                           "x: !\"a\tb\"", "x: !\"a\"b", "x: a!\"b\""}) {
    INFO(text);
    std::deque<std::string> arena;
    LineReader reader(arena);
    Line line;
    CHECK(reader.read(text, line).has_value());
  }
}
