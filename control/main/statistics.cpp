#include "control/main/statistics.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <pthread.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>

#include "control/log/log.h"
#include "link/outcome.h"

namespace bowline::control {

namespace {

constexpr mode_t kFileMode = 0640;  // names zones: not for everybody

std::string time_text() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::localtime_r(&now, &parts);
  std::array<char, 64> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S%z", &parts)};
}

// "module.counter" or "module.counter[word]" in its parts.
struct CounterPath {
  explicit CounterPath(std::string_view name) {
    const std::size_t dot = name.find('.');
    module = name.substr(0, dot);
    counter = dot == std::string_view::npos ? std::string_view() : name.substr(dot + 1);
    const std::size_t bracket = counter.find('[');
    if (bracket == std::string_view::npos || counter.back() != ']') return;
    word = counter.substr(bracket + 1, counter.size() - bracket - 2);
    counter = counter.substr(0, bracket);
  }

  std::string_view module;
  std::string_view counter;
  std::string_view word;
};

// Adds what is not zero, by module; modules and words come with a heading where they begin.
void add_counters(const std::vector<CounterValue>& counters, const std::string& indent,
                  std::string& text) {
  std::string_view module;
  std::string_view counter;
  for (const CounterValue& each : counters) {
    if (each.value == 0) continue;
    const CounterPath path(each.name);
    if (path.module != module) {
      text += fmt::format("{}{}:\n", indent, path.module);
      counter = {};
    }
    module = path.module;
    if (path.word.empty()) {
      text += fmt::format("{} {}: {}\n", indent, path.counter, each.value);
      counter = {};
      continue;
    }
    if (path.counter != counter) text += fmt::format("{} {}:\n", indent, path.counter);
    counter = path.counter;
    text += fmt::format("{}  {}: {}\n", indent, path.word, each.value);
  }
}

// In double quotes, as YAML has them: names may have backslashes.
std::string in_quotes(std::string_view text) {
  std::string result = "\"";
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') result += '\\';
    result += letter;
  }
  return result + '"';
}

dns::Error fault(const std::string& path) {
  return {fmt::format("stats, failed to write file '{}' ({}), check statistics.file and who may "
                      "write there",
                      path, std::strerror(errno))};
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

std::string statistics_text(const Statistics::Snapshot& snapshot,
                            const Statistics::ReadZone& read_zone, std::string_view time) {
  std::string text = fmt::format("---\ntime: {}\nidentity: {}\n", time,
                                 in_quotes(snapshot.identity));
  add_counters(snapshot.server, "", text);
  bool has_zones = false;
  const config::ZoneList zones = snapshot.config->zones();
  for (std::size_t i = 0; i < zones.size(); ++i) {
    std::string counters;
    add_counters(read_zone(*snapshot.config, i), "  ", counters);
    if (counters.empty()) continue;
    if (!has_zones) text += "zone:\n";
    has_zones = true;
    text += fmt::format(" {}:\n", in_quotes(zones.name(i).to_text())) + counters;
  }
  return text;
}

dns::Result<void> write_statistics(const config::Statistics& settings, std::string_view text) {
  const std::string path = settings.append ? settings.file : settings.file + ".new";
  const int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (settings.append ? O_APPEND : O_TRUNC);
  const link::Fd file(::open(path.c_str(), flags, kFileMode));
  if (!file || !write_all(file.get(), text)) {
    const dns::Error error = fault(path);
    if (!settings.append) (void)::unlink(path.c_str());
    return error;
  }
  if (!settings.append && ::rename(path.c_str(), settings.file.c_str()) != 0) {
    return fault(settings.file);
  }
  return {};
}

Statistics::Statistics(ReadZone read_zone)
    : read_zone_(std::move(read_zone)), thread_([this] { run(); }) {
  (void)::pthread_setname_np(thread_.native_handle(), "statistics");
}

Statistics::~Statistics() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Statistics::tick(const std::shared_ptr<const config::Config>& config, std::uint64_t now_ms,
                      const std::function<Snapshot(const config::Statistics&)>& take) {
  if (config == nullptr) return;
  if (config != config_) {
    const unsigned former_s = settings_.timer_s;
    config_ = config;
    settings_ = config->statistics();
    if (settings_.timer_s != former_s) due_ms_ = now_ms + std::uint64_t{settings_.timer_s} * 1000;
  }
  if (settings_.timer_s == 0 || now_ms < due_ms_) return;
  {
    const std::lock_guard lock(mutex_);
    if (busy_) return;
    busy_ = true;
  }
  due_ms_ = now_ms + std::uint64_t{settings_.timer_s} * 1000;
  Snapshot snapshot = take(settings_);
  const std::lock_guard lock(mutex_);
  next_.emplace(std::move(snapshot));
  wake_.notify_one();
}

void Statistics::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stop_ || next_; });
    if (!next_) return;
    const Snapshot snapshot = std::move(*next_);
    next_.reset();
    lock.unlock();
    const auto done =
        write_statistics(snapshot.settings, statistics_text(snapshot, read_zone_, time_text()));
    if (done) {
      log::debug(log::Category::kServer, "stats, dumped into file '{}'", snapshot.settings.file);
    } else {
      log::error(log::Category::kServer, "{}", done.error());
    }
    lock.lock();
    busy_ = false;
    if (stop_) return;
  }
}

}  // namespace bowline::control
