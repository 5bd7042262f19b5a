#include "perf/pktgen/report.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace bowline::perf::pktgen {
namespace {

constexpr std::array<const char*, 16> kRcodes = {
    "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP",  "REFUSED", "YXDOMAIN", "YXRRSET",
    "NXRRSET", "NOTAUTH", "NOTZONE",  "DSOTYPENI", "RCODE12", "RCODE13", "RCODE14",  "RCODE15"};
constexpr const char *kBold = "\033[1m", *kGreen = "\033[32m", *kRed = "\033[31m",
                     *kPlain = "\033[0m";

struct Percentile {
  const char* text;
  const char* key;
  double share;
};
constexpr std::array<Percentile, 5> kPercentiles = {{{"p50", "p50", 0.5}, {"p90", "p90", 0.9},
    {"p99", "p99", 0.99}, {"p99.9", "p99_9", 0.999}, {"p99.99", "p99_99", 0.9999}}};

std::string fixed(double value, int decimals) {
  std::array<char, 64> out;
  std::snprintf(out.data(), out.size(), "%.*f", decimals, value);
  return out.data();
}

// A share in percent, with four digits.
std::string percent(double share) {
  std::array<char, 64> out;
  std::snprintf(out.data(), out.size(), "%.4g %%", 100 * share);
  return out.data();
}

std::string percent(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? "" : percent(static_cast<double>(part) / static_cast<double>(whole));
}

// Lines "  name    value  remark" with values one below the other.
class Lines {
 public:
  explicit Lines(bool coloured) : coloured_(coloured) {}

  void add(const std::string& name, const std::string& value, const std::string& remark = "",
           const char* colour = kPlain) {
    std::string line = name;
    line.resize(std::max<std::size_t>(line.size(), 20), ' ');
    line += std::string(value.size() < 14 ? 14 - value.size() : 0, ' ');
    line += coloured_ && colour != kPlain ? colour + value + kPlain : value;
    text += line + (remark.empty() ? "" : "  " + remark) + "\n";
  }

  std::string text;

 private:
  const bool coloured_;
};

void add_counts(Lines& lines, const Outcome& outcome) {
  lines.add("sent", with_commas(outcome.sent),
            with_commas(static_cast<std::uint64_t>(outcome.sent_per_second())) + "/s");
  lines.add("answers", with_commas(outcome.answers));
  lines.add("lost", with_commas(outcome.lost), percent(outcome.lost, outcome.sent),
            outcome.lost == 0 ? kGreen : kRed);
  for (const auto& [name, count] : {std::pair{"late", outcome.late},
                                    {"duplicates", outcome.duplicates},
                                    {"strange", outcome.strange},
                                    {"other frames", outcome.other_frames}}) {
    if (count != 0) lines.add(name, with_commas(count));
  }
  lines.add("checked", with_commas(outcome.checked));
  lines.add("wrong", with_commas(outcome.wrong),
            outcome.wrong == 0 ? "" : "the first: " + outcome.first_wrong,
            outcome.wrong == 0 ? kGreen : kRed);
}

void add_trials(Lines& lines, const Findings& findings) {
  for (const Trial& trial : findings.trials) {
    lines.add(trial.rate == 0 ? "trial with a window" : "trial at " + with_commas(trial.rate),
              with_commas(static_cast<std::uint64_t>(trial.outcome.answers_per_second())),
              "answers/s, lost " + percent(trial.outcome.loss()) + ", p99 " +
                  time_text(trial.outcome.latency.percentile(0.99)));
  }
  lines.add("highest rate", with_commas(findings.found_rate),
            findings.limited_by_sender ? "questions/s: more could not be sent" : "questions/s",
            kBold);
}

nlohmann::json latency_json(const Histogram& latency) {
  nlohmann::json out = {{"mean", latency.mean() / 1e3},
                        {"max", static_cast<double>(latency.max()) / 1e3}};
  for (const Percentile& each : kPercentiles) {
    out[each.key] = static_cast<double>(latency.percentile(each.share)) / 1e3;
  }
  return out;
}

std::string mode_of(const Options& options) {
  return options.find_rate ? "find-rate" : options.load.rate != 0 ? "rate" : "window";
}

}  // namespace

