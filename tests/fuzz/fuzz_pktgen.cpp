// Fuzzer of what bowline-pktgen reads: query files, captures, single frames of captures, frames
// that come back. The first octet chooses.
// Needs pktgen_dep.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "dns/message.h"
#include "perf/pktgen/capture.h"
#include "perf/pktgen/check.h"
#include "perf/pktgen/frames.h"
#include "perf/pktgen/neighbours.h"
#include "perf/pktgen/query_file.h"
#include "perf/pktgen/zone_source.h"

namespace {

using namespace bowline;
using namespace bowline::perf::pktgen;

#define CHECK(condition) \
  do {                   \
    if (!(condition)) std::abort(); \
  } while (false)

constexpr std::uint64_t kMaxWritten = 64;  // questions of an input that are written as frames

const ZoneSource& zone() {
  static const ZoneSource made = *read_zone_source_text(
      "@ 60 SOA ns h 1 2 3 4 5\nwww 60 A 192.0.2.1\nmx 60 MX 1 www\ncut 60 NS ns.cut\n", "zone",
      *dns::Name::from_text("example."));
  return made;
}

Ends make_ends(bool v6) {
  return {{2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 2},
          *parse_sources(v6 ? "2001:db8:1::/64" : "192.0.2.128/25"),
          *parse_endpoint(v6 ? "2001:db8::53" : "192.0.2.53")};
}

// Each question becomes a frame with right checksums that a capture would take again.
void check_questions(const QuestionSet& set) {
  for (const bool v6 : {false, true}) {
    const Ends ends = make_ends(v6);
    const FrameWriter writer(ends);
    for (std::size_t i = 0; i < std::min<std::size_t>(set.size(), kMaxWritten); ++i) {
      std::vector<std::uint8_t> frame(kMaxFrame);
      const Flow flow = flow_of(i, ends.sources.count);
      frame.resize(writer.write(set[i], !set[i].whole && i % 2 == 1, flow, frame.data()));
      CHECK(checksums_hold(ends, frame));
      CHECK(!question_in(frame).empty());
    }
  }
}

void check_result(const dns::Result<void>& result, const QuestionSet& set) {
  CHECK(result ? set.size() != 0 : result.error().starts_with("file:"));
  CHECK(result || result.error().find('\n') == std::string::npos);
  check_questions(set);
}

void check_query_text(dns::Bytes input) {
  QuestionSet set;
  const std::string_view text(reinterpret_cast<const char*>(input.data()), input.size());
  check_result(read_query_text(text, "file", set), set);
}

void check_capture(dns::Bytes input) {
  if (input.empty()) return;
  QuestionSet set;
  std::vector<std::uint8_t> copy(input.begin(), input.end());
  std::FILE* const stream = fmemopen(copy.data(), copy.size(), "rb");
  CHECK(stream != nullptr);
  check_result(read_capture_stream(stream, "file", set), set);
}

void check_frame(dns::Bytes input) {
  const dns::Bytes message = question_in(input);
  CHECK(message.empty() || (message.size() >= 12 && message.size() <= kMaxMessage));
}

void check_answer(dns::Bytes input) {
  for (const bool v6 : {false, true}) {
    const Ends ends = make_ends(v6);
    std::uint8_t out[kMaxNeighbourFrame];
    const Neighbours neighbours(ends);
    CHECK(neighbours.reply(input, out) <= kMaxNeighbourFrame);
    neighbours.heard(input);
    const auto arrival = read_arrival(ends, input);
    if (!arrival) continue;
    addresses_match(ends, flow_of(1, ends.sources.count), input);
    checksums_hold(ends, input);
    const Checker checker(ends, zone().questions, &zone());
    for (std::uint32_t number = 0; number < 5; ++number) {
      checker.check(input, *arrival, number, flow_of(1, ends.sources.count));
      checker.check_message(*arrival, number);  // as if all before that had passed
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const dns::Bytes input(data + 1, size - 1);
  switch (data[0] % 4) {
    case 0: check_query_text(input); break;
    case 1: check_capture(input); break;
    case 2: check_frame(input); break;
    default: check_answer(input); break;
  }
  return 0;
}
