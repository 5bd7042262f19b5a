#include "perf/pktgen/query_file.h"

#include <catch2/catch.hpp>

using namespace bowline;
using namespace bowline::perf::pktgen;

namespace {

std::string question(const QuestionSet& set, std::size_t number) {
  const dns::Bytes octets = set[number].from_name();
  const auto name = dns::NameView::parse(octets);
  const auto type = static_cast<dns::RrType>(dns::load_u16(&octets[name->size()]));
  return name->to_text() + ' ' + dns::to_text(type);
}

}  // namespace

TEST_CASE("names and types, comments and empty lines") {
  QuestionSet set;
  const auto read = read_query_text(
      "; a comment\n# another\n\nwww.example.com A\n  example.com.\tMX  \r\n. ns\n"
      "a\\.b.example TYPE65280\nlast.example AAAA", "file", set);
  REQUIRE(read);
  REQUIRE(set.size() == 5);
  CHECK(question(set, 0) == "www.example.com. A");
  CHECK(question(set, 1) == "example.com. MX");
  CHECK(question(set, 2) == ". NS");
  CHECK(question(set, 3) == "a\\.b.example. TYPE65280");
  CHECK(question(set, 4) == "last.example. AAAA");
}

TEST_CASE("a bad line is refused with its number and cause") {
  struct Row {
    const char *text, *where, *cause;
  };
  const std::string long_label = std::string(64, 'x') + " A";
  for (const Row& row : {Row{"a.example A\nb.example\n", "file:2: ", "no type after"},
                         {"a.example A\n\n;\nb.example NONE\n", "file:4: ", "no type: NONE"},
                         {"a..example A", "file:1: ", "no domain name: a..example"},
                         {long_label.c_str(), "file:1: ", "no domain name"},
                         {"a.example A 1", "file:1: ", "found 1"},
                         {"a.example A\n\x01\x02 A\nb\x7f B", "file:3: ", "no type: B"},
                         {"a.example TYPE65536", "file:1: ", "no type"}}) {
    QuestionSet set;
    const auto read = read_query_text(row.text, "file", set);
    INFO(row.text);
    REQUIRE_FALSE(read);
    CHECK(read.error().starts_with(row.where));
    CHECK(read.error().find(row.cause) != std::string::npos);
    CHECK(read.error().find('\n') == std::string::npos);
  }
}

TEST_CASE("a file without a question is refused") {
  for (const char* text : {"", "\n\n", "; only this\n"}) {
    QuestionSet set;
    const auto read = read_query_text(text, "file", set);
    REQUIRE_FALSE(read);
    CHECK(read.error().starts_with("file: no question in it"));
  }
}

TEST_CASE("files that cannot be read") {
  QuestionSet set;
  CHECK(read_query_file("/nowhere/queries", set).error() ==
        "cannot read /nowhere/queries: No such file or directory");
  CHECK(read_query_file("/", set).error() == "cannot read /: Is a directory");
}
