#include "perf/pktgen/capture.h"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>

#include "support.h"

using namespace bowline;
using namespace bowline::perf::pktgen;
using namespace bowline::perf::pktgen::test;

namespace {

using Octets = std::vector<std::uint8_t>;

Octets frame_of(const std::string& server, const std::string& source) {
  QuestionSet set;
  set.add(name("www.example."), dns::RrType::kAaaa);
  return question_frame(FrameWriter(ends(server, source)), set[0], true, {0x8000, 7, 0});
}

void append_u32(Octets& out, std::uint32_t value) {  // least octet first
  for (int i = 0; i < 4; ++i, value >>= 8) out.push_back(static_cast<std::uint8_t>(value));
}

// A classic capture (draft-ietf-opsawg-pcap): header of 24 octets, then 16 before each frame.
Octets capture_of(const std::vector<Octets>& frames, std::uint32_t link = 1) {
  Octets out;
  for (const std::uint32_t word : {0xa1b2c3d4U, 0x00040002U, 0U, 0U, 65'535U, link}) {
    append_u32(out, word);
  }
  for (const Octets& frame : frames) {
    const auto size = static_cast<std::uint32_t>(frame.size());
    for (const std::uint32_t word : {0U, 0U, size, size}) append_u32(out, word);
    out.insert(out.end(), frame.begin(), frame.end());
  }
  return out;
}

dns::Result<void> read(Octets octets, QuestionSet& out) {
  return read_capture_stream(fmemopen(octets.data(), octets.size(), "rb"), "file", out);
}

}  // namespace

TEST_CASE("questions of a capture, without its addresses") {
  const auto v4 = frame_of("192.0.2.53", "192.0.2.1"), v6 = frame_of("2001:db8::53", "2001:db8::1");
  auto tagged = v4;
  tagged.insert(tagged.begin() + 12, {0x88, 0xa8, 0, 5, 0x81, 0, 0, 6});
  auto padded = v4;
  padded.resize(padded.size() + 9);
  QuestionSet set;
  REQUIRE(read(capture_of({v4, v6, tagged, padded}), set));
  REQUIRE(set.size() == 4);
  const Octets message(v4.begin() + 42, v4.end());
  for (std::size_t i = 0; i < set.size(); ++i) {
    INFO(i);
    CHECK(set[i].whole);
    CHECK(std::equal(set[i].octets.begin(), set[i].octets.end(), message.begin() + 2,
                     message.end()));
  }
}

TEST_CASE("what is no question to port 53 is passed over") {
  const auto good = frame_of("192.0.2.53", "192.0.2.1");
  const auto changed = [&](std::size_t at, std::uint8_t value) {
    auto out = good;
    out[at] = value;
    return out;
  };
  const std::vector<Octets> frames = {
      {}, Octets(13), changed(13, 6), changed(14, 0x65), changed(14, 0x44), changed(17, 200),
      changed(20, 0x20), changed(21, 1), changed(23, 6), changed(37, 54), changed(39, 7),
      changed(39, 200), changed(44, 0x80), changed(47, 2), changed(42 + 12, 77),
      frame_of("192.0.2.53@5353", "192.0.2.1"), Octets(good.begin(), good.end() - 1)};
  for (std::size_t i = 0; i < frames.size(); ++i) {
    INFO(i);
    CHECK(question_in(frames[i]).empty());
  }
  QuestionSet set;
  const auto none = read(capture_of(frames), set);
  REQUIRE_FALSE(none);
  CHECK(none.error() == "file: no DNS question to UDP port 53 in it");
}

TEST_CASE("files that are no capture, cut, or not from Ethernet") {
  struct Row {
    Octets octets;
    const char* cause;
  };
  Octets cut = capture_of({frame_of("192.0.2.53", "192.0.2.1")});
  cut.resize(cut.size() - 3);
  for (const Row& row : {Row{Octets(100, 'x'), "no capture"}, {Octets(3, 0xa1), "no capture"},
                         {cut, "truncated"},
                         {capture_of({frame_of("192.0.2.53", "192.0.2.1")}, 101), "Ethernet"}}) {
    QuestionSet set;
    const auto result = read(row.octets, set);
    REQUIRE_FALSE(result);
    INFO(result.error());
    CHECK(result.error().starts_with("file: "));
    CHECK(result.error().find(row.cause) != std::string::npos);
  }
  QuestionSet set;
  CHECK(read_capture("/nowhere/pcap", set).error() ==
        "cannot read /nowhere/pcap: No such file or directory");
}

TEST_CASE("a real capture") {
  const char* const shared = std::getenv("BOWLINE_SHARED");
  const std::string path = std::string(shared == nullptr ? "" : shared) + "/data/packets/dns.pcap";
  if (!std::filesystem::exists(path)) {
    std::puts("SKIP: a real capture: no data in $BOWLINE_SHARED");
    return;
  }
  QuestionSet set;
  REQUIRE(read_capture(path, set));
  CHECK(set.size() > 0);
}
