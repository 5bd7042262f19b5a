// What the Printer makes of frames, in each style.
#include "control/client/printer.h"

#include <catch2/catch.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

using namespace bowline::control;
using api::Json;
using client::Look;
using client::Style;
using Words = std::vector<std::string>;

namespace {

// A stream whose text can be had.
class Memory {
 public:
  Memory() : stream_(::open_memstream(&text_, &size_)) { REQUIRE(stream_ != nullptr); }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  ~Memory() {
    std::fclose(stream_);
    std::free(text_);
  }
  std::FILE* stream() { return stream_; }
  std::string text() {
    std::fflush(stream_);
    return {text_, size_};
  }

 private:
  char* text_ = nullptr;
  std::size_t size_ = 0;
  std::FILE* stream_;
};

struct Printed {
  bool ok = false;
  std::string out, err, progress;
};

Printed print(const Words& words, const Look& look, const std::vector<Json>& frames) {
  Memory out, err, progress;
  Printed printed;
  {
    client::Printer printer(words, look, {out.stream(), err.stream(), progress.stream()});
    for (const Json& frame : frames) {
      if (frame.contains("end")) {
        printed.ok = printer.end(frame["end"]);
      } else {
        printer.take(frame);
      }
    }
  }
  printed.out = out.text();
  printed.err = err.text();
  printed.progress = progress.text();
  return printed;
}

Json row(const Json& columns) { return {{"row", columns}}; }
const Json kOk = {{"end", {{"ok", true}}}};
const Look kPlain{};
const Look kRich{.style = Style::kRich, .colour = false};
const Look kJson{.style = Style::kJson};

const Json kVersion = row({{"item", "version"}, {"value", "1.0"}});
const Json kPort = {{"table", "ports"},
                    {"row", {{"port", "eth0"}, {"kind", "xdp"}, {"mtu", 1500}}}};

}  // namespace

TEST_CASE("printer: status says Running; people and -e get the tables") {
  const std::vector<Json> frames = {kVersion, kPort, kOk};
  CHECK(print({"status"}, kPlain, frames).out == "Running\n");
  const std::string full = "Running\nversion  1.0\n\nport  kind   mtu\neth0  xdp   1500\n";
  CHECK(print({"status"}, kRich, frames).out == full);
  CHECK(print({"status"}, {.extended = true}, frames).out == full);
  CHECK(print({"status"}, kPlain, {kOk}).out == "Running\n");
  CHECK(print({"status", "version"}, kPlain, {kVersion, kOk}).out == "Version: 1.0\n");
  CHECK(print({"status", "version"}, kRich, {kVersion, kOk}).out == "Version: 1.0\n");
  CHECK(Json::parse(print({"status"}, kJson, frames).out) ==
        Json({{"version", "1.0"}, {"ports", {kPort["row"]}}}));
}

TEST_CASE("printer: deeds answer with a word, and details go beside") {
  const std::vector<Json> frames = {{{"text", "2 zones loaded"}}, kOk};
  const Printed plain = print({"reload"}, kPlain, frames);
  CHECK(plain.ok);
  CHECK(plain.out == "Reloaded\n");
  CHECK(plain.err == "2 zones loaded\n");
  CHECK(print({"reload"}, kRich, frames).out == "2 zones loaded\nReloaded\n");
  CHECK(Json::parse(print({"reload"}, kJson, frames).out) ==
        Json({{"ok", true}, {"messages", {"2 zones loaded"}}}));
  CHECK(print({"drop-add", "::1"}, kPlain, frames).out == "2 zones loaded\n");
  const Json item = {{"table", "items"}, {"row", {{"item", "server.nsid"}, {"effect", "now"}}}};
  CHECK(print({"reload"}, kPlain, {item, kOk}).out == "Reloaded\n");
  CHECK(print({"reload"}, kRich, {item, kOk}).out == "Reloaded\n");
  CHECK(Json::parse(print({"reload"}, kJson, {item, kOk}).out) ==
        Json({{"ok", true}, {"messages", Json::array()}, {"items", {item["row"]}}}));
}

TEST_CASE("printer: failures of parts are told, and the end is not ok") {
  const Json failure = {
      {"failure",
       {{"zone", "x."}, {"error", "no such zone found"}, {"data", "add it to the configuration"}}}};
  const std::vector<Json> frames = {failure, {{"end", {{"ok", false}}}}};
  const Printed plain = print({"zone-status", "x."}, kPlain, frames);
  CHECK_FALSE(plain.ok);
  CHECK(plain.out == "error: [x.] (no such zone found)\n");
  CHECK(plain.err == "bowlinec: x.: no such zone found: add it to the configuration\n");
  const Printed rich = print({"zone-status", "x."}, kRich, frames);
  CHECK(rich.out.empty());
  CHECK(rich.err == plain.err);
  const Json json = Json::parse(print({"zone-status", "x."}, kJson, frames).out);
  CHECK(json["ok"] == false);
  CHECK(json["error"] == "no such zone found");
  CHECK(json["failures"][0] == failure["failure"]);
}

