// What the dataplane is told of the configuration.
#include <arpa/inet.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <string>

#include "control/store/zone_store.h"

namespace {

using namespace bowline;
using namespace control;

link::Settings settings_of(const std::string& server) {
  auto loaded = config::load_config_text("server:\n" + server, "test.conf", {false, false});
  if (!loaded) FAIL(loaded.error());
  return store::make_settings(*loaded);
}

std::string text(const link::SettingText& setting) {
  return {reinterpret_cast<const char*>(setting.bytes), setting.length};
}

}  // namespace

TEST_CASE("settings by default") {
  const link::Settings settings = settings_of("    rundir: /tmp\n");
  CHECK_FALSE(settings.edns_client_subnet);
  CHECK_FALSE(settings.answer_rotation);
  CHECK(text(settings.version).rfind("Bowline ", 0) == 0);
  CHECK(!text(settings.identity).empty());
  CHECK(text(settings.identity) == text(settings.nsid));
  CHECK(settings.tcp_idle_timeout_ms == 10'000);
  CHECK(settings.udp_max_payload_ipv4 == 1232);
}

TEST_CASE("settings as they are written") {
  const link::Settings settings = settings_of(
      "    identity: \"it is here\"\n    version: none\n    nsid: 0x00fF\n"
      "    edns-client-subnet: on\n    answer-rotation: on\n    tcp-idle-timeout: 1m\n"
      "    tcp-io-timeout: 70\n    tcp-max-clients: 3\n    udp-max-payload-ipv6: 1400\n");
  CHECK(text(settings.identity) == "it is here");
  CHECK(text(settings.version) == "none");
  CHECK(text(settings.nsid) == std::string("\0\xff", 2));
  CHECK(settings.edns_client_subnet);
  CHECK(settings.answer_rotation);
  CHECK(settings.tcp_idle_timeout_ms == 60'000);
  CHECK(settings.tcp_io_timeout_ms == 70);
  CHECK(settings.tcp_max_clients == 3);
  CHECK(settings.udp_max_payload_ipv4 == 1232);
  CHECK(settings.udp_max_payload_ipv6 == 1400);
}

TEST_CASE("empty texts are switched off, and the longest is whole") {
  const link::Settings settings =
      settings_of("    identity:\n    version: \"\"\n    nsid: " +
                  std::string(link::kMaxSettingText, 'n') + "\n");
  CHECK(text(settings.identity).empty());
  CHECK(text(settings.version).empty());
  CHECK(text(settings.nsid) == std::string(link::kMaxSettingText, 'n'));
}

TEST_CASE("two equal configurations give equal octets, as the comparison before publishing needs") {
  const link::Settings one = settings_of("    answer-rotation: on\n");
  const link::Settings other = settings_of("    answer-rotation: on\n");
  CHECK(std::memcmp(&one, &other, sizeof one) == 0);
}

namespace {

std::string range(const link::SettingRange& range) {
  std::string text;
  for (const std::uint8_t* address : {range.first, range.last}) {
    char buffer[INET6_ADDRSTRLEN];
    text += (text.empty() ? "" : " - ");
    text += ::inet_ntop(AF_INET6, address, buffer, sizeof buffer);
  }
  return text;
}

}  // namespace

TEST_CASE("proxies are ranges in order, those that overlap are one") {
  const link::Settings settings = settings_of(
      "    proxy-allowlist: [ 192.0.2.0/28, 2001:db8::/127, 10.0.0.9, 192.0.2.4-192.0.2.40, "
      "192.0.2.6, ::1, 10.0.0.1-10.0.0.3 ]\n");
  REQUIRE(settings.proxy_ranges == 5);
  REQUIRE(settings.proxy_ipv4_ranges == 3);
  CHECK(range(settings.proxy_allowlist[0]) == "::ffff:10.0.0.1 - ::ffff:10.0.0.3");
  CHECK(range(settings.proxy_allowlist[1]) == "::ffff:10.0.0.9 - ::ffff:10.0.0.9");
  CHECK(range(settings.proxy_allowlist[2]) == "::ffff:192.0.2.0 - ::ffff:192.0.2.40");
  CHECK(range(settings.proxy_allowlist[3]) == "::1 - ::1");
  CHECK(range(settings.proxy_allowlist[4]) == "2001:db8:: - 2001:db8::1");
}

TEST_CASE("256 entries of the allowlist are carried, one more is an error of the configuration") {
  std::string list = "    proxy-allowlist: [ 10.0.0.0";
  for (unsigned i = 1; i < link::kMaxProxyRanges; ++i) {
    list += ", 10." + std::to_string(i) + ".0.1";
  }
  const link::Settings settings = settings_of(list + " ]\n");
  CHECK(settings.proxy_ranges == link::kMaxProxyRanges);
  const auto refused = config::load_config_text("server:\n" + list + ", 192.0.2.1 ]\n",
                                                "test.conf", {false, false});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().find("server.proxy-allowlist: at most 256 values") != std::string::npos);
}
