// Frames of the control protocol.
#include "control/api/protocol.h"

#include <catch2/catch.hpp>

using namespace bowline::control::api;

TEST_CASE("frames come out as they went in, however they are cut") {
  std::string wire;
  const Json first = {{"verb", "zone-status"}, {"args", {"example.test.", "\xff\x01"}}};
  append_frame(wire, first);
  append_frame(wire, {{"end", {{"ok", true}}}});
  std::string buffer;
  std::vector<Json> taken;
  for (const char octet : wire) {
    buffer.push_back(octet);
    Json content;
    const Frame frame = take_frame(buffer, 1000, content);
    CHECK((frame == Frame::kComplete || frame == Frame::kPartial));
    if (frame == Frame::kComplete) taken.push_back(content);
  }
  CHECK(buffer.empty());
  REQUIRE(taken.size() == 2);
  CHECK(taken[0]["args"][0] == "example.test.");
  CHECK(taken[0]["args"][1] == "\xef\xbf\xbd\x01");  // no octet breaks the JSON
  CHECK(taken[1]["end"]["ok"] == true);
}

TEST_CASE("frames that are too large or no JSON are refused") {
  struct Case {
    std::string wire;
    Frame expected;
  };
  const Case cases[] = {
      {{"\0\0", 2}, Frame::kPartial},
      {{"\0\0\0\x0a", 4}, Frame::kPartial},
      {{"\0\0\0\x0b", 4}, Frame::kTooLarge},
      {{"\xff\xff\xff\xff", 4}, Frame::kTooLarge},
      {{"\0\0\0\x02{]", 6}, Frame::kMalformed},
      {{"\0\0\0\0", 4}, Frame::kMalformed},
      {{"\0\0\0\x02{}", 6}, Frame::kComplete},
  };
  for (const Case& each : cases) {
    std::string buffer = each.wire;
    Json content;
    CHECK(take_frame(buffer, 10, content) == each.expected);
  }
}

TEST_CASE("deep nesting does not exhaust the stack") {
  std::string text(60'000, '[');
  std::string wire = {0, 0, static_cast<char>(text.size() >> 8), static_cast<char>(text.size())};
  wire += text;
  Json content;
  CHECK(take_frame(wire, kMaxRequest, content) == Frame::kMalformed);
}
