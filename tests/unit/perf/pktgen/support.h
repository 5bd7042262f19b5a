// What the tests of pktgen share: both ends, names, answers made of questions.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "dns/name.h"
#include "perf/pktgen/frames.h"
#include "perf/pktgen/sums.h"

namespace bowline::perf::pktgen::test {

inline Ends ends(const std::string& server, const std::string& sources) {
  return {{2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 0x53}, *parse_sources(sources),
          *parse_endpoint(server)};
}

inline dns::Name name(const std::string& text) { return *dns::Name::from_text(text); }

inline std::vector<std::uint8_t> question_frame(const FrameWriter& writer, const Question& question,
                                                bool dnssec_ok, const Flow& flow) {
  std::vector<std::uint8_t> out(kMaxFrame, 0xee);
  out.resize(writer.write(question, dnssec_ok, flow, out.data()));
  return out;
}

// The frame with `message` in place of its own, sent back the way it came, checksums set.
inline std::vector<std::uint8_t> answer_frame(std::vector<std::uint8_t> frame,
                                              const std::vector<std::uint8_t>& message) {
  const bool v6 = frame[14] >> 4 == 6;
  const std::size_t udp = v6 ? 54 : 34, address = v6 ? 16 : 4;
  frame.resize(udp + 8);
  frame.insert(frame.end(), message.begin(), message.end());
  std::swap_ranges(frame.begin(), frame.begin() + 6, frame.begin() + 6);
  const auto from = frame.begin() + static_cast<std::ptrdiff_t>(udp - 2 * address);
  std::swap_ranges(from, from + static_cast<std::ptrdiff_t>(address),
                   from + static_cast<std::ptrdiff_t>(address));
  std::swap_ranges(&frame[udp], &frame[udp + 2], &frame[udp + 2]);
  const auto size = static_cast<std::uint16_t>(8 + message.size());
  dns::store_u16(&frame[udp + 4], size);
  dns::store_u16(&frame[v6 ? 18 : 16], static_cast<std::uint16_t>(v6 ? size : size + 20));
  if (!v6) {
    dns::store_u16(&frame[24], 0);
    dns::store_u16(&frame[24], static_cast<std::uint16_t>(~fold(add_words({&frame[14], 20}))));
  }
  dns::store_u16(&frame[udp + 6], 0);
  const dns::Bytes all(frame);
  const std::uint64_t sum =
      add_words(all.subspan(udp - 2 * address), std::uint64_t{17} + size);
  dns::store_u16(&frame[udp + 6], static_cast<std::uint16_t>(~fold(sum)));
  return frame;
}

}  // namespace bowline::perf::pktgen::test
