// What the dataplane is told of the configuration.
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
