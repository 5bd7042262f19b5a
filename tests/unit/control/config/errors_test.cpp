// Errors of configurations: place, what was found, what is allowed, and the likely meaning.
#include <catch2/catch.hpp>

#include "control/config/config.h"

using namespace bowline::control::config;

namespace {

std::string error_of(const std::string& text) {
  const auto config = load_config_text(text, "f", {.allow_include = false});
  return config ? "" : config.error();
}

struct Row {
  std::string text;
  std::string error;
};

void check(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    INFO(row.text);
    CHECK(error_of(row.text) == row.error);
  }
}

}  // namespace

TEST_CASE("errors: structure") {
  check({
      {"servr:\n  listen: ::1\n  x: y\n",
       "f:1:1: servr: there is no such section; did you mean server?"},
      {"bogus:\n", "f:1:1: bogus: there is no such section"},
      {"Server:\n", "f:1:1: Server: there is no such section; did you mean server?"},
      {"server:\n  lisen: ::1\n",
       "f:2:3: server.lisen: there is no such item; did you mean listen?"},
      {"server:\n  udp-wrokers: 1\n",
       "f:2:3: server.udp-wrokers: there is no such item; did you mean udp-workers?"},
      {"zone:\n  - domain: a\n    fiel: b\n",
       "f:3:5: zone.fiel: there is no such item; did you mean file?"},
      {"template:\n  - id: a\n    domain: b\n", "f:3:5: template.domain: there is no such item"},
      {"server: x\n", "f:1:9: server: a section has no value; its items follow on lines below"},
      {"server:\nidentity: x\n", "f:2:1: identity: there is no such section"},
      {"  server:\n",
       "f:1:3: server: the line belongs to no section; sections begin in column 1"},
      {"server:\n   identity: x\n  version: y\n",
       "f:3:3: server.version: must stand in column 4 as the items above do"},
      {"server:\n  - identity: x\n",
       "f:2:3: server: the section has no list of entries, remove the dash before identity"},
      {"zone:\n    domain: a\n",
       "f:2:5: zone: an entry begins with \"- domain: ...\", found domain"},
      {"zone:\n  - file: a\n", "f:2:5: zone: an entry begins with \"- domain: ...\", found file"},
      {"zone:\n  - domain: a\n    domain: b\n",
       "f:3:5: zone.domain: begins an entry, a dash is missing"},
      {"zone:\n  - domain: a\n   file: x\n",
       "f:3:4: zone[a].file: must stand in column 5 as the items above do"},
      {"zone:\n  - domain: a\n - domain: b\n",
       "f:3:2: zone: the dash must stand in column 3 as the first one does"},
      {"zone:\n  - domain: [a, b]\n", "f:2:5: zone.domain: needs exactly one value"},
      {"template:\n  - id: \"\"\n", "f:2:5: template.id: needs exactly one value"},
      {"server:\n\tidentity: x\n", "f:2:1: a tab in the indentation, allowed are spaces"},
      {"server:\n  identity: x y\n",
       "f:2:15: more text after the value; one with spaces or any of \",# needs double quotes"},
      {"clear:\n", "f:1:1: clear: the pattern of sections is missing"},
      {"include: x\n", "f:1:10: include: not allowed in this text"},
      {"include:\n", "f:1:1: include: the path or pattern is missing"},
  });
}

TEST_CASE("errors: values") {
  const std::string socket =
      "allowed is ADDRESS, ADDRESS@PORT (ports 1 to 65535), or the path of a UNIX socket";
  check({
      {"server:\n  listen: 127.0.0.1@70000\n",
       "f:2:11: server.listen: \"127.0.0.1@70000\", " + socket},
      {"server:\n  listen: [::1, 1.2.3]\n", "f:2:17: server.listen: \"1.2.3\", " + socket},
      {"server:\n  udp-workers: 0\n",
       "f:2:16: server.udp-workers: \"0\", allowed is a number, 1 to 256"},
      {"server:\n  udp-workers:\n",
       "f:2:3: server.udp-workers: the value is missing, allowed is a number, 1 to 256"},
      {"server:\n  udp-max-payload: 5K\n",
       "f:2:20: server.udp-max-payload: \"5K\", allowed is a size (units B K M G), 1220 to 4096 "
       "octets"},
      {"zone:\n  - domain: a\n    semantic-checks: sort\n",
       "f:3:22: zone[a].semantic-checks: \"sort\", allowed is on, off or soft; did you mean soft?"},
      {"zone:\n  - domain: a\n    file: \"%z\"\n",
       "f:3:11: zone[a].file: \"%z\" is no formatter, allowed are %s, %c[N], %c[N-M], %l[N] and "
       "%%"},
      {"log:\n  - target: stdout\n    any: warn\n",
       "f:3:10: log[stdout].any: \"warn\", allowed is critical, error, warning, notice, info or "
       "debug"},
      {"dataplane:\n  backend: socket\n",
       "f:2:12: dataplane.backend: \"socket\", allowed is sockets, xdp or dpdk; did you mean "
       "sockets?"},
  });
}

