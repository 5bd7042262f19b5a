// The scanner of zone files against one that goes octet by octet, on texts made of what matters.
#include "dns/zone_scanner.h"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <random>
#include <string>

#include "plain_scanner.h"

namespace bowline::dns {
namespace {

std::uint64_t seed() {
  const char* const given = std::getenv("BOWLINE_SEED");
  return given == nullptr ? std::random_device{}() : std::strtoull(given, nullptr, 10);
}

// Words, blanks and all that is special; now and then a long run, so that each of these comes to
// stand at every place of a vector.
std::string random_text(std::mt19937_64& random, std::size_t size) {
  static constexpr std::string_view kOften = "ab.0 \t\n ";
  static constexpr std::string_view kRare = "\r;()\"\\=\n\x80\xff";
  const unsigned share = 2 + static_cast<unsigned>(random() % 30);
  std::string text;
  while (text.size() < size) {
    const std::uint64_t chance = random();
    if (chance % 40 == 0) {
      text.append(chance >> 32 & 63, chance & 64 ? 'x' : ' ');
    } else if (chance % share == 0) {
      text += kRare[(chance >> 32) % kRare.size()];
    } else {
      text += kOften[(chance >> 32) % kOften.size()];
    }
  }
  return text;
}

}  // namespace

TEST_CASE("texts are cut as by a scanner that goes octet by octet") {
  const std::uint64_t from = seed();
  std::mt19937_64 random(from);
  for (int round = 0; round < 20000; ++round) {
    const std::string text = random_text(random, random() % 300);
    INFO("BOWLINE_SEED=" << from << " round " << round << "\n" << text);
    REQUIRE(test::first_scan_difference(text) == 0);
  }
}

TEST_CASE("entries are cut alike where the window ends") {
  const std::uint64_t from = seed();
  std::mt19937_64 random(from);
  for (int round = 0; round < 8; ++round) {
    std::string text;
    while (text.size() < 3 * kWindowSize) text += random_text(random, 300) + ")\"\n";
    INFO("BOWLINE_SEED=" << from << " round " << round);
    REQUIRE(test::first_scan_difference(text) == 0);
  }
}

}  // namespace bowline::dns
