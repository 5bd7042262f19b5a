// Logging through spdlog's sinks, which nobody else needs to see.
#include "control/log/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <mutex>

#include "control/log/file_sink.h"
#include "control/log/levels.h"

namespace bowline::control::log {
namespace {

using config::LogTarget;

constexpr std::size_t kCategories = 4;
constexpr std::string_view kLevelNames[] = {"critical", "error", "warning",
                                            "notice",   "info",  "debug"};

class LevelName : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& out) override {
    const std::string_view name = kLevelNames[static_cast<std::size_t>(from_spdlog(message.level))];
    out.append(name.data(), name.data() + name.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<LevelName>();
  }
};

std::unique_ptr<spdlog::formatter> make_formatter() {
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  formatter->add_flag<LevelName>('*').set_pattern("%Y-%m-%dT%H:%M:%S%z %^%*%$: %v");
  return formatter;
}

struct Target {
  LogTarget wanted;
  std::shared_ptr<spdlog::sinks::sink> sink;
  std::shared_ptr<FileSink> file;  // the same, if it is a file

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

dns::Result<Target> open_target(const LogTarget& wanted) {
  Target target{wanted, nullptr, nullptr};
  switch (wanted.kind) {
    case LogTarget::Kind::kStdout:
      target.sink = make_terminal<spdlog::sinks::stdout_color_sink_mt>();
      break;
    case LogTarget::Kind::kStderr:
      target.sink = make_terminal<spdlog::sinks::stderr_color_sink_mt>();
      break;
    case LogTarget::Kind::kSyslog:
      target.sink = std::make_shared<SyslogSink>();
      break;
    case LogTarget::Kind::kFile: {
      auto file = FileSink::open(wanted.path);
      if (!file) return dns::Error{file.error()};
      target.file = *file;
      target.sink = target.file;
    }
  }
  target.sink->set_formatter(make_formatter());
  return target;
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
    auto targets = std::make_shared<Targets>();
    for (const LogTarget& wanted : {serious, usual}) {
      auto target = open_target(wanted);
      if (target) targets->push_back(std::move(*target));
    }
    replace(std::move(targets));
  }

  std::shared_ptr<const Targets> get() {
    const std::lock_guard lock(mutex_);
    return targets_;
  }

  void replace(std::shared_ptr<const Targets> targets) {
    for (std::size_t category = 0; category < kCategories; ++category) {
      unsigned mask = 0;
      for (std::size_t level = 0; level < std::size(kLevelNames); ++level) {
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
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet < 0x20 || octet == 0x7f) {
      result += fmt::format("\\{:03}", octet);
    } else {
      result += c;
    }
  }
  return result;
}

}  // namespace

dns::Result<void> setup(const std::vector<LogTarget>& targets) {
  auto opened = std::make_shared<Targets>();
  for (const LogTarget& wanted : targets) {
    auto target = open_target(wanted);
    if (!target) return dns::Error{target.error()};
    opened->push_back(std::move(*target));
  }
  current().replace(std::move(opened));
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
  const std::string line = printable(text);
  const auto targets = current().get();
  const spdlog::details::log_msg message({}, to_spdlog(level), line);
  for (const Target& target : *targets) {
    if (!target.takes(category, level)) continue;
    try {
      target.sink->log(message);
    } catch (const spdlog::spdlog_ex&) {
      // A target that cannot be written to loses lines, never the service.
    }
  }
}

void write_zone(dns::NameView zone, Level level, std::string_view text) {
  write(Category::kZone, level, fmt::format("[{}] {}", zone.to_text(), text));
}

void flush() {
  const auto targets = current().get();
  for (const Target& target : *targets) target.sink->flush();
}

}  // namespace bowline::control::log
