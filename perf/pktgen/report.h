// What people and programs are told of a run: lines of text, one JSON object.
//
// Pure functions, but for print_progress().
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "perf/pktgen/options.h"
#include "perf/pktgen/outcome.h"

namespace bowline::perf::pktgen {

struct Trial {
  std::uint64_t rate = 0;  // 0: with a window
  Outcome outcome;
};

struct Findings {
  Outcome outcome;            // the run, or the trial at found_rate
  std::size_t questions = 0;  // different ones
  std::vector<Trial> trials;  // of --find-rate
  std::uint64_t found_rate = 0;
  bool limited_by_sender = false;
};

// 1234567 as "1,234,567"; nanoseconds with a unit that fits.
std::string with_commas(std::uint64_t number);
std::string time_text(std::uint64_t nanoseconds);

// Lines for a person, with colours if `coloured`.
std::string report_text(const Options& options, const Findings& findings, bool coloured);
nlohmann::json report_json(const Options& options, const Findings& findings);

// One line on stderr: what came in the last second.
void print_progress(const Outcome& outcome);

}  // namespace bowline::perf::pktgen