TEST_CASE("errors: the whole") {
  check({
      {"zone:\n  - domain: a.b\n  - domain: A.B.\n",
       "f:3:13: zone.domain: \"a.b.\" is there already, see f:2"},
      {"template:\n  - id: x\n  - id: y\n  - id: x\n",
       "f:4:9: template.id: \"x\" is there already, see f:2"},
      {"key:\n  - id: k\n    algorithm: hmac-md5\n    secret: AQID\n  - id: K.\n"
       "    algorithm: hmac-md5\n    secret: AQID\n",
       "f:5:9: key.id: \"k.\" is there already, see f:2"},
      {"template:\n  - id: signed\nzone:\n  - domain: a\n    template: singed\n",
       "f:5:15: zone[a].template: there is no template \"singed\"; did you mean signed?"},
      {"zone:\n  - domain: a\n    template: t\n",
       "f:3:15: zone[a].template: there is no template \"t\"; none is defined"},
      {"zone:\n  - domain: a\n    notify: [r, q]\nremote:\n  - id: r\n    address: ::1\n",
       "f:3:17: zone[a].notify: there is no remote or remotes \"q\""},
      {"zone:\n  - domain: a\n    module: mod-rrl/x\n",
       "f:3:13: zone[a].module: there is no mod-rrl \"x\"; none is defined"},
      {"zone:\n  - domain: a\n    module: mod-statz\n",
       "f:3:13: zone[a].module: there is no module \"mod-statz\"; did you mean mod-stats?"},
      {"key:\n  - id: k\n    algorithm: hmac-md5\n", "f:2:9: key[k.].secret: must be set"},
      {"remote:\n  - id: r\n", "f:2:9: remote[r].address: must be set"},
      {"server:\n  listen: [::1, 127.0.0.1, ::1@53]\n",
       "f:2:28: server.listen: \"::1@53\" is listed twice"},
      {"server:\n  user: nobody-here\n",
       "f:2:9: server.user: the system has no user \"nobody-here\""},
      {"server:\n  user: root:nobody-here\n",
       "f:2:9: server.user: the system has no group \"nobody-here\""},
      {"template:\n  - id: x\n    global-module: mod-rrl\n",
       "f:3:20: template[x].global-module: is allowed in the template `default` only"},
      {"remote:\n  - id: r\n    address: ::1\nacl:\n  - id: a\n    remote: r\n"
       "    address: ::1\n",
       "f:6:13: acl[a].remote: cannot be set together with address"},
      {"mod-geoip:\n  - id: g\n    config-file: x\n    mode: geodb\n",
       "f:2:9: mod-geoip[g].geodb-file: must be set if mode is geodb"},
      {"mod-noudp:\n  - id: n\n    udp-allow-rate: 1\n    udp-truncate-rate: 1\n",
       "f:3:21: mod-noudp[n].udp-allow-rate: cannot be set together with udp-truncate-rate"},
      {"mod-synthrecord:\n  - id: s\n    type: reverse\n    network: ::/64\n",
       "f:2:9: mod-synthrecord[s].origin: must be set if type is reverse"},
      {"zone:\n  - domain: a\n    catalog-role: interpret\n",
       "f:2:13: zone[a].catalog-template: must be set if catalog-role is interpret"},
      {"template:\n  - id: default\n    catalog-zone: c\nzone:\n  - domain: a\n",
       "f:5:13: zone[a].catalog-zone: is allowed only if catalog-role is member"},
      {"policy:\n  - id: p\n    ksk-size: 2048\n",
       "f:3:15: policy[p].ksk-size: \"2048\", algorithm ecdsap256sha256 has 256"},
      {"policy:\n  - id: p\n    algorithm: rsasha512\n    zsk-size: 512\n",
       "f:4:15: policy[p].zsk-size: \"512\", algorithm rsasha512 has 1024 to 4096"},
      {"mod-cookies:\n  - id: c\n    secret: [0123456789abcdef, 0123456789abcdeg, "
       "0123456789abcdeh]\n",
       "f:3:50: mod-cookies[c].secret: at most 2 values are allowed"},
  });
}

