#include "perf/pktgen/report.h"

#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

using namespace bowline::perf::pktgen;

namespace {

Findings findings() {
  Findings out;
  Outcome& outcome = out.outcome;
  outcome.sent = 2'000'000;
  outcome.answers = 1'999'000;
  outcome.answers_in_time = 1'998'000;
  outcome.lost = 1'000;
  outcome.late = 7;
  outcome.checked = 8'000;
  outcome.rcodes[0] = 1'899'000;
  outcome.rcodes[3] = 100'000;
  outcome.per_second = {999'000, 999'000};
  outcome.seconds = 2;
  for (std::uint64_t i = 1; i <= 1000; ++i) outcome.latency.add(i * 1000);
  out.questions = 12;
  return out;
}

Options options() {
  Options out;
  out.device = "net_memif0";
  out.load = {0, 512, 2, 20'000'000};
  return out;
}

}  // namespace

TEST_CASE("numbers and times for people") {
  CHECK(with_commas(0) == "0");
  CHECK(with_commas(999) == "999");
  CHECK(with_commas(1000) == "1,000");
  CHECK(with_commas(1'234'567'890) == "1,234,567,890");
  CHECK(time_text(450) == "0.5 us");
  CHECK(time_text(12'345) == "12.3 us");
  CHECK(time_text(12'345'678) == "12.35 ms");
  CHECK(time_text(1'500'000'000) == "1.50 s");
}

TEST_CASE("JSON has what the manual page and perf/run name") {
  const nlohmann::json json = report_json(options(), findings());
  CHECK(json["answers_per_second"] == 999'000.0);
  CHECK(json["loss"] == 0.0005);
  CHECK(json["rcodes"] == nlohmann::json{{"NOERROR", 1'899'000}, {"NXDOMAIN", 100'000}});
  CHECK(json["latency_us"]["max"] == 1000.0);
  CHECK(json["latency_us"]["p50"].get<double>() == Approx(500).epsilon(0.001));
  CHECK(json["latency_us"]["p99_9"].get<double>() == Approx(999).epsilon(0.001));
  CHECK(json["mode"] == "window");
  CHECK(json["window"] == 512);
  for (const char* key : {"sent", "answers", "lost", "late", "duplicates", "strange", "checked",
                          "wrong", "per_second", "device", "questions", "seconds"}) {
    INFO(key);
    CHECK(json.contains(key));
  }
  CHECK_FALSE(json.contains("trials"));
}

TEST_CASE("trials of --find-rate") {
  Options asked = options();
  asked.find_rate = true;
  Findings found = findings();
  found.trials = {{0, found.outcome}, {700'000, found.outcome}};
  found.found_rate = 700'000;
  const nlohmann::json json = report_json(asked, found);
  CHECK(json["mode"] == "find-rate");
  CHECK(json["found_rate"] == 700'000);
  CHECK(json["trials"].size() == 2);
  CHECK(json["trials"][1]["rate"] == 700'000);
  CHECK(json["trials"][1]["loss"] == 0.0005);
  CHECK(json["trials"][1]["latency_us"].contains("p99_99"));
}

TEST_CASE("the text: values one below the other, colours on request only") {
  const std::string text = report_text(options(), findings(), false);
  CHECK(text.find('\033') == std::string::npos);
  CHECK(text.find("answers a second           999,000  over 2.0 s\n") != std::string::npos);
  CHECK(text.find("lost                         1,000  0.05 %\n") != std::string::npos);
  CHECK(text.find("late                             7\n") != std::string::npos);
  CHECK(text.find("duplicates") == std::string::npos);
  CHECK(report_text(options(), findings(), true).find("\033[31m") != std::string::npos);
}
