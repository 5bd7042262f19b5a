// Lines of the simplified YAML: what is read, and where errors are.
#include "control/config/line_reader.h"

#include <catch2/catch.hpp>

using namespace bowline::control::config;

namespace {

struct Good {
  std::string text;
  std::string key;
  std::uint32_t column;
  std::uint32_t dash;
  std::vector<std::string> values;
  std::vector<std::uint32_t> columns;
};

struct Bad {
  std::string text;
  std::uint32_t column;
  std::string message;
};

}  // namespace

TEST_CASE("line_reader: lines that are read") {
  const Good rows[] = {
      // nothing
      {"", "", 0, 0, {}, {}},
      {"    ", "", 0, 0, {}, {}},
      {"# remark", "", 0, 0, {}, {}},
      {"   # remark", "", 0, 0, {}, {}},
      {"#\tremark", "", 0, 0, {}, {}},
      // keys
      {"server:", "server", 1, 0, {}, {}},
      {"server: # remark", "server", 1, 0, {}, {}},
      {"  file : x", "file", 3, 0, {"x"}, {10}},
      {"- id: x", "id", 3, 1, {"x"}, {7}},
      {"  -   id: x", "id", 7, 3, {"x"}, {11}},
      // plain values, some of which are not YAML
      {"a: x # remark", "a", 1, 0, {"x"}, {4}},
      {"a: %s.zone", "a", 1, 0, {"%s.zone"}, {4}},
      {"a: %c[0-2]/%l[0]", "a", 1, 0, {"%c[0-2]/%l[0]"}, {4}},
      {"a: ::@53", "a", 1, 0, {"::@53"}, {4}},
      {"a: ::", "a", 1, 0, {"::"}, {4}},
      {"a: @(zone|template)", "a", 1, 0, {"@(zone|template)"}, {4}},
      {"a: !(zone)", "a", 1, 0, {"!(zone)"}, {4}},
      {"a: *", "a", 1, 0, {"*"}, {4}},
      {"a: x # \t", "a", 1, 0, {"x"}, {4}},
      {"a: on", "a", 1, 0, {"on"}, {4}},
      {"a: \xc3\xa9", "a", 1, 0, {"\xc3\xa9"}, {4}},
      // quotes
      {"a: \"x y\"", "a", 1, 0, {"x y"}, {4}},
      {"a: \"\"", "a", 1, 0, {""}, {4}},
      {"a: \"x # y\" # z", "a", 1, 0, {"x # y"}, {4}},
      {"a: \"x \\\"y\\\" z\"", "a", 1, 0, {"x \"y\" z"}, {4}},
      {"a: \"x\\032\\\\\"", "a", 1, 0, {"x\\032\\\\"}, {4}},
      {"a: \"x\\\\\"", "a", 1, 0, {"x\\\\"}, {4}},
      {"a: \"\\\\\\\"x\"", "a", 1, 0, {"\\\\\"x"}, {4}},
      {"a: \"x\\ny\"", "a", 1, 0, {"x\\ny"}, {4}},
      {"a: 'x'", "a", 1, 0, {"'x'"}, {4}},
      // lists
      {"a: [x, y]", "a", 1, 0, {"x", "y"}, {5, 8}},
      {"a: [ x ,y, \"z ]\" ] # r", "a", 1, 0, {"x", "y", "z ]"}, {6, 9, 12}},
      {"a: [::1, 127.0.0.1]", "a", 1, 0, {"::1", "127.0.0.1"}, {5, 10}},
      {"a: [::]", "a", 1, 0, {"::"}, {5}},
      {"a: []", "a", 1, 0, {}, {}},
      {"a: [\"x,y\",z]", "a", 1, 0, {"x,y", "z"}, {5, 11}},
  };
  std::deque<std::string> arena;
  LineReader reader(arena);
  Line line;
  for (const Good& row : rows) {
    INFO(row.text);
    const auto failure = reader.read(row.text, line);
    INFO((failure ? failure->message : ""));
    REQUIRE_FALSE(failure);
    CHECK(line.key == row.key);
    if (row.key.empty()) continue;
    CHECK(line.column == row.column);
    CHECK(line.dash_column == row.dash);
    std::vector<std::string> values;
    std::vector<std::uint32_t> columns;
    for (const Scalar& scalar : line.values) {
      values.emplace_back(scalar.text);
      columns.push_back(scalar.column);
    }
    CHECK(values == row.values);
    CHECK(columns == row.columns);
  }
}

TEST_CASE("line_reader: lines that are refused") {
  const std::string form = "a line must be \"item: value\" or \"- item: value\"";
  const std::string more =
      "more text after the value; one with spaces or any of \",# needs double quotes";
  const std::string end = "the quotation has no end on its line";
  const std::string tab = "a tab, allowed are spaces";
  const std::string missing = "a value is missing; one with \",#[] needs double quotes";
  const Bad rows[] = {
      {" \t ", 2, "a tab in the indentation, allowed are spaces"},
      {"\t# remark", 1, "a tab in the indentation, allowed are spaces"},
      {"\ta: x", 1, "a tab in the indentation, allowed are spaces"},
      {"  \ta: x", 3, "a tab in the indentation, allowed are spaces"},
      {"---", 1, form},
      {"a", 2, form},
      {"a b: c", 3, form},
      {": c", 1, form},
      {"-id: c", 1, "a space is missing after the dash"},
      {"- c", 4, form},
      {"{a: b}", 1, form},
      {"a:b", 2, "a space is missing after the colon"},
      {"a: x y", 6, more},
      {"a: \"x\" y", 8, more},
      {"a: [x] y", 8, more},
      {"a: \"x", 4, end},
      {"a: 'x y'", 7, more},
      {"a: x#y", 5, more},
      {"a: x,y", 5, more},
      {"a: x\"y\"", 5, more},
      {"a: \"x\"#", 7, more},
      {"a: ,x", 4, missing},
      {"a:\tx", 2, "a space is missing after the colon"},
      {"a: x\t", 5, tab},
      {"a: \tx", 4, tab},
      {"a: \"x\"\t", 7, tab},
      {"a: \"x\ty\"", 6, tab},
      {"a: \"x\\\"", 4, end},
      {"a: [x", 6, "the list has no closing bracket on its line"},
      {"a: [x,", 7, "the list has no closing bracket on its line"},
      {"a: [x y]", 7, "the values of a list are parted by commas"},
      {"a: [, x]", 5, missing},
      {"a: [x,, y]", 7, missing},
      {"a: [x, ]", 8, missing},
      {"a: [[x]]", 5, missing},
      {"a: x\x01y", 5, "a control character"},
      {"a: \"x\x01y\"", 6, "a control character"},
      {std::string("a: x\0y", 6), 5, "a control character"},
  };
  std::deque<std::string> arena;
  LineReader reader(arena);
  Line line;
  for (const Bad& row : rows) {
    INFO(row.text);
    const auto failure = reader.read(row.text, line);
    REQUIRE(failure);
    CHECK(failure->message == row.message);
    CHECK(failure->column == row.column);
  }
}
