// Load and Outcome: what one run is to do, and what it counted. Values only.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "perf/pktgen/histogram.h"

namespace bowline::perf::pktgen {

struct Load {
  std::uint64_t rate = 0;        // questions a second; 0: as many as keep `window` under way
  std::uint64_t window = 0;
  std::uint64_t seconds = 0;     // of sending
  std::uint64_t timeout_ns = 0;  // then a question is lost
};

struct Outcome {
  std::uint64_t sent = 0;
  std::uint64_t answers = 0;     // in time, each question once
  std::uint64_t lost = 0;        // sent - answers
  std::uint64_t late = 0;        // answers to questions that had been given up, which stay lost
  std::uint64_t duplicates = 0;  // further answers to an answered question
  std::uint64_t strange = 0;     // DNS answers to no question of this run
  std::uint64_t other_frames = 0;  // neither answers nor questions for our MAC
  std::uint64_t checked = 0, wrong = 0;
  std::string first_wrong;       // what was wrong with the first wrong one
  std::array<std::uint64_t, 16> rcodes{};
  std::vector<std::uint64_t> per_second;  // answers in each whole second of sending
  Histogram latency;
  std::uint64_t answers_in_time = 0;  // those that came while questions were sent
  double seconds = 0;                 // of sending

  double answers_per_second() const { return ratio(answers_in_time, seconds); }
  double sent_per_second() const { return ratio(sent, seconds); }
  double loss() const { return ratio(lost, static_cast<double>(sent)); }

 private:
  static double ratio(std::uint64_t part, double whole) {
    return whole > 0 ? static_cast<double>(part) / whole : 0;
  }
};

}  // namespace bowline::perf::pktgen
