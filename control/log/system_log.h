// The log of the system: the journal of systemd, with fields, or syslog.
//
// Private to this folder; any thread.
#pragma once

#include <string>
#include <string_view>

#include "control/log/log.h"

namespace bowline::control::log {

// One message on its way to a target. Views last as long as the call that passes it.
struct Record {
  Category category = Category::kServer;
  Level level = Level::kInfo;
  std::string_view zone;  // "example.com."; empty: about none
  std::string_view text;  // printable, without level; with "[zone.] " in front
};

std::string_view name_of(Level level);

// Whether the system was booted with systemd, so that its log is the journal.
bool has_journal();

// Whether this descriptor leads to the journal, as systemd connects it for services: then lines on
// it would lose level, zone and category, which belong into fields.
bool leads_to_journal(int descriptor);

// MESSAGE "LEVEL: TEXT" as in the other targets, PRIORITY, SYSLOG_FACILITY, SYSLOG_IDENTIFIER,
// CATEGORY, and ZONE if there is one. What cannot be delivered is lost.
void write_to_journal(const Record& record);

// Facility daemon, the program's name and PID, "LEVEL: TEXT". What cannot be delivered is lost.
void write_to_syslog(const Record& record);

}  // namespace bowline::control::log
