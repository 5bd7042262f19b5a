// Logging through spdlog's sinks, which nobody else needs to see.
#include "control/log/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <ctime>
#include <memory>
#include <mutex>

#include "control/log/file_sink.h"
#include "control/log/levels.h"
#include "control/log/system_log.h"

namespace bowline::control::log {
namespace {

using config::LogTarget;

constexpr std::size_t kCategories = 4;
constexpr std::size_t kLevels = 6;
// What a line may take: syslog and the journal have it whole, and no text from outside grows it.
constexpr std::size_t kMaxLine = 8 * 1024;

class LevelName : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& out) override {
    const std::string_view name = name_of(from_spdlog(message.level));
    out.append(name.data(), name.data() + name.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<LevelName>();
  }
};

// From UTC, as knotd writes it: +0100; spdlog's own has a colon.
class Offset : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg&, const std::tm& time,
              spdlog::memory_buf_t& out) override {
    std::array<char, 8> text{};
    out.append(text.data(), text.data() + std::strftime(text.data(), text.size(), "%z", &time));
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<Offset>();
  }
};

std::unique_ptr<spdlog::formatter> make_formatter() {
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  formatter->add_flag<LevelName>('*').add_flag<Offset>('&');
  formatter->set_pattern("%Y-%m-%dT%H:%M:%S%& %^%*%$: %v");
  return formatter;
}

struct Target {
  LogTarget wanted;
  std::shared_ptr<spdlog::sinks::sink> sink;       // null: the log of the system, or
  std::shared_ptr<FileSink> file = nullptr;        // the same, if it is a file
  void (*system)(const Record& record) = nullptr;  // without a sink

  Level least(Category category) const {
    switch (category) {
      case Category::kServer: return wanted.server;
      case Category::kControl: return wanted.control;
      case Category::kZone: return wanted.zone;
      case Category::kQuic: return wanted.quic;
    }
    return Level::kNone;
  }
  bool takes(Category category, Level level) const {
    const Level limit = least(category);
    return limit != Level::kNone && level <= limit && level >= wanted.most_severe;
  }
};

using Targets = std::vector<Target>;

template <typename Sink>
std::shared_ptr<spdlog::sinks::sink> make_terminal() {
  auto sink = std::make_shared<Sink>();
  // Colours of one meaning each: red for what needs hands, yellow for what needs eyes.
  sink->set_color(to_spdlog(Level::kCritical), sink->red_bold);
  sink->set_color(to_spdlog(Level::kError), sink->red);
  sink->set_color(to_spdlog(Level::kWarning), sink->yellow);
  sink->set_color(to_spdlog(Level::kNotice), sink->cyan);
  sink->set_color(to_spdlog(Level::kInfo), sink->green);
  sink->set_color(to_spdlog(Level::kDebug), sink->white);
  return sink;
}

// Set before there are threads.
Options options;

// A stream that systemd leads to the journal gets what the journal gets.
template <typename Sink>
Target make_stream(const LogTarget& wanted, int descriptor) {
  if (leads_to_journal(descriptor)) return {wanted, nullptr, nullptr, write_to_journal};
  return {wanted, make_terminal<Sink>()};
}

dns::Result<Target> open_target(const LogTarget& wanted) {
  switch (wanted.kind) {
    case LogTarget::Kind::kStdout:
      return make_stream<spdlog::sinks::stdout_color_sink_mt>(wanted, STDOUT_FILENO);
    case LogTarget::Kind::kStderr:
      return make_stream<spdlog::sinks::stderr_color_sink_mt>(wanted, STDERR_FILENO);
    case LogTarget::Kind::kSyslog:
      return Target{wanted, nullptr, nullptr, has_journal() ? write_to_journal : write_to_syslog};
    case LogTarget::Kind::kFile:
      break;
  }
  auto file = FileSink::open(wanted.path, options.owner);
  if (!file) return dns::Error{file.error()};
  return Target{wanted, *file, *file};
}

dns::Result<std::shared_ptr<const Targets>> open_targets(const std::vector<LogTarget>& wanted) {
  auto opened = std::make_shared<Targets>();
  for (const LogTarget& each : wanted) {
    auto target = open_target(each);
    if (!target) return dns::Error{target.error()};
    if (target->sink) target->sink->set_formatter(make_formatter());
    opened->push_back(std::move(*target));
  }
  return std::shared_ptr<const Targets>(std::move(opened));
}

