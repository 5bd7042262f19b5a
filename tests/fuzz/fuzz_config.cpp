// Any bytes as a configuration: no crash, bounded work, an error with a place or a usable result.
// What loads is the same configuration after an export, and gives JSON.
// Needs: config_dep, dns_dep.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "control/config/compare.h"
#include "control/config/config.h"
#include "control/config/export.h"
#include "control/config/option.h"
#include "control/config/schema.h"

using namespace bowline::control::config;

namespace {

constexpr std::size_t kMaxLines = 250;   // 200 problems at most, and a last line
constexpr std::size_t kMaxZones = 200;   // looked at

void require(bool condition) {
  if (!condition) std::abort();
}

void check_error(std::string_view text) {
  require(!text.empty());
  std::size_t lines = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    require(line.starts_with("f:") || line.starts_with("and "));
    ++lines;
  }
  require(lines <= kMaxLines);
}

void check_config(const Config& config) {
  config.server();
  config.dataplane();
  config.control();
  config.log();
  config.not_yet_effective();
  require(config.storage().starts_with('/'));
  const ZoneList zones = config.zones();
  for (std::size_t i = 0; i < zones.size() && i < kMaxZones; ++i) {
    const Zone zone = zones[i];
    require(zone.file.starts_with('/'));
    require(zones.find(zone.name) == i);
  }
  for (const Section& section : sections()) {
    for (const std::string_view id : config.ids(section.name)) {
      for (const Option* option : options_of(section.name)) {
        config.get(section.name, id, option->name);
      }
      if (section.has_entries()) break;  // the first entry is enough
    }
  }
}

void check_texts(const Config& config) {
  const std::string exported = export_text(config);
  const auto again =
      load_config_text(exported, "f", {.allow_include = false, .resolve_system = false});
  require(again.ok());
  require(compare(config, *again).empty());
  require(export_text(*again) == exported);
  require(to_json(*again) == to_json(config));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config =
      load_config_text(text, "f", {.allow_include = false, .resolve_system = false});
  if (config) {
    check_config(*config);
    check_texts(*config);
  } else {
    check_error(config.error());
  }
  return 0;
}
