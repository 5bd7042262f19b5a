// Many zones: time and memory of a large configuration.
#include <malloc.h>

#include <catch2/catch.hpp>

#include "control/config/config.h"

using namespace bowline;
using namespace bowline::control::config;

namespace {

std::string zones_text(std::size_t count) {
  std::string text = "template:\n  - id: t\n    storage: /srv/zones\nzone:\n";
  for (std::size_t i = 0; i < count; ++i) {
    text += "  - domain: zone" + std::to_string(i) + ".example.com\n    template: t\n    file: \"" +
            std::to_string(i % 100) + "/%s.zone\"\n";
  }
  return text;
}

}  // namespace

TEST_CASE("scale: a hundred thousand zones") {
  constexpr std::size_t kZones = 100'000;
  const std::string text = zones_text(kZones);
  const std::size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
  const auto config = load_config_text(text);
  REQUIRE(config.ok());
  const std::size_t after = mallinfo2().uordblks + mallinfo2().hblkhd;
  const ZoneList zones = config->zones();
  REQUIRE(zones.size() == kZones);
  for (std::size_t i = 0; i < kZones; ++i) {
    const Zone zone = zones[i];
    if (i % 1000 != 0) continue;
    const std::string name = zone.name.to_text();
    const unsigned long number = std::stoul(name.substr(4));
    CHECK(zone.file ==
          "/srv/zones/" + std::to_string(number % 100) + "/" + name + "zone");
    CHECK(zones.find(zone.name) == i);
  }
  // Sanitizers count nothing here.
  CHECK((after - before) / kZones < 256);
}
