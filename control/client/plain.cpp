#include "control/client/plain.h"

#include <fmt/format.h>

#include <algorithm>

#include "control/api/commands.h"
#include "control/client/table.h"
#include "control/config/option.h"

namespace bowline::control::client {

namespace {

constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kUnderlined = "\x1b[4m";
constexpr std::string_view kRed = "\x1b[31m";
constexpr std::string_view kGreen = "\x1b[32m";
constexpr std::string_view kEnd = "\x1b[0m";

// What precedes the events in a line of zone-status.
constexpr std::string_view kZoneItems[] = {"role",   "serial",     "transaction",
                                           "freeze", "XFR-freeze", "catalog"};

// Commands whose only sign of success is a word.
constexpr struct {
  std::string_view command, word;
} kSuccess[] = {
    {"reload", "Reloaded"},  {"stop", "Stopped"},
    {"zone-reload", "OK"},   {"conf-check", "Configuration is valid"},
    {"conf-init", "OK"},     {"conf-import", "OK"},
    {"conf-begin", "OK"},    {"conf-commit", "OK"},
    {"conf-confirm", "OK"},  {"conf-abort", "OK"},
    {"conf-set", "OK"},      {"conf-unset", "OK"},
    {"conf-rollback", "OK"},
};

std::string text_of(const api::Json& row, std::string_view key) {
  const auto found = row.find(key);
  return found == row.end() ? std::string() : cell_text(*found);
}

void append_item(std::string& line, std::string_view name, std::string_view value,
                 const PlainLook& look, bool first) {
  line += fmt::format("{}{}: ", first ? " " : " | ", name);
  line += look.colour ? fmt::format("{}{}{}", kBold, value, kEnd) : std::string(value);
}

// Bold: it has content. Green: a primary, red: a secondary. Underlined: a catalog's member.
std::string zone_marks(const api::Json& row) {
  std::string marks;
  const std::string serial = text_of(row, "serial");
  const std::string catalog = text_of(row, "catalog");
  if (!serial.empty() && serial != "-") marks += kBold;
  if (!catalog.empty() && catalog != "-" && catalog != "interpret" && catalog != "generate") {
    marks += kUnderlined;
  }
  const std::string role = text_of(row, "role");
  if (role == "master") marks += kGreen;
  if (role == "slave") marks += kRed;
  return marks;
}

std::string zone_status_line(const api::Json& row, const PlainLook& look) {
  const std::string zone = text_of(row, "zone");
  std::string line = look.colour ? fmt::format("[{}{}{}]", zone_marks(row), zone, kEnd)
                                 : fmt::format("[{}]", zone);
  bool first = true;
  const auto add = [&](std::string_view name, const api::Json& value) {
    const std::string text = cell_text(value);
    if (text == "-" && !look.extended && name != "serial") return;
    append_item(line, name, text, look, first);
    first = false;
  };
  for (const std::string_view name : kZoneItems) {
    if (const auto found = row.find(name); found != row.end()) {
      add(name, *found);
    } else if (name == "XFR-freeze" && row.contains("freeze")) {
      add(name, nullptr);
    }
  }
  if (const auto events = row.find("events"); events != row.end() && events->is_object()) {
    for (const auto& [name, value] : events->items()) add(name, value);
  }
  return line;
}

std::string record_line(const api::Json& row) {
  return fmt::format("[{}] {}{} {} {} {}", text_of(row, "zone"), text_of(row, "sign"),
                     text_of(row, "owner"), text_of(row, "ttl"), text_of(row, "type"),
                     text_of(row, "rdata"));
}

// The value of an item among rows of names and values; a dash if it is not there.
std::string value_of(std::span<const api::Json> rows, std::string_view item) {
  for (const api::Json& row : rows) {
    if (text_of(row, "item") == item) return text_of(row, "value");
  }
  return "-";
}

std::string join(std::span<const std::string> words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + printable(word);
  return text;
}

}  // namespace

std::string setting_text(const api::Json& row) {
  std::string text = text_of(row, "sign") + text_of(row, "section");
  const auto item = row.find("item");
  const auto values = row.find("values");
  const auto id = row.find("id");
  const bool has_item = item != row.end() && item->is_string() && !item->get<std::string>().empty();
  const bool has_id = id != row.end() && id->is_string() && !id->get<std::string>().empty();
  // The identifying item of an entry is shown as an item of the section.
  const config::Section* section = config::find_section(text_of(row, "section"));
  const bool identifies =
      has_id && has_item && section != nullptr && cell_text(*item) == section->id;
  if (has_id && !identifies) text += fmt::format("[{}]", cell_text(*id));
  if (has_item) text += "." + cell_text(*item);
  if (values == row.end() || !values->is_array()) return text;
  text += " =";
  for (const api::Json& value : *values) text += " " + cell_text(value);
  if (values->empty()) text += " ";
  return text;
}

std::string plain_line(std::string_view command, const api::Json& row, const PlainLook& look) {
  if (command == "zone-status") return zone_status_line(row, look);
  if (row.contains("rdata")) return record_line(row);
  if (row.contains("counter")) {
    const std::string zone = text_of(row, "zone");
    return fmt::format("{}{} = {}", zone.empty() ? "" : fmt::format("[{}] ", zone),
                       text_of(row, "counter"), text_of(row, "value"));
  }
  if (row.contains("section")) return setting_text(row);
  return {};
}

std::string plain_status(std::span<const std::string> arguments, std::span<const api::Json> rows) {
  if (arguments.empty()) return "Running";
  if (arguments[0] == "version") return "Version: " + value_of(rows, "version");
  if (arguments[0] == "workers") {
    return fmt::format(
        "UDP workers: {}, TCP workers: {}, XDP workers: {}, background workers: {} (running: {}, "
        "pending: {})",
        value_of(rows, "udp-workers"), value_of(rows, "tcp-workers"), value_of(rows, "xdp-workers"),
        value_of(rows, "background-workers"), value_of(rows, "background-running"),
        value_of(rows, "background-pending"));
  }
  std::string text;
  for (const api::Json& row : rows) {
    text += fmt::format("{}{}: {}", text.empty() ? "" : "\n", text_of(row, "item"),
                        text_of(row, "value"));
  }
  return text;
}

std::string_view plain_success(std::string_view command, std::span<const std::string> arguments) {
  if (command == "conf-export") {
    return std::ranges::any_of(arguments, [](const auto& word) { return word[0] != '+'; }) ? "OK"
                                                                                           : "";
  }
  const auto found =
      std::ranges::find(kSuccess, command, [](const auto& row) { return row.command; });
  return found == std::end(kSuccess) ? std::string_view() : found->word;
}

std::string plain_error(std::string_view command, std::span<const std::string> arguments,
                        const api::Json& failure) {
  const std::string reason = text_of(failure, "error");
  const std::string zone = text_of(failure, "zone");
  const api::Command* known = api::find_command(command);
  const bool takes_zones = known != nullptr && known->is(api::kTakesZones);
  if (takes_zones && !known->is(api::kTakesRecord) && !known->is(api::kTakesCounter)) {
    return zone.empty() ? fmt::format("error: ({})", reason)
                        : fmt::format("error: [{}] ({})", zone, reason);
  }
  const auto rest = arguments.empty() ? arguments : arguments.subspan(1);
  if (takes_zones) {
    return zone.empty() ? fmt::format("error: ({}) {}", reason, join(rest))
                        : fmt::format("error: ({}) [{}] {}", reason, zone, join(rest));
  }
  const bool sets = command == "conf-set" || command == "conf-unset";
  const std::string named =
      sets && !rest.empty() ? join(arguments.first(1)) + " = " + join(rest) : join(arguments);
  // Where an item could stand there is a blank before it, also without one.
  const bool has_place =
      command == "conf-commit" || (known != nullptr && known->is(api::kTakesItems));
  return named.empty() && !has_place ? fmt::format("error: ({})", reason)
                                     : fmt::format("error: ({}) {}", reason, named);
}

}  // namespace bowline::control::client
