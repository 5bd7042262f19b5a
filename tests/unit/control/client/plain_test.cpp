// Lines as knotc 3.2 prints them; tests/system/test_control_client_knotc.py holds them against
// knotc.
#include "control/client/plain.h"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace bowline::control;
using api::Json;
using Words = std::vector<std::string>;

namespace {

const Json kEvents = {{"load", nullptr}, {"notify", "+10m"}};
const Json kZone = {
    {"zone", "example.com."}, {"role", "master"},   {"serial", 7},       {"transaction", nullptr},
    {"freeze", nullptr},      {"catalog", nullptr}, {"events", kEvents}, {"status", "served"},
    {"records", 9},           {"file", "f"},        {"error", ""}};

}  // namespace

TEST_CASE("plain: zone-status leaves out what is empty, but for the serial") {
  CHECK(client::plain_line("zone-status", kZone) ==
        "[example.com.] role: master | serial: 7 | notify: +10m");
  Json empty = kZone;
  empty["serial"] = nullptr;
  empty["role"] = "slave";
  empty["events"]["notify"] = nullptr;
  CHECK(client::plain_line("zone-status", empty) == "[example.com.] role: slave | serial: -");
  CHECK(client::plain_line("zone-status", kZone, {.extended = true}) ==
        "[example.com.] role: master | serial: 7 | transaction: - | freeze: - | XFR-freeze: - | "
        "catalog: - | load: - | notify: +10m");
}

TEST_CASE("plain: zone-status with filters has what the server sends") {
  CHECK(client::plain_line("zone-status", {{"zone", "a."}, {"serial", 7}}) == "[a.] serial: 7");
  CHECK(client::plain_line("zone-status", {{"zone", "a."}, {"transaction", nullptr}}) == "[a.]");
}

TEST_CASE("plain: zone-status in colours") {
  CHECK(client::plain_line("zone-status", {{"zone", "a."}, {"role", "master"}, {"serial", 7}},
                           {.colour = true}) ==
        "[\x1b[1m\x1b[32ma.\x1b[0m] role: \x1b[1mmaster\x1b[0m | serial: \x1b[1m7\x1b[0m");
  CHECK(client::plain_line("zone-status", {{"zone", "a."}, {"role", "slave"}, {"serial", nullptr}},
                           {.colour = true}) ==
        "[\x1b[31ma.\x1b[0m] role: \x1b[1mslave\x1b[0m | serial: \x1b[1m-\x1b[0m");
}

TEST_CASE("plain: records, counters and settings") {
  const struct {
    Json row;
    const char* line;
  } cases[] = {
      {{{"zone", "a."}, {"owner", "w.a."}, {"ttl", 300}, {"type", "TXT"}, {"rdata", "\"x\\\\y\""}},
       "[a.] w.a. 300 TXT \"x\\\\y\""},
      {{{"zone", "a."},
        {"sign", "-"},
        {"owner", "w.a."},
        {"ttl", 3},
        {"type", "A"},
        {"rdata", "192.0.2.1"}},
       "[a.] -w.a. 3 A 192.0.2.1"},
      {{{"counter", "server.zone-count"}, {"value", 3}}, "server.zone-count = 3"},
      {{{"zone", "a."}, {"counter", "zone.size"}, {"value", 0}}, "[a.] zone.size = 0"},
      {{{"section", "server"}}, "server"},
      {{{"section", "server"}, {"item", "identity"}}, "server.identity"},
      {{{"section", "zone"}, {"id", "a."}}, "zone[a.]"},
      {{{"section", "server"}, {"id", ""}, {"item", "listen"}, {"values", {"::1@5", "::2"}}},
       "server.listen = ::1@5 ::2"},
      {{{"section", "server"}, {"item", "version"}, {"values", {""}}}, "server.version = "},
      {{{"section", "zone"}, {"id", "a."}, {"item", "acl"}, {"values", Json::array()}},
       "zone[a.].acl = "},
      {{{"section", "zone"}, {"id", "a."}, {"item", "domain"}, {"values", {"a."}}},
       "zone.domain = a."},
      {{{"section", "log"}, {"id", "stderr"}, {"item", "target"}, {"values", {"stderr"}}},
       "log.target = stderr"},
      {{{"sign", "+"}, {"section", "zone"}, {"id", "a."}, {"item", "file"}, {"values", {"f"}}},
       "+zone[a.].file = f"},
  };
  for (const auto& each : cases) CHECK(client::plain_line("conf-read", each.row) == each.line);
  CHECK(client::plain_line("drop-list", {{"prefix", "::/0"}, {"origin", "by hand"}}).empty());
}