TEST_CASE("printer: an error of several lines stays one for each problem") {
  const Json end = {{"end", {{"ok", false}, {"error", "semantic check"}, {"data", "a\nb"}}}};
  const Printed plain = print({"conf-commit"}, kPlain, {end});
  CHECK(plain.out == "error: (semantic check) \n");
  CHECK(plain.err == "bowlinec: semantic check: a\nbowlinec: b\n");
}

TEST_CASE("printer: what is not the server's word is no part of the plain answer") {
  Memory out, err;
  client::Printer printer({"status"}, kPlain, {out.stream(), err.stream(), nullptr});
  printer.abandon("no answer");
  CHECK(out.text().empty());
  CHECK(err.text() == "bowlinec: no answer\n");
}

TEST_CASE("printer: rows of zones are lines for scripts and a table for people") {
  const std::vector<Json> frames = {
      row({{"zone", "a."}, {"role", "master"}, {"serial", 7}, {"status", "served"}}),
      row({{"zone", "bb."}, {"role", "slave"}, {"serial", nullptr}, {"status", "failed"}}), kOk};
  CHECK(print({"zone-status"}, kPlain, frames).out ==
        "[a.] role: master | serial: 7\n[bb.] role: slave | serial: -\n");
  CHECK(
      print({"zone-status"}, kRich, frames).out ==
      "zone  role    serial  status\na.    master       7  served\nbb.   slave        -  failed\n");
  CHECK(Json::parse(print({"zone-status"}, kJson, frames).out).size() == 2);
}

TEST_CASE("printer: a difference has colours where colours are wanted") {
  const std::vector<Json> frames = {
      row({{"sign", "-"}, {"section", "server"}, {"item", "nsid"}, {"values", {"a"}}}),
      row({{"sign", "+"}, {"section", "server"}, {"item", "nsid"}, {"values", {"b"}}}), kOk};
  CHECK(print({"conf-diff"}, kPlain, frames).out == "-server.nsid = a\n+server.nsid = b\n");
  CHECK(print({"conf-diff"}, {.style = Style::kRich, .colour = true}, frames).out ==
        "\x1b[31m-server.nsid = a\x1b[0m\n\x1b[32m+server.nsid = b\x1b[0m\n");
}

TEST_CASE("printer: no rows are an empty JSON value of the same kind") {
  CHECK(Json::parse(print({"conf-diff"}, kJson, {kOk}).out) == Json::array());
  CHECK(Json::parse(print({"stats"}, kJson, {kOk}).out) == Json::object());
  CHECK(
      Json::parse(print({"conf-list"}, kJson, {row({{"section", "a"}, {"item", "b"}}), kOk}).out) ==
      Json::parse(R"([{"section": "a", "item": "b"}])"));
}

TEST_CASE("printer: progress is shown and taken away before anything else") {
  const Json half = {{"progress", {{"done", 5}, {"total", 10}, {"what", "zones"}}}};
  const Printed rich = print({"reload"}, kRich, {half, kOk});
  CHECK_THAT(rich.progress, Catch::Contains("50 % 5/10 zones"));
  CHECK_THAT(rich.progress, Catch::EndsWith("\r\x1b[K"));
  CHECK(rich.out == "Reloaded\n");
}

TEST_CASE("printer: frames of an unknown kind or form do no harm") {
  for (const Json& frame :
       {Json(7), Json(nullptr), Json::array(), Json({{"row", 5}}), Json({{"text", Json::array()}}),
        Json({{"table", 1}}), Json({{"progress", "x"}}), Json({{"failure", 5}}),
        Json({{"other", {}}})}) {
    CHECK(print({"reload"}, kPlain, {frame, kOk}).out == "Reloaded\n");
  }
}

TEST_CASE("progress: a bar as wide as the terminal, a count without a total") {
  const Json half = {{"done", 5}, {"total", 10}, {"what", "zones"}};
  CHECK(client::progress_text(half, 40) == "[##########...........]  50 % 5/10 zones");
  CHECK(client::progress_text(half, 20) == " 50 % 5/10 zones");
  CHECK(client::progress_text(half, 5) == " 50 %");
  CHECK(client::progress_text({{"done", 5}, {"total", 0}, {"what", "zones"}}, 40) == "5 zones");
  CHECK(client::progress_text({{"done", 50}, {"total", 10}}, 40).find("100 %") !=
        std::string::npos);
  CHECK(client::progress_text({{"done", "x"}, {"what", "\x1b"}}, 40) == "0 \\027");
}
