#include "control/main/dispatch.h"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>

#include "control/api/commands.h"
#include "control/log/log.h"
#include "dns/name_text.h"

namespace bowline::control {

namespace {

using log::Category;

// Zones that get a line of their own in the log: a request may name thousands.
constexpr std::size_t kMaxZonesNamed = 20;

// The zones that the request names: none if it names none, or means all.
std::vector<std::string> zones_named(const api::Command& command, const api::Request& request) {
  std::vector<std::string> zones;
  if (!command.is(api::kTakesZones)) return zones;
  const bool only_first = command.is(api::kTakesRecord) || command.is(api::kTakesCounter);
  for (const std::string& argument : request.arguments) {
    if (argument == "--") return {};
    if (!argument.starts_with('+')) zones.push_back(argument);
    if (only_first) break;
  }
  return zones;
}

void note_received(const api::Command& command, const api::Request& request) {
  const auto zones = zones_named(command, request);
  const std::string text = fmt::format("control, received command '{}', user {}, PID {}",
                                       command.name, request.peer.user, request.peer.pid);
  const dns::Name root;
  std::size_t named = 0;
  for (const std::string& zone : zones) {
    if (named == kMaxZonesNamed) break;
    const auto name = dns::Name::from_text(zone, &root);
    if (!name) continue;
    log::info(Category::kControl, "[{}] {}", name->to_text(), text);
    ++named;
  }
  if (named == 0) return log::info(Category::kControl, "{}", text);
  if (named < zones.size()) {
    log::info(Category::kControl, "{}, {} more zones", text, zones.size() - named);
  }
}

// Errors are logged as they are reported, whoever reports them on whatever thread.
void note_failure(const api::Failure& failure) {
  if (!log::enabled(Category::kControl, log::Level::kError)) return;
  const std::string text = fmt::format("control, error ({}){}{}", failure.error,
                                       failure.data.empty() ? "" : " ", failure.data);
  const dns::Name root;
  const auto name = dns::Name::from_text(failure.zone, &root);
  if (failure.zone.empty() || !name) {
    log::error(Category::kControl, "{}", text);
  } else {
    log::error(Category::kControl, "[{}] {}", name->to_text(), text);
  }
}

}  // namespace

void Dispatch::add(std::string_view name, Verb verb) {
  const api::Command* const command = api::find_command(name);
  assert(command != nullptr && !command->is(api::kLocal));
  const bool is_new = verbs_.emplace(command->name, std::move(verb)).second;
  assert(is_new);
  (void)is_new;
}

void Dispatch::run(const api::Request& request, Answer answer) const {
  answer->observe(note_failure);
  const api::Command* const command = api::find_command(request.verb);
  const auto found = verbs_.find(request.verb);
  if (command == nullptr || found == verbs_.end()) {
    return answer->fail({{}, "invalid command", fmt::format("'{}'", request.verb)});
  }
  note_received(*command, request);
  if (const std::string why = api::check_arguments(*command, request.arguments); !why.empty()) {
    return answer->fail({{}, "invalid parameter", why});
  }
  if (command->is(api::kNeedsForce) && !request.force) {
    return answer->fail({{}, "operation not permitted", "force option required"});
  }
  found->second(request, std::move(answer));
}

std::vector<std::string_view> Dispatch::missing() const {
  std::vector<std::string_view> names;
  for (const api::Command& command : api::commands()) {
    if (!command.is(api::kLocal) && !verbs_.contains(command.name)) names.push_back(command.name);
  }
  return names;
}

}  // namespace bowline::control