TEST_CASE("errors: ways of moving packets") {
  std::string sixteen = "eth0";
  for (int i = 1; i < 16; ++i) sixteen += ", eth" + std::to_string(i);
  const std::string port_name =
      ", allowed are 1 to 13 characters of an interface's name, to which a number is added";
  check({
      {"dataplane:\n  backend: [sockets, xdp]\n",
       "f:2:22: dataplane.backend: xdp has nothing to serve, set xdp.listen"},
      {"dataplane:\n  backend: xdp\nxdp:\n  listen: eth0\n", ""},
      {"dataplane:\n  backend: dpdk\nserver:\n  listen: ::1\n",
       "f:2:12: dataplane.backend: dpdk has nothing to serve, set dataplane.devices"},
      {"dataplane:\n  devices: net_tap0\n",
       "f:2:12: dataplane.devices: no address is served on them, set server.listen"},
      {"dataplane:\n  backend: sockets\n  devices: net_tap0\n", ""},
      {"server:\n  listen: ::1\ndataplane:\n  devices: [\"net_tap0,iface=a\", net_null0, "
       "\"net_tap0,iface=b\"]\n",
       "f:4:44: dataplane.devices: the device \"net_tap0\" is listed twice"},
      {"server:\n  listen: ::1\ndataplane:\n  devices: \"net_tap0,iface=" +
           std::string(1100, 'a') + "\"\n",
       "f:4:12: dataplane.devices: \"net_tap0\" has more than 1024 octets of arguments"},
      {"xdp:\n  listen: [eth0, eth1, eth0@53]\n",
       "f:2:24: xdp.listen: \"eth0@53\" is listed twice"},
      {"xdp:\n  listen: [192.0.2.1@53, 192.0.2.1]\n",
       "f:2:26: xdp.listen: \"192.0.2.1\" is listed twice"},
      {"xdp:\n  listen: [192.0.2.1@5353, 192.0.2.1@5353]\n", ""},  // taken once
      {"xdp:\n  listen: [eth0@53, eth0@5353, " + sixteen.substr(6) + "]\n", ""},
      {"xdp:\n  listen: [" + sixteen + "]\n", ""},
      {"xdp:\n  listen: [" + sixteen + "]\n  listen: eth16\n",
       "f:3:11: xdp.listen: interfaces and devices together, at most 16 are allowed"},
      {"server:\n  listen: ::1\nxdp:\n  listen: [" + sixteen +
           "]\ndataplane:\n  devices: net_tap0\n",
       "f:4:107: xdp.listen: interfaces and devices together, at most 16 are allowed"},
      {"dataplane:\n  exception-port: thirteen-char\n", ""},
      {"dataplane:\n  exception-port: fourteen-chars\n",
       "f:2:19: dataplane.exception-port: \"fourteen-chars\"" + port_name},
      {"dataplane:\n  exception-port: a/b\n",
       "f:2:19: dataplane.exception-port: \"a/b\"" + port_name},
      {"xdp:\n  ring-size: 3\n",
       "f:2:14: xdp.ring-size: \"3\", allowed is a number, 4 to 32768"},
      {"xdp:\n  ring-size: 32769\n",
       "f:2:14: xdp.ring-size: \"32769\", allowed is a number, 4 to 32768"},
      {"xdp:\n  ring-size: 5000\n", ""},
      {"dataplane:\n  drop: 198.51.100.0/33\n",
       "f:2:9: dataplane.drop: \"198.51.100.0/33\", allowed is ADDRESS, ADDRESS/PREFIX or "
       "FIRST-LAST in order"},
  });
}

TEST_CASE("errors: more prefixes to drop than the XDP program holds") {
  std::string text = "dataplane:\n";
  // 222 prefixes each, the most that a range within a /16 can have: 295 of them and 46 fit.
  for (int i = 1000; i < 1295; ++i) {
    const std::string begin = std::to_string(i);
    text += "  drop: " + begin + "::1-" + begin + ":ffff:ffff:ffff:ffff:ffff:ffff:fffe\n";
  }
  text += "  drop: ::1-::3ff:ffff:ffff\n";
  check({{text, ""},
         {text + "  drop: 192.0.2.1-192.0.2.31\n  drop: 192.0.2.1-192.0.2.9\n",
          "f:298:9: dataplane.drop: more than 65536 prefixes from here on, which the XDP program "
          "cannot hold"}});
}

TEST_CASE("errors: several are reported in the order of lines") {
  CHECK(error_of("zone:\n  - domain: a\n    template: t\nserver:\n  x: y\n  listen: z@1\n") ==
        "f:3:15: zone[a].template: there is no template \"t\"; none is defined\n"
        "f:5:3: server.x: there is no such item\n"
        "f:6:11: server.listen: \"z@1\", allowed is ADDRESS, ADDRESS@PORT (ports 1 to 65535), or "
        "the path of a UNIX socket");
}

TEST_CASE("errors: the first twenty of a file are reported") {
  std::string text = "server:\n";
  for (int i = 0; i < 30; ++i) text += "  bad" + std::to_string(i) + ": x\n";
  const std::string error = error_of(text);
  CHECK(std::count(error.begin(), error.end(), '\n') == 19);
  CHECK(error.find("bad19") != std::string::npos);
  CHECK(error.find("bad20") == std::string::npos);
}
