// Paths of items: what they name, and what is said of those that name nothing.
#include "control/config/path.h"

#include <catch2/catch.hpp>

using namespace bowline::control::config;

TEST_CASE("path: what it names") {
  struct Row {
    const char* text;
    const char* canonical;
  };
  const Row rows[] = {
      {"", ""},
      {"server", "server"},
      {"server.listen", "server.listen"},
      {"zone", "zone"},
      {"zone[Example.COM]", "zone[example.com.]"},
      {"zone[a.].file", "zone[a.].file"},
      {"zone[.]", "zone[.]"},
      {"zone.file", "zone.file"},
      {"zone.domain", "zone.domain"},
      {"key[K1].secret", "key[k1.].secret"},
      {"remote[a b].address", "remote[a b].address"},
      {"remote[a]b]", "remote[a]b]"},
      {"remote[x].y].key", "remote[x].y].key"},
      {"template[default].comment", "template[default].comment"},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    const auto path = parse_item_path(row.text);
    INFO((path ? std::string() : path.error()));
    REQUIRE(path.ok());
    CHECK(path->to_text() == row.canonical);
  }
}

TEST_CASE("path: errors") {
  struct Row {
    const char* text;
    const char* error;
  };
  const Row rows[] = {
      {"servr", "servr: there is no such section; did you mean server?"},
      {"servr.listen", "servr: there is no such section; did you mean server?"},
      {".listen", ": there is no such section"},
      {"server.lisen", "server.lisen: there is no such item; did you mean listen?"},
      {"server.", "server.: the item after the dot is missing"},
      {"server[x].listen", "server[x].listen: the section server has no entries, leave out [x]"},
      {"zone[a", "zone[a: the bracket after the identifier is missing"},
      {"zone[]", "zone[]: the identifier is missing"},
      {"zone[a]file", "zone[a]file: the bracket after the identifier is missing"},
      {"zone[a].", "zone[a].: the item after the dot is missing"},
      {"template.domain", "template.domain: there is no such item"},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    const auto path = parse_item_path(row.text);
    REQUIRE_FALSE(path.ok());
    CHECK(path.error() == row.error);
  }
  CHECK(parse_item_path("zone[a..b].file").error().starts_with("zone[a..b].file: \"a..b\""));
}
