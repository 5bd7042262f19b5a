// No CODE_FILE and the like: they would all say this file.
#define SD_JOURNAL_SUPPRESS_LOCATION

#include "control/log/system_log.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <syslog.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>

#include <array>
#include <cstdlib>
#include <mutex>

namespace bowline::control::log {
namespace {

// Of all processes: a log watcher knows the service by one name.
constexpr const char* kIdentifier = "bowlined";

constexpr std::string_view kLevelNames[] = {"critical", "error", "warning",
                                            "notice",   "info",  "debug"};
constexpr std::string_view kCategoryNames[] = {"server", "control", "zone", "quic"};

int priority_of(Level level) {
  switch (level) {
    case Level::kCritical: return LOG_CRIT;
    case Level::kError: return LOG_ERR;
    case Level::kWarning: return LOG_WARNING;
    case Level::kNotice: return LOG_NOTICE;
    case Level::kInfo: return LOG_INFO;
    case Level::kDebug:
    case Level::kNone: break;
  }
  return LOG_DEBUG;
}

iovec part(const std::string& text) { return {const_cast<char*>(text.data()), text.size()}; }

}  // namespace

std::string_view name_of(Level level) { return kLevelNames[static_cast<std::size_t>(level)]; }

bool has_journal() { return ::sd_booted() > 0; }

bool leads_to_journal(int descriptor) {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat found {};
  if (stream == nullptr || ::fstat(descriptor, &found) != 0) return false;
  return fmt::format("{}:{}", found.st_dev, found.st_ino) == stream;
}

void write_to_journal(const Record& record) {
  const std::array<std::string, 6> fields{
      fmt::format("MESSAGE={}: {}", name_of(record.level), record.text),
      fmt::format("PRIORITY={}", priority_of(record.level)),
      fmt::format("SYSLOG_FACILITY={}", LOG_FAC(LOG_DAEMON)),
      fmt::format("SYSLOG_IDENTIFIER={}", kIdentifier),
      fmt::format("CATEGORY={}", kCategoryNames[static_cast<std::size_t>(record.category)]),
      fmt::format("ZONE={}", record.zone)};
  std::array<iovec, fields.size()> parts{};
  for (std::size_t i = 0; i < fields.size(); ++i) parts[i] = part(fields[i]);
  const std::size_t count = record.zone.empty() ? fields.size() - 1 : fields.size();
  (void)::sd_journal_sendv(parts.data(), static_cast<int>(count));
}

void write_to_syslog(const Record& record) {
  static std::once_flag opened;
  std::call_once(opened, [] { ::openlog(kIdentifier, LOG_PID, LOG_DAEMON); });
  const std::string line = fmt::format("{}: {}", name_of(record.level), record.text);
  ::syslog(LOG_DAEMON | priority_of(record.level), "%s", line.c_str());
}

}  // namespace bowline::control::log