void take_everything(LogTarget& target) {
  target.server = target.control = target.zone = target.quic = Level::kDebug;
}

// With debug messages of everything on stdout.
std::vector<LogTarget> make_verbose(std::vector<LogTarget> targets) {
  for (LogTarget& target : targets) {
    if (target.kind != LogTarget::Kind::kStdout) continue;
    take_everything(target);
    return targets;
  }
  LogTarget details;
  details.kind = LogTarget::Kind::kStdout;
  details.most_severe = Level::kDebug;
  take_everything(details);
  targets.push_back(details);
  return targets;
}

// The targets in use. A writer keeps the set that it began with.
class Current {
 public:
  Current() {
    LogTarget serious;
    serious.server = serious.control = serious.zone = serious.quic = Level::kWarning;
    LogTarget usual;
    usual.kind = LogTarget::Kind::kStdout;
    usual.server = usual.control = usual.zone = usual.quic = Level::kInfo;
    usual.most_severe = Level::kNotice;
    replace(*open_targets({serious, usual}));  // streams, which need not be opened
  }

  std::shared_ptr<const Targets> get() {
    const std::lock_guard lock(mutex_);
    return targets_;
  }

  void replace(std::shared_ptr<const Targets> targets) {
    for (std::size_t category = 0; category < kCategories; ++category) {
      unsigned mask = 0;
      for (std::size_t level = 0; level < kLevels; ++level) {
        const auto takes = [&](const Target& target) {
          return target.takes(static_cast<Category>(category), static_cast<Level>(level));
        };
        if (std::any_of(targets->begin(), targets->end(), takes)) mask |= 1u << level;
      }
      masks_[category].store(mask, std::memory_order_relaxed);
    }
    const std::lock_guard lock(mutex_);
    targets_ = std::move(targets);
  }

  bool takes(Category category, Level level) const {
    const unsigned mask =
        masks_[static_cast<std::size_t>(category)].load(std::memory_order_relaxed);
    return (mask >> static_cast<unsigned>(level) & 1) != 0;
  }

 private:
  std::mutex mutex_;
  std::shared_ptr<const Targets> targets_;
  std::array<std::atomic<unsigned>, kCategories> masks_{};  // one bit a level that is taken
};

// Never destroyed: threads may log until the process is gone.
Current& current() {
  static Current* const instance = new Current;
  return *instance;
}

// Octets from outside must not forge lines or drive a terminal.
std::string printable(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (const char c : text.substr(0, kMaxLine)) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet < 0x20 || octet == 0x7f) {
      result += fmt::format("\\{:03}", octet);
    } else {
      result += c;
    }
  }
  if (text.size() > kMaxLine) result += "...";
  return result;
}

void write_record(const Record& record) {
  const auto targets = current().get();
  const spdlog::details::log_msg message({}, to_spdlog(record.level), record.text);
  bool in_system_log = false;  // once, however many targets lead there
  for (const Target& target : *targets) {
    if (!target.takes(record.category, record.level)) continue;
    if (target.system != nullptr) {
      if (!in_system_log) target.system(record);
      in_system_log = true;
      continue;
    }
    try {
      target.sink->log(message);
    } catch (const spdlog::spdlog_ex&) {
      // A target that cannot be written to loses lines, never the service.
    }
  }
}

}  // namespace

void set_options(const Options& wanted) { options = wanted; }

dns::Result<void> setup(const std::vector<LogTarget>& targets) {
  auto opened = open_targets(options.verbose ? make_verbose(targets) : targets);
  if (!opened) return dns::Error{opened.error()};
  current().replace(std::move(*opened));
  return {};
}

dns::Result<void> reopen() {
  for (const Target& target : *current().get()) {
    if (target.file == nullptr) continue;
    if (auto reopened = target.file->reopen(); !reopened) return reopened;
  }
  return {};
}

bool enabled(Category category, Level level) { return current().takes(category, level); }

void write(Category category, Level level, std::string_view text) {
  if (level > Level::kDebug) return;
  write_record({category, level, {}, printable(text)});
}

void write_zone(dns::NameView zone, Level level, std::string_view text) {
  if (level > Level::kDebug) return;
  const std::string name = zone.to_text();
  write_record({Category::kZone, level, name, printable(fmt::format("[{}] {}", name, text))});
}

void flush() {
  const auto targets = current().get();
  for (const Target& target : *targets) {
    if (target.sink) target.sink->flush();
  }
}

}  // namespace bowline::control::log
