#include "control/client/watch.h"

#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <ctime>

#include "control/client/interrupt.h"
#include "control/client/progress.h"
#include "control/client/table.h"

namespace bowline::control::client {

namespace {

constexpr int kPeriod_ms = 1000;
constexpr std::string_view kRcode = "rcode-";
constexpr std::string_view kDrop = "drop-";
constexpr std::size_t kRcodesInLine = 4;

// Items of status that say how the server is, in the order of the screen.
constexpr std::string_view kShown[] = {
    "version",          "uptime",        "state",       "zones-served",
    "zones-configured", "udp-workers",   "tcp-workers",
    "xdp-workers",      "dpdk-workers",  "dataplane",   "dataplane-restarts",
    "control-restarts", "tables-memory", "tables-used", "control-clients"};

double now_s() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

// The name behind the module: "dataplane.rcode-noerror" is "rcode-noerror".
std::string_view short_name(std::string_view counter) {
  const std::size_t dot = counter.rfind('.');
  return dot == std::string_view::npos ? counter : counter.substr(dot + 1);
}

std::string text_of(const api::Json& row, const char* key) {
  const auto found = row.find(key);
  return found == row.end() ? std::string() : cell_text(*found);
}

std::string item_of(const Sample& sample, const std::string& item) {
  const auto found = sample.status.find(item);
  return found == sample.status.end() ? std::string() : found->second;
}

Remote::Failure look(const Remote& remote, Sample& sample) {
  const auto take = [&](const api::Json& frame) {
    const auto row = frame.find("row");
    if (row == frame.end() || !row->is_object() || frame.contains("table")) return true;
    if (const auto value = row->find("value"); value != row->end() && row->contains("counter")) {
      if (value->is_number_unsigned()) {
        sample.counters[text_of(*row, "counter")] = value->get<std::uint64_t>();
      }
    } else if (row->contains("item")) {
      sample.status[text_of(*row, "item")] = text_of(*row, "value");
    }
    return true;
  };
  for (const char* verb : {"status", "stats"}) {
    const auto failure = remote.ask({.words = {verb}, .force = true}, take);
    if (failure.code != kDone) return failure;
  }
  sample.time_s = now_s();
  return {};
}

// The terminal without echo, line editing and signals of keys but Ctrl-C, on its second screen.
class Screen {
 public:
  Screen() {
    if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios keys = before_;
    keys.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    keys.c_cc[VSUSP] = _POSIX_VDISABLE;
    changed_ = ::tcsetattr(STDIN_FILENO, TCSANOW, &keys) == 0;
    put("\x1b[?1049h\x1b[?25l");
  }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;
  ~Screen() {
    put("\x1b[?25h\x1b[?1049l");
    if (changed_) (void)::tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
  }

  void show(const std::vector<std::string>& lines) {
    std::string text = "\x1b[H";
    for (const std::string& line : lines) text += line + "\x1b[K\r\n";
    put(text + "\x1b[J");
  }

 private:
  static void put(const std::string& text) {
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
  }

