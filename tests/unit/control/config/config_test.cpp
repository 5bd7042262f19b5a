// Config: defaults, templates, views and generic access.
#include "control/config/config.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace bowline;
using namespace bowline::control::config;

namespace {

Config load(const std::string& text) {
  auto config = load_config_text(text, "test.conf", {.resolve_system = false});
  INFO((config ? std::string() : config.error()));
  REQUIRE(config.ok());
  return *config;
}

std::vector<std::string> listens(const Server& server) {
  std::vector<std::string> result;
  for (const Address& address : server.listen) result.push_back(address.to_text());
  return result;
}

class TemporaryFolder {
 public:
  TemporaryFolder() {
    char name[] = "/tmp/bowline-config-XXXXXX";
    REQUIRE(mkdtemp(name) != nullptr);
    path_ = name;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  std::string write(const std::string& name, const std::string& text) const {
    const std::string path = path_ + "/" + name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path) << text;
    return path;
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace

TEST_CASE("config: nothing set gives the defaults") {
  const Config config = load("");
  const Server server = config.server();
  CHECK(server.listen.empty());
  CHECK(server.rundir == "/run/bowline");
  CHECK(server.pidfile == "/run/bowline/bowline.pid");
  CHECK(server.user.user == "root");
  CHECK(server.udp_workers >= 1);
  CHECK(server.tcp_workers >= 10);
  CHECK(server.background_workers >= 1);
  CHECK(server.background_workers <= 10);
  CHECK(server.tcp_idle_timeout_s == 10);
  CHECK(server.tcp_io_timeout_ms == 500);
  CHECK(server.tcp_max_clients >= 1);
  CHECK(server.udp_max_payload_ipv4 == 1232);
  CHECK(server.udp_max_payload_ipv6 == 1232);
  CHECK_FALSE(server.async_start);
  CHECK(server.version == "Bowline 0.1.0");
  CHECK_FALSE(server.identity.has_value());
  CHECK_FALSE(server.nsid.has_value());
  CHECK_FALSE(server.edns_client_subnet);
  CHECK_FALSE(server.answer_rotation);
  CHECK(config.dataplane().sockets);
  CHECK_FALSE(config.dataplane().xdp);
  CHECK_FALSE(config.dataplane().dpdk);
  CHECK(config.dataplane().device_queues == 1);
  CHECK(config.dataplane().exception_port == "bowline");
  CHECK(config.dataplane().workers == server.udp_workers);
  CHECK(config.dataplane().hugepages == HugePages::kAuto);
  CHECK(config.dataplane().poll == Poll::kAdaptive);
  CHECK(config.control().listen == std::vector<std::string>{"/run/bowline/bowline.sock"});
  CHECK(config.control().timeout_s == 5);
  CHECK(config.storage() == "/var/lib/bowline");
  CHECK(config.zones().empty());
  CHECK(config.not_yet_effective().empty());
  CHECK(config.path().empty());
}

TEST_CASE("config: the server section") {
  const Config config = load(R"(
server:
    rundir: /run/dns
    user: daemon:daemon
    listen: 0.0.0.0@5300
    listen: ["::", 2001:db8::1@54, ::1@55, local.sock, /tmp/abs.sock]
    udp-workers: 3
    tcp-idle-timeout: 1m
    udp-max-payload: 1400
    udp-max-payload-ipv6: 2K
    identity:
    nsid: 0x00ff
    edns-client-subnet: on
    answer-rotation: true
    async-start: ON
)");
  const Server server = config.server();
  CHECK(listens(server) == std::vector<std::string>{"0.0.0.0@5300", "::@53", "2001:db8::1@54",
                                                    "::1@55", "/run/dns/local.sock",
                                                    "/tmp/abs.sock"});
  CHECK(server.udp_workers == 3);
  CHECK(config.dataplane().workers == 3);
  CHECK(server.tcp_idle_timeout_s == 60);
  CHECK(server.udp_max_payload_ipv4 == 1400);
  CHECK(server.udp_max_payload_ipv6 == 2048);
  CHECK(server.identity == "");
  CHECK(server.edns_client_subnet);
  CHECK(server.answer_rotation);
  CHECK(server.nsid == Octets{0x00, 0xff});
  CHECK(server.async_start);
  CHECK(server.pidfile == "/run/dns/bowline.pid");
  CHECK(config.control().listen.front() == "/run/dns/bowline.sock");
}

TEST_CASE("config: a single item set again takes the last value, a list grows by what is new") {
  const Config config = load("server:\n  rundir: /a\n  listen: 1.1.1.1\n"
                             "server:\n  rundir: /b\n  listen: [1.1.1.2, 1.1.1.1]\n");
  CHECK(config.server().rundir == "/b");
  CHECK(config.server().listen.size() == 2);
}

TEST_CASE("config: templates") {
  const Config config = load(R"(
template:
  - id: default
    storage: /zones/default
    semantic-checks: on
  - id: plain
    file: "%l[0]/%s"
    acl: rule
zone:
  - domain: a.example
  - domain: b.example
    semantic-checks: soft
    file: /abs/b
  - domain: C.Example.
    template: plain
    acl: []
  - domain: d.example
    storage: /own
    file: sub/d.zone
acl:
  - id: rule
)");
  const ZoneList zones = config.zones();
  REQUIRE(zones.size() == 4);
  struct Row {
    std::string name, file, storage;
    SemanticChecks checks;
  };
  const Row rows[] = {
      {"a.example.", "/zones/default/a.example.zone", "/zones/default", SemanticChecks::kOn},
      {"b.example.", "/abs/b", "/zones/default", SemanticChecks::kSoft},
      {"c.example.", "/var/lib/bowline/example/c.example", "/var/lib/bowline",
       SemanticChecks::kOff},
      {"d.example.", "/own/sub/d.zone", "/own", SemanticChecks::kOn},
  };
  for (std::size_t i = 0; i < zones.size(); ++i) {
    const Zone zone = zones[i];
    CHECK(zone.name.to_text() == rows[i].name);
    CHECK(zone.file == rows[i].file);
    CHECK(zone.storage == rows[i].storage);
    CHECK(zone.semantic_checks == rows[i].checks);
    CHECK(zones.find(zones.name(i)) == i);
  }
  CHECK_FALSE(zones.find(*dns::Name::from_text("example.")));
  CHECK(config.get("template", "plain", "acl").front().text() == "rule");
  CHECK(config.get("zone", "c.example", "acl").empty());
  CHECK(config.get("zone", "unknown.example", "storage").front().text() == "/var/lib/bowline");
  CHECK(config.ids("template") == std::vector<std::string_view>{"default", "plain"});
}

TEST_CASE("config: relative paths begin where the process does") {
  const Config config = load("database:\n  storage: data\nzone:\n  - domain: a\n    storage: z/\n");
  char buffer[4096];
  REQUIRE(getcwd(buffer, sizeof buffer) != nullptr);
  const std::string here = buffer;
  CHECK(config.storage() == here + "/data");
  CHECK(config.zones()[0].file == here + "/z/a.zone");
}

TEST_CASE("config: generic access gives typed values") {
  const Config config = load(R"(
key:
  - id: Key1
    algorithm: HMAC-SHA256
    secret: AQID
remote:
  - id: r
    address: [192.0.2.1@5353, ::1]
    key: key1.
policy:
  - id: p
    zsk-lifetime: 2d
    nsec3-salt-lifetime: -1
mod-queryacl:
  - id: q
    address: [192.0.2.73-192.0.2.90, 203.0.113.0/24]
    interface: 198.51.100
mod-onlinesign:
  - id: o
)");
  CHECK(config.ids("key") == std::vector<std::string_view>{"key1."});
  CHECK(config.get("key", "key1.", "algorithm").front().text() == "hmac-sha256");
  CHECK(config.get("key", "key1.", "secret").front().octets() == Octets{1, 2, 3});
  const auto addresses = config.get("remote", "r", "address");
  REQUIRE(addresses.size() == 2);
  CHECK(addresses[0].address().to_text() == "192.0.2.1@5353");
  CHECK_FALSE(addresses[1].address().has_port);
  CHECK(config.get("policy", "p", "zsk-lifetime").front().number() == 172800);
  CHECK(config.get("policy", "p", "nsec3-salt-lifetime").front().number() == -1);
  CHECK(config.get("policy", "p", "rrsig-lifetime").front().number() == 14 * 86400);
  CHECK(config.get("policy", "p", "ksk-size").empty());
  const auto ranges = config.get("mod-queryacl", "q", "address");
  REQUIRE(ranges.size() == 2);
  std::array<std::uint8_t, 16> inside{192, 0, 2, 80};
  std::array<std::uint8_t, 16> outside{192, 0, 2, 91};
  CHECK(ranges[0].range().contains(Address::Family::kIpv4, inside));
  CHECK_FALSE(ranges[0].range().contains(Address::Family::kIpv4, outside));
  CHECK_FALSE(ranges[0].range().contains(Address::Family::kIpv6, inside));
  const auto bitmap = config.get("mod-onlinesign", "o", "nsec-bitmap");
  REQUIRE(bitmap.size() == 2);
  CHECK(bitmap[1].text() == "AAAA");
}

TEST_CASE("config: the log section") {
  const Config config = load(R"(
log:
  - target: stderr
    any: info
    zone: Debug
  - target: /var/log/bowline.log
    server: error
    quic: notice
)");
  const auto targets = config.log();
  REQUIRE(targets.size() == 2);
  CHECK(targets[0].kind == LogTarget::Kind::kFile);
  CHECK(targets[0].path == "/var/log/bowline.log");
  CHECK(targets[0].server == LogLevel::kError);
  CHECK(targets[0].control == LogLevel::kNone);
  CHECK(targets[0].quic == LogLevel::kNotice);
  CHECK(targets[1].kind == LogTarget::Kind::kStderr);
  CHECK(targets[1].server == LogLevel::kInfo);
  CHECK(targets[1].zone == LogLevel::kDebug);
  CHECK(targets[1].quic == LogLevel::kNone);
  CHECK(load("log:\n").log().size() == 3);
  const auto defaults = load("").log();
  REQUIRE(defaults.size() == 3);
  CHECK(defaults[0].kind == LogTarget::Kind::kStderr);
  CHECK(defaults[0].zone == LogLevel::kWarning);
  CHECK(defaults[1].kind == LogTarget::Kind::kSyslog);
  CHECK(defaults[2].kind == LogTarget::Kind::kStdout);
  CHECK(defaults[2].most_severe == LogLevel::kNotice);
}

TEST_CASE("config: the dataplane section") {
  const Config config = load("server:\n  listen: 192.0.2.1\n"
                             "xdp:\n  listen: [eth0, 192.0.2.1@5353]\n  route-check: on\n"
                             "dataplane:\n  backend: [xdp, dpdk]\n  workers: 2\n  cores: [0, 3, 0]\n"
                             "  devices: [\"net_memif0,role=server\", 0000:03:00.0]\n"
                             "  device-queues: 2\n  hugepages: off\n  poll: busy\n"
                             "  drop: 198.51.100.0/24\n");
  const Dataplane dataplane = config.dataplane();
  CHECK_FALSE(dataplane.sockets);
  CHECK(dataplane.xdp);
  CHECK(dataplane.dpdk);
  CHECK(dataplane.workers == 2);
  CHECK(dataplane.cores == std::vector<unsigned>{0, 3, 0});
  CHECK(dataplane.devices ==
        std::vector<std::string>{"net_memif0,role=server", "0000:03:00.0"});
  CHECK(dataplane.device_queues == 2);
  CHECK(dataplane.drop.size() == 1);
  CHECK(dataplane.hugepages == HugePages::kOff);
  CHECK(dataplane.poll == Poll::kBusy);
  const Xdp xdp = config.xdp();
  REQUIRE(xdp.listen.size() == 2);
  CHECK(xdp.listen[0].path == "eth0");
  CHECK(xdp.listen[0].port == 53);
  CHECK(xdp.listen[1].to_text() == "192.0.2.1@5353");
  CHECK(xdp.udp);
  CHECK(xdp.route_check);
  CHECK(xdp.ring_size == 2048);
  CHECK(config.not_yet_effective().empty());
}

TEST_CASE("config: a way of moving packets is used when it has something to serve") {
  const Dataplane xdp = load("xdp:\n  listen: eth0\n").dataplane();
  CHECK(xdp.sockets);
  CHECK(xdp.xdp);
  const Dataplane dpdk =
      load("server:\n  listen: ::1\ndataplane:\n  devices: net_null0\n").dataplane();
  CHECK(dpdk.sockets);
  CHECK(dpdk.dpdk);
  CHECK_FALSE(load("xdp:\n  listen: eth0\ndataplane:\n  backend: sockets\n").dataplane().xdp);
}

TEST_CASE("config: what is not yet effective is named once") {
  const Config config = load(R"(
server:
  automatic-acl: on
  listen: 127.0.0.1
  comment: "for tests"
remote:
  - id: r
    address: 192.0.2.1
  - id: s
    address: 192.0.2.2
template:
  - id: default
    notify: r
zone:
  - domain: a
    notify: r
  - domain: b
    notify: s
)");
  CHECK(config.not_yet_effective() ==
        std::vector<std::string>{"server.automatic-acl", "remote.address", "template.notify",
                                 "zone.notify"});
}

TEST_CASE("config: the user is looked up") {
  auto config = load_config_text("server:\n  user: root\n");
  REQUIRE(config.ok());
  CHECK(config->server().user.uid == 0);
  CHECK(config->server().user.group == "root");
}

TEST_CASE("config: include and clear") {
  const TemporaryFolder folder;
  folder.write("zones/b.conf", "zone:\n  - domain: b\n");
  folder.write("zones/a.conf", "zone:\n  - domain: a\n");
  folder.write("zones/c.txt", "not a configuration");
  folder.write("remotes", "remote:\n  - id: r\n    address: 192.0.2.1\nserver:\n  identity: x\n");
  const std::string main = folder.write(
      "main.conf", "server:\n  version: v\ninclude: remotes\nclear: server\n"
                   "include: \"zones/*.conf\"\ninclude: none/*.conf\n"
                   "zone:\n  - domain: c\n    notify: r\nclear: !(zone|remote)\n");
  const auto config = load_config(main);
  INFO((config ? std::string() : config.error()));
  REQUIRE(config.ok());
  CHECK(config->path() == main);
  REQUIRE(config->zones().size() == 3);
  CHECK(config->zones().name(0).to_text() == "a.");
  CHECK(config->zones().name(1).to_text() == "b.");
  CHECK(config->zones().name(2).to_text() == "c.");
  CHECK_FALSE(config->has_section("server"));
  CHECK(config->has_section("remote"));
}

TEST_CASE("config: include errors") {
  const TemporaryFolder folder;
  const std::string self = folder.write("self.conf", "include: self.conf\n");
  CHECK(load_config(self).error() ==
        self + ":1:10: include: " + self + " includes itself");
  const std::string missing = folder.write("missing.conf", "\ninclude: nowhere\n");
  CHECK(load_config(missing).error() ==
        missing + ":2:10: include: " + folder.path() + "/nowhere: No such file or directory");
  for (int i = 0; i < 10; ++i) {
    folder.write("d" + std::to_string(i), "include: d" + std::to_string(i + 1) + "\n");
  }
  CHECK(load_config(folder.path() + "/d0").error() ==
        folder.path() + "/d7:1:10: include: more than 8 files include each other");
  const std::string bad = folder.write("bad.conf", "include: inner\nserver:\n  x: 1\n");
  const std::string inner = folder.write("inner", "zone:\n  - domain: a..b\n");
  const std::string text = load_config(bad).error();
  CHECK(text.find(bad + ":3:3: server.x: there is no such item") == 0);
  CHECK(text.find("\n" + inner + ":2:13: zone.domain: \"a..b\"") != std::string::npos);
  CHECK(load_config(folder.path()).error() == folder.path() + ": not a regular file");
  CHECK(load_config("/nonexistent.conf").error() ==
        "/nonexistent.conf: No such file or directory");
  const auto refused = load_config_text("include: /etc/passwd\n", "t", {.allow_include = false});
  CHECK(refused.error() == "t:1:10: include: not allowed in this text");
}
