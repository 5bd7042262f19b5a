// The drop list in a real map of the kernel: who wants what, over reloads and restarts of control.
#include "control/main/drop_list.h"

#include <fcntl.h>

#include <catch2/catch.hpp>
#include <iostream>

#include "control/config/address_text.h"
#include "control/keeper/xdp_program.h"
#include "ebpf/steer.h"

using namespace bowline;
using namespace bowline::control;

namespace {

config::AddressRange range(const std::string& text) {
  auto value = config::parse_address_value(config::Type::kRange, text);
  REQUIRE(value);
  return value->range();
}

std::vector<config::AddressRange> ranges(const std::vector<std::string>& texts) {
  std::vector<config::AddressRange> all;
  for (const std::string& text : texts) all.push_back(range(text));
  return all;
}

std::vector<config::Prefix> prefixes(const std::string& text) {
  return config::split_range(range(text));
}

// Prefixes with their origins, such as "192.0.2.0/24 1".
std::vector<std::string> listed(DropList& list) {
  auto entries = list.entries();
  REQUIRE(entries);
  std::vector<std::string> all;
  for (const DropList::Entry& entry : *entries) {
    all.push_back(entry.prefix.to_text() + " " + std::to_string(entry.origins));
  }
  return all;
}

using Texts = std::vector<std::string>;

// The map of a keeper. Nothing: not allowed here.
std::optional<keeper::SharedMaps> make_maps(const char* test) {
  auto maps = keeper::SharedMaps::create();
  if (maps) return std::move(*maps);
  std::cout << "SKIP: " << test << ": " << maps.error() << "\n";
  return std::nullopt;
}

void attach(DropList& list, const keeper::SharedMaps& maps) {
  list.attach(link::Fd(::fcntl(maps.drop_list(), F_DUPFD_CLOEXEC, 0)));
}

}  // namespace

TEST_CASE("drop list: without XDP it says so") {
  DropList list;
  CHECK_FALSE(list.attached());
  REQUIRE_FALSE(list.entries());
  CHECK(list.entries().error().find("no interface is served with XDP") != std::string::npos);
  CHECK_FALSE(list.add(prefixes("192.0.2.1")));
  CHECK_FALSE(list.remove(prefixes("192.0.2.1")));
}

TEST_CASE("drop list: configuration and hand do not take away each other's entries") {
  const auto maps = make_maps("drop list: configuration and hand");
  if (!maps) return;
  DropList list;
  attach(list, *maps);
  CHECK(list.configure(ranges({"198.51.100.0/24", "2001:db8::/32"}))->added == 2);
  CHECK(list.add(prefixes("198.51.100.0/24"))->added == 0);
  CHECK(list.add(prefixes("203.0.113.5"))->added == 1);
  CHECK(list.add(prefixes("203.0.113.5"))->added == 0);
  CHECK(listed(list) == Texts{"198.51.100.0/24 3", "203.0.113.5/32 1", "2001:db8::/32 2"});

  const auto change = list.configure(ranges({"192.0.2.0/24"}));
  CHECK(change->added == 1);
  CHECK(change->removed == 1);
  CHECK(listed(list) == Texts{"192.0.2.0/24 2", "198.51.100.0/24 1", "203.0.113.5/32 1"});

  SECTION("what stands in the configuration is not removed by hand") {
    const auto refused = list.remove(prefixes("192.0.2.0/24"));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().find("dataplane.drop") != std::string::npos);
    CHECK(list.add(prefixes("192.0.2.0/24"))->added == 0);
    CHECK(list.remove(prefixes("192.0.2.0/24"))->removed == 0);
    CHECK(listed(list)[0] == "192.0.2.0/24 2");
  }
  SECTION("removing is all or nothing") {
    auto wanted = prefixes("203.0.113.5");
    wanted.push_back(prefixes("203.0.113.6")[0]);
    const auto refused = list.remove(wanted);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().find("203.0.113.6/32") != std::string::npos);
    CHECK(listed(list).size() == 3);
    // A shorter prefix that holds it is another entry.
    CHECK_FALSE(list.remove(prefixes("203.0.113.0/24")));
    CHECK(list.remove(prefixes("203.0.113.5"))->removed == 1);
    CHECK(listed(list).size() == 2);
  }
  SECTION("a new control finds all of it") {
    DropList next;
    attach(next, *maps);
    CHECK(listed(next) == listed(list));
    CHECK(next.configure({})->removed == 1);
    CHECK(listed(next) == Texts{"198.51.100.0/24 1", "203.0.113.5/32 1"});
  }
}

TEST_CASE("drop list: the limit is named, and nothing is half done") {
  const auto maps = make_maps("drop list: the limit");
  if (!maps) return;
  DropList list;
  attach(list, *maps);
  std::vector<config::Prefix> many;
  for (unsigned i = 0; i < STEER_MAX_DROPS; ++i) {
    config::Prefix prefix{config::Address::Family::kIpv4, 32, {}};
    prefix.bytes[0] = 10;
    prefix.bytes[2] = static_cast<std::uint8_t>(i >> 8);
    prefix.bytes[3] = static_cast<std::uint8_t>(i);
    many.push_back(prefix);
  }
  REQUIRE(list.add(many)->added == STEER_MAX_DROPS);
  CHECK(list.add(many)->added == 0);
  const auto refused = list.add(prefixes("192.0.2.1"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().find("65536") != std::string::npos);
  const auto not_configured = list.configure(ranges({"192.0.2.1"}));
  REQUIRE_FALSE(not_configured);
  CHECK(not_configured.error().find("65537") != std::string::npos);
  CHECK(list.remove({many.front()})->removed == 1);
  CHECK(list.configure(ranges({"192.0.2.1"}))->added == 1);
  // One goes and two come: refused before the one is gone.
  CHECK_FALSE(list.configure(ranges({"192.0.2.2", "192.0.2.3"})));
  CHECK(listed(list).size() == STEER_MAX_DROPS);
  CHECK(listed(list).back() == "192.0.2.1/32 2");
  CHECK(list.configure(ranges({"192.0.2.2"}))->removed == 1);
  CHECK(list.configure({})->removed == 1);
  many.erase(many.begin());
  CHECK(list.remove(many)->removed == STEER_MAX_DROPS - 1);
  CHECK(listed(list).empty());
}
