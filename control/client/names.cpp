#include "control/client/names.h"

#include "control/config/option.h"

namespace bowline::control::client {

namespace {

constexpr unsigned kPatience_s = 2;       // a person waits
constexpr std::size_t kMostNames = 2000;  // of 10^6 zones nobody reads more

}  // namespace

std::vector<std::string> ServerNames::zones(std::string_view prefix) { return ids("zone", prefix); }

std::vector<std::string> ServerNames::ids(std::string_view section, std::string_view prefix) {
  const config::Section* const found = config::find_section(section);
  if (found == nullptr || !found->has_entries()) return {};
  const std::string path = std::string(section) + "." + std::string(found->id);
  return ask({.words = {"conf-read", path}}, "id", prefix);
}

std::vector<std::string> ServerNames::counters(std::string_view prefix) {
  return ask({.words = {"stats"}, .force = true}, "counter", prefix);
}

std::vector<std::string> ServerNames::ask(const Ask& ask, const char* key,
                                          std::string_view prefix) const {
  auto remote = Remote::find(options_);
  if (!remote) return {};
  remote->set_timeout(kPatience_s);
  std::vector<std::string> names;
  (void)remote->ask(ask, [&](const api::Json& frame) {
    const auto row = frame.find("row");
    if (row == frame.end() || !row->is_object()) return true;
    const auto name = row->find(key);
    if (name == row->end() || !name->is_string()) return true;
    auto text = name->get<std::string>();
    if (text.starts_with(prefix)) names.push_back(std::move(text));
    return names.size() < kMostNames;
  });
  return names;
}

}  // namespace bowline::control::client
