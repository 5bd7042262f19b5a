// What bowlinec prints.
#include <catch2/catch.hpp>

#include "control/client/connection.h"
#include "control/client/table.h"

using namespace bowline::control;
using api::Json;

TEST_CASE("rows are aligned, numbers to the right, empty columns left out") {
  const std::vector<Json> rows = {
      {{"zone", "a."}, {"serial", 7}, {"error", ""}},
      {{"zone", "example.test."}, {"serial", 2026010101}, {"error", ""}},
      {{"zone", "b."}, {"serial", nullptr}, {"error", ""}},
  };
  CHECK(client::format_table(rows, false) ==
        "zone               serial\n"
        "a.                      7\n"
        "example.test.  2026010101\n"
        "b.                      -\n");
}

TEST_CASE("names and values need no head") {
  const std::vector<Json> rows = {{{"item", "version"}, {"value", "1.0"}},
                                  {{"item", "epoch"}, {"value", 12}}};
  CHECK(client::format_table(rows, false) == "version  1.0\nepoch    12\n");
  CHECK(client::to_json(rows) == Json({{"version", "1.0"}, {"epoch", 12}}));
  CHECK(client::format_table({}, true).empty());
}

TEST_CASE("colours do not move columns") {
  const std::vector<Json> rows = {{{"zone", "a."}, {"status", "served"}, {"file", "f"}},
                                  {{"zone", "b."}, {"status", "failed"}, {"file", "g"}}};
  std::string coloured = client::format_table(rows, true);
  CHECK(coloured.find("\x1b[32mserved\x1b[0m") != std::string::npos);
  CHECK(coloured.find("\x1b[31mfailed\x1b[0m") != std::string::npos);
  for (std::size_t at = 0; (at = coloured.find('\x1b')) != std::string::npos;) {
    coloured.erase(at, coloured.find('m', at) - at + 1);
  }
  CHECK(coloured == client::format_table(rows, false));
}

TEST_CASE("no octet of a name or file reaches the terminal as a command") {
  CHECK(client::printable("a\x1b[2J\nb\x7f") == "a\\027[2J\\010b\\127");
  const std::vector<Json> rows = {{{"item", "\x1b]0;x"}, {"value", "\r"}}};
  CHECK(client::format_table(rows, false).find('\x1b') == std::string::npos);
}

TEST_CASE("further tables stand beside the first one under their names") {
  const std::vector<Json> pairs = {{{"item", "version"}, {"value", "1.0"}}};
  const std::vector<Json> ports = {{{"port", "eth0"}, {"kind", "xdp"}, {"mtu", 1500}}};
  CHECK(client::answer_to_json({{"", pairs}}) == Json({{"version", "1.0"}}));
  CHECK(client::answer_to_json({{"", pairs}, {"ports", ports}, {"queues", {}}}) ==
        Json({{"version", "1.0"}, {"ports", ports}, {"queues", Json::array()}}));
  CHECK(client::answer_to_json({{"", ports}, {"ports", ports}}) ==
        Json({{"rows", ports}, {"ports", ports}}));
}

TEST_CASE("a missing socket says what to do") {
  auto opened = client::Connection::open("/nonexistent/bowline.sock", 1);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().find("start bowlined") != std::string::npos);
}