  termios before_{};
  bool changed_ = false;
};

// Waits for the rest of the period; true: a key or a signal ends the watching.
bool wait_for_end(double begin_s, bool reads_keys) {
  for (;;) {
    if (Interrupt::is_set()) return true;
    const int left_ms = kPeriod_ms - static_cast<int>((now_s() - begin_s) * 1000);
    if (left_ms <= 0) return false;
    pollfd keys{STDIN_FILENO, POLLIN, 0};
    const int ready = Interrupt::poll(&keys, reads_keys ? 1 : 0, left_ms);
    if (ready <= 0) continue;
    char key = 0;
    if (::read(STDIN_FILENO, &key, 1) <= 0 || key == 'q' || key == 'Q') return true;
  }
}

std::string rate(double value) {
  return value < 10'000 ? fmt::format("{:.0f}", value) : fmt::format("{:.1f}k", value / 1000);
}

Remote::Failure run(const Remote& remote, std::optional<unsigned> count, bool colour,
                    Screen* screen) {
  Sample before;
  if (auto failure = look(remote, before); failure.code != kDone) return failure;
  for (unsigned done = 0; !count || done < *count; ++done) {
    if (wait_for_end(before.time_s, screen != nullptr)) return {};
    Sample sample;
    if (auto failure = look(remote, sample); failure.code != kDone) {
      return Interrupt::is_set() ? Remote::Failure{} : failure;
    }
    const Activity activity = activity_of(before, sample);
    if (screen != nullptr) {
      screen->show(activity_screen(sample, activity, terminal_width(STDOUT_FILENO), colour));
    } else {
      std::printf("%s\n", activity_line(sample, activity).c_str());
      std::fflush(stdout);
    }
    before = std::move(sample);
  }
  return {};
}

}  // namespace

Activity activity_of(const Sample& earlier, const Sample& later) {
  const double seconds = later.time_s - earlier.time_s;
  Activity activity;
  for (const auto& [counter, value] : later.counters) {
    const auto found = earlier.counters.find(counter);
    const std::uint64_t before = found == earlier.counters.end() ? 0 : found->second;
    const double change = value > before ? static_cast<double>(value - before) / seconds : 0;
    const std::string_view name = short_name(counter);
    if (name.starts_with(kRcode)) {
      activity.queries += change;
      activity.rcodes.emplace_back(name.substr(kRcode.size()), change);
    } else if (name.starts_with(kDrop)) {
      activity.queries += change;
      activity.dropped += change;
    }
  }
  std::ranges::stable_sort(activity.rcodes, std::ranges::greater(),
                           [](const auto& rcode) { return rcode.second; });
  return activity;
}

std::string activity_line(const Sample& sample, const Activity& activity) {
  std::string line =
      fmt::format("queries/s={:.0f} dropped/s={:.0f}", activity.queries, activity.dropped);
  for (std::size_t i = 0; i < std::min(kRcodesInLine, activity.rcodes.size()); ++i) {
    line += fmt::format(" {}/s={:.0f}", activity.rcodes[i].first, activity.rcodes[i].second);
  }
  line += fmt::format(" workers={} zones={} memory={}", item_of(sample, "udp-workers"),
                      item_of(sample, "zones-served"), item_of(sample, "tables-memory"));
  return line;
}

std::vector<std::string> activity_screen(const Sample& sample, const Activity& activity,
                                         std::size_t width, bool colour) {
  std::vector<std::string> lines;
  const auto add = [&](std::string line, const char* paint = nullptr) {
    line.resize(std::min(line.size(), width - 1));
    lines.push_back(colour && paint != nullptr ? paint + line + "\x1b[0m" : line);
  };
  add(fmt::format("Bowline: {} queries a second, {} dropped", rate(activity.queries),
                  rate(activity.dropped)),
      "\x1b[1m");
  add("");
  for (const auto& [rcode, value] : activity.rcodes) {
    if (value > 0) add(fmt::format("  {:<12} {:>10} /s", rcode, rate(value)), "\x1b[32m");
  }
  add("");
  for (const std::string_view item : kShown) {
    const std::string value = item_of(sample, std::string(item));
    if (!value.empty()) add(fmt::format("  {:<20} {}", item, value));
  }
  add("");
  add("q ends", "\x1b[2m");
  return lines;
}

int watch(const Remote& remote, std::optional<unsigned> count, bool colour) {
  const Interrupt interrupt;
  Interrupt::clear();
  Remote::Failure failure;
  if (::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1) {
    Screen screen;
    failure = run(remote, count, colour, &screen);
  } else {
    failure = run(remote, count, colour, nullptr);
  }
  if (failure.code != kDone) {
    std::fprintf(stderr, "bowlinec: %s\n", failure.error.c_str());
  }
  return failure.code;
}

}  // namespace bowline::control::client
