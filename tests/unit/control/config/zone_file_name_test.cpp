// Formatters in names of zone files.
#include "control/config/zone_file_name.h"

#include <catch2/catch.hpp>

using namespace bowline;
using namespace bowline::control::config;

TEST_CASE("zone_file_name: expansion") {
  struct Row {
    std::string pattern, zone, expected;
  };
  const Row rows[] = {
      {"%s.zone", "example.com.", "example.com.zone"},
      {"%s.zone", ".", ".zone"},
      {"%s", "a\\.b.c.", "a\\.b.c"},
      {"%s", "a/b.c.", "a_b.c"},
      {"%s.zone", "0/25.2.0.192.in-addr.arpa.", "0_25.2.0.192.in-addr.arpa.zone"},
      {"%s.zone", "a+b.c.", "a\\+b.c.zone"},
      {"100%%", "a.", "100%"},
      {"plain", "a.", "plain"},
      {"%c[0]/%c[1]", "example.", "e/x"},
      {"%c[0-2]", "example.", "exa"},
      {"%c[6-7]", "example.", "e."},
      {"%c[7]", "example.", "\\046"},
      {"%c[8]", "example.", ""},
      {"%c[6-99]", "example.", "e."},
      {"%c[0]", ".", "\\046"},
      {"%l[0]-%l[1]-%l[2]-%l[3]", "a.b.example.", "example-b-a-"},
      {"%l[0]", ".", ""},
      {"%l[1]", "a\\.b.c.", "a\\.b"},
      {"%l[0]/%c[0]/%s", "example.com.", "com/e/example.com"},
      // No way out of the directory.
      {"%c[1]%c[3]/%s", "a.b.c.", "\\046\\046/a.b.c"},
      {"x/%c[1]%c[3]", "a.b.c.", "x/\\046\\046"},
      {"x/%c[1]/%s", "a.b.", "x/\\046/a.b"},
      {"x/.%c[1]/%s", "a.b.", "x/\\046\\046/a.b"},
      {"x/%c[1]%c[3]%c[5]/y", "a.b.c.", "x/.../y"},
      {"../%s", "a.", "../a"},
      {"./%c[0]", "a.", "./a"},
      {"%c[9]/%s", "a.b.", "./a.b"},
      {"%l[3]//%s", "a.b.", ".//a.b"},
      {"/%c[9]/%s", "a.b.", "//a.b"},
      {"%c[0-9]/%l[1]/x", "c/d.e.", "c_d.e./c_d/x"},
      {"%l[0]/x", "\\.\\..", "\\.\\./x"},
  };
  for (const Row& row : rows) {
    INFO(row.pattern + " " + row.zone);
    static const dns::Name root;
    const auto name = dns::Name::from_text(row.zone, &root);
    REQUIRE(name.ok());
    REQUIRE(check_zone_file_name(row.pattern).ok());
    CHECK(expand_zone_file_name(row.pattern, *name) == row.expected);
  }
}

TEST_CASE("zone_file_name: bad formatters") {
  const char* const patterns[] = {"%",      "a%",      "%x",      "%c",       "%c0",
                                  "%c[",    "%c[]",    "%c[a]",   "%c[1",     "%c[2-1]",
                                  "%c[1-]", "%c[1-2",  "%c[-1]",  "%c[1024]", "%l[0-1]",
                                  "%l[",    "%S",      "%c[99999999999]"};
  for (const char* pattern : patterns) {
    INFO(pattern);
    CHECK_FALSE(check_zone_file_name(pattern).ok());
  }
}