std::string with_commas(std::uint64_t number) {
  std::string out = std::to_string(number);
  for (std::size_t at = out.size(); at > 3;) out.insert(at -= 3, ",");
  return out;
}

std::string time_text(std::uint64_t nanoseconds) {
  const auto value = static_cast<double>(nanoseconds);
  if (value < 1e6) return fixed(value / 1e3, 1) + " us";
  if (value < 1e9) return fixed(value / 1e6, 2) + " ms";
  return fixed(value / 1e9, 2) + " s";
}

std::string report_text(const Options& options, const Findings& findings, bool coloured) {
  const Outcome& outcome = findings.outcome;
  Lines lines(coloured);
  lines.add("device", options.device);
  lines.add("questions", with_commas(findings.questions), options.mix_name());
  if (options.find_rate) add_trials(lines, findings);
  lines.add("answers a second",
            with_commas(static_cast<std::uint64_t>(outcome.answers_per_second())),
            "over " + fixed(outcome.seconds, 1) + " s", kBold);
  add_counts(lines, outcome);
  for (std::size_t i = 0; i < kRcodes.size(); ++i) {
    if (outcome.rcodes[i] == 0) continue;
    lines.add(kRcodes[i], with_commas(outcome.rcodes[i]),
              percent(outcome.rcodes[i], outcome.answers));
  }
  if (outcome.answers == 0) return lines.text;
  for (const Percentile& each : kPercentiles) {
    lines.add(std::string("latency ") + each.text,
              time_text(outcome.latency.percentile(each.share)));
  }
  lines.add("latency max", time_text(outcome.latency.max()));
  return lines.text;
}

nlohmann::json report_json(const Options& options, const Findings& findings) {
  const Outcome& outcome = findings.outcome;
  nlohmann::json rcodes = nlohmann::json::object();
  for (std::size_t i = 0; i < kRcodes.size(); ++i) {
    if (outcome.rcodes[i] != 0) rcodes[kRcodes[i]] = outcome.rcodes[i];
  }
  nlohmann::json out = {
      {"answers_per_second", outcome.answers_per_second()}, {"sent", outcome.sent},
      {"answers", outcome.answers}, {"lost", outcome.lost}, {"loss", outcome.loss()},
      {"late", outcome.late}, {"duplicates", outcome.duplicates}, {"strange", outcome.strange},
      {"other_frames", outcome.other_frames}, {"checked", outcome.checked},
      {"wrong", outcome.wrong}, {"rcodes", rcodes},
      {"latency_us", latency_json(outcome.latency)}, {"per_second", outcome.per_second},
      {"device", options.device}, {"queues", options.queues}, {"mode", mode_of(options)},
      {"mix", options.mix_name()}, {"questions", findings.questions},
      {"seconds", outcome.seconds}};
  if (!outcome.first_wrong.empty()) out["first_wrong"] = outcome.first_wrong;
  if (options.load.rate != 0) out["rate"] = options.load.rate;
  if (mode_of(options) == "window") out["window"] = options.load.window;
  if (!options.find_rate) return out;
  out["found_rate"] = findings.found_rate;
  out["limited_by_sender"] = findings.limited_by_sender;
  nlohmann::json& trials = out["trials"] = nlohmann::json::array();
  for (const Trial& trial : findings.trials) {
    trials.push_back({{"rate", trial.rate},
                      {"answers_per_second", trial.outcome.answers_per_second()},
                      {"loss", trial.outcome.loss()},
                      {"latency_us", latency_json(trial.outcome.latency)}});
  }
  return out;
}

void print_progress(const Outcome& outcome) {
  std::fprintf(stderr, "%4zu s  %13s answers/s  lost %s  p50 %s  p99 %s\n",
               outcome.per_second.size(), with_commas(outcome.per_second.back()).c_str(),
               with_commas(outcome.lost).c_str(),
               time_text(outcome.latency.percentile(0.5)).c_str(),
               time_text(outcome.latency.percentile(0.99)).c_str());
}

}  // namespace bowline::perf::pktgen
