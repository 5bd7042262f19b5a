#include "control/main/zone_names.h"

#include <algorithm>

namespace bowline::control {

bool means_all_zones(const std::vector<std::string>& arguments) {
  if (std::ranges::count(arguments, "--") != 0) return true;
  return std::ranges::all_of(arguments, [](const std::string& each) {
    return each.starts_with('+');
  });
}

std::vector<NamedZone> find_zones(const config::Config& config,
                                  const std::vector<std::string>& arguments,
                                  api::Response& answer) {
  static const dns::Name root;
  std::vector<NamedZone> zones;
  for (const std::string& text : arguments) {
    if (text.starts_with('+')) continue;
    const auto name = dns::Name::from_text(text, &root);
    if (!name) {
      answer.failure({text, "invalid parameter", name.error()});
    } else if (const auto index = config.zones().find(*name)) {
      zones.push_back({text, name->lower(), *index});
    } else {
      answer.failure({text, "no such zone found", {}});
    }
  }
  return zones;
}

}  // namespace bowline::control