TEST_CASE("plain: no octet of a name or value reaches the terminal as a command") {
  const Json row = {{"section", "server"}, {"item", "identity"}, {"values", {"\x1b[2J\n"}}};
  CHECK(client::plain_line("conf-read", row) == "server.identity = \\027[2J\\010");
}

TEST_CASE("plain: status and its details") {
  const std::vector<Json> rows = {
      {{"item", "version"}, {"value", "1.0"}},
      {{"item", "udp-workers"}, {"value", 2}},
      {{"item", "tcp-workers"}, {"value", 10}},
      {{"item", "xdp-workers"}, {"value", 0}},
      {{"item", "background-workers"}, {"value", 2}},
      {{"item", "background-running"}, {"value", 1}},
      {{"item", "background-pending"}, {"value", 0}},
  };
  CHECK(client::plain_status({}, rows) == "Running");
  CHECK(client::plain_status(Words{"version"}, rows) == "Version: 1.0");
  CHECK(client::plain_status(Words{"workers"}, rows) ==
        "UDP workers: 2, TCP workers: 10, XDP workers: 0, background workers: 2 (running: 1, "
        "pending: 0)");
  CHECK(
      client::plain_status(Words{"configure"}, std::vector<Json>(rows.begin(), rows.begin() + 2)) ==
      "version: 1.0\nudp-workers: 2");
}

TEST_CASE("plain: what is done says so in knotc's words") {
  const struct {
    const char* command;
    Words arguments;
    const char* word;
  } cases[] = {
      {"reload", {}, "Reloaded"},
      {"stop", {}, "Stopped"},
      {"zone-reload", {"a."}, "OK"},
      {"conf-commit", {}, "OK"},
      {"conf-set", {"x", "y"}, "OK"},
      {"conf-check", {}, "Configuration is valid"},
      {"conf-export", {}, ""},
      {"conf-export", {"f"}, "OK"},
      {"conf-export", {"+schema"}, ""},
      {"zone-status", {}, ""},
      {"conf-read", {}, ""},
      {"stats", {}, ""},
  };
  for (const auto& each : cases) {
    CHECK(client::plain_success(each.command, each.arguments) == each.word);
  }
}

TEST_CASE("plain: errors in knotc's order") {
  const Json nobody = {{"zone", "nope.org"}, {"error", "no such zone found"}};
  const Json item = {{"error", "invalid item"}, {"data", "near x"}};
  const struct {
    const char* command;
    Words arguments;
    Json failure;
    const char* line;
  } cases[] = {
      {"zone-status", {"nope.org"}, nobody, "error: [nope.org] (no such zone found)"},
      {"zone-reload", {"a.", "nope.org"}, nobody, "error: [nope.org] (no such zone found)"},
      {"zone-reload", {}, {{"error", "failed"}}, "error: (failed)"},
      {"zone-read", {"nope.org"}, nobody, "error: (no such zone found) [nope.org] "},
      {"zone-read", {"nope.org", "@", "A"}, nobody, "error: (no such zone found) [nope.org] @ A"},
      {"zone-read",
       {"--", "@", "SOA"},
       {{"error", "operation failed for some zones"}},
       "error: (operation failed for some zones) @ SOA"},
      {"stats", {"foo"}, {{"error", "invalid parameter"}}, "error: (invalid parameter) foo"},
      {"conf-read", {"foo"}, item, "error: (invalid item) foo"},
      {"conf-set", {"server.foo", "a", "b"}, item, "error: (invalid item) server.foo = a b"},
      {"conf-set", {"zone[a.]"}, item, "error: (invalid item) zone[a.]"},
      {"conf-begin", {}, {{"error", "too many transactions"}}, "error: (too many transactions)"},
  };
  for (const auto& each : cases) {
    CHECK(client::plain_error(each.command, each.arguments, each.failure) == each.line);
  }
}
