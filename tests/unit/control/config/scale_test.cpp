// Many zones: time and memory of a large configuration.
#include <malloc.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <iostream>

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

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

TEST_CASE("scale: a hundred thousand zones") {
  constexpr std::size_t kZones = 100'000;
  const std::string text = zones_text(kZones);
  const std::size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
  const auto start = std::chrono::steady_clock::now();
  const auto config = load_config_text(text);
  const double loading = seconds_since(start);
  REQUIRE(config.ok());
  const std::size_t after = mallinfo2().uordblks + mallinfo2().hblkhd;
  const ZoneList zones = config->zones();
  REQUIRE(zones.size() == kZones);
  const auto walk = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < kZones; ++i) {
    const Zone zone = zones[i];
    if (i % 1000 != 0) continue;
    CHECK(zone.file == "/srv/zones/" + std::to_string(i % 100) + "/zone" + std::to_string(i) +
                           ".example.com.zone");
    CHECK(zones.find(zone.name) == i);
  }
  const double walking = seconds_since(walk);
  std::cout << "100,000 zones: loaded in " << loading << " s, " << (after - before) / kZones
            << " octets each, walked in " << walking << " s\n";
  // Sanitizers count nothing here, and slow machines are slower: the bound is for mistakes in order
  // of growth.
  CHECK((after - before) / kZones < 1024);
  CHECK(loading < 20);
}
