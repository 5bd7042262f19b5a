// Logging of the keeper and of control: categories, levels and targets of the section `log`.
//
// setup() once before threads start, and again after a reload; the rest from any thread. The
// dataplane does not log. The text after the level is built as the manual shows it:
//   2026-01-31T10:00:00+0100 info: [example.com.] loaded, serial none -> 2026013101
#pragma once

#include <fmt/format.h>
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "control/config/config.h"
#include "dns/name.h"
#include "dns/result.h"

namespace bowline::control::log {

using Level = config::LogLevel;

enum class Category : std::uint8_t { kServer, kControl, kZone, kQuic };

// Whom the keeper, as root, gives log files to.
struct Owner {
  uid_t uid = 0;
  gid_t gid = 0;
  // This user may have chosen the paths: root goes there with this user's rights.
  bool chose_paths = false;
};

struct Options {
  bool verbose = false;  // debug messages of all categories to stdout as well
  Owner owner{};
};

// What setup() and reopen() go by from then on: before the first of them.
void set_options(const Options& options);

// Opens the targets and puts them in place of the former ones. On an error (a file that cannot be
// opened) the former ones stay. Before the first call: warnings to stderr, the rest to stdout.
dns::Result<void> setup(const std::vector<config::LogTarget>& targets);

// Closes and opens the files again: after log rotation.
dns::Result<void> reopen();

// Whether any target takes this: to save costly arguments.
bool enabled(Category category, Level level);

// Writes one finished line. Line breaks and control characters in it become visible escapes; what
// is beyond 8 KiB is cut.
void write(Category category, Level level, std::string_view text);
// With "[zone.] " in front.
void write_zone(dns::NameView zone, Level level, std::string_view text);

// Hands everything written so far to the targets.
void flush();

template <typename... Args>
void message(Category category, Level level, fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(category, level)) {
    write(category, level, fmt::format(format, std::forward<Args>(args)...));
  }
}

template <typename... Args>
void zone_message(dns::NameView zone, Level level, fmt::format_string<Args...> format,
                  Args&&... args) {
  if (enabled(Category::kZone, level)) {
    write_zone(zone, level, fmt::format(format, std::forward<Args>(args)...));
  }
}

template <typename... Args>
void critical(Category category, fmt::format_string<Args...> format, Args&&... args) {
  message(category, Level::kCritical, format, std::forward<Args>(args)...);
}
template <typename... Args>
void error(Category category, fmt::format_string<Args...> format, Args&&... args) {
  message(category, Level::kError, format, std::forward<Args>(args)...);
}
template <typename... Args>
void warning(Category category, fmt::format_string<Args...> format, Args&&... args) {
  message(category, Level::kWarning, format, std::forward<Args>(args)...);
}
template <typename... Args>
void notice(Category category, fmt::format_string<Args...> format, Args&&... args) {
  message(category, Level::kNotice, format, std::forward<Args>(args)...);
}
template <typename... Args>
void info(Category category, fmt::format_string<Args...> format, Args&&... args) {
  message(category, Level::kInfo, format, std::forward<Args>(args)...);
}
template <typename... Args>
void debug(Category category, fmt::format_string<Args...> format, Args&&... args) {
  message(category, Level::kDebug, format, std::forward<Args>(args)...);
}

template <typename... Args>
void zone_error(dns::NameView zone, fmt::format_string<Args...> format, Args&&... args) {
  zone_message(zone, Level::kError, format, std::forward<Args>(args)...);
}
template <typename... Args>
void zone_warning(dns::NameView zone, fmt::format_string<Args...> format, Args&&... args) {
  zone_message(zone, Level::kWarning, format, std::forward<Args>(args)...);
}
template <typename... Args>
void zone_notice(dns::NameView zone, fmt::format_string<Args...> format, Args&&... args) {
  zone_message(zone, Level::kNotice, format, std::forward<Args>(args)...);
}
template <typename... Args>
void zone_info(dns::NameView zone, fmt::format_string<Args...> format, Args&&... args) {
  zone_message(zone, Level::kInfo, format, std::forward<Args>(args)...);
}
template <typename... Args>
void zone_debug(dns::NameView zone, fmt::format_string<Args...> format, Args&&... args) {
  zone_message(zone, Level::kDebug, format, std::forward<Args>(args)...);
}

}  // namespace bowline::control::log
