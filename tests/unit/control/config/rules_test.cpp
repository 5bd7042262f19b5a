// Rules between items: what knotd refuses, and what the manual says besides.
#include <catch2/catch.hpp>

#include "control/config/config.h"

using namespace bowline::control::config;

namespace {

// What stands before the text of each row, so that it has something to refer to.
constexpr std::string_view kBase = R"(remote:
  - id: r
    address: ::1
key:
  - id: k
    algorithm: hmac-md5
    secret: QUJD
)";

struct Row {
  std::string text;
  std::string error;  // without the place; empty: it is right
};

std::string policy(const std::string& items) { return "policy:\n  - id: p\n" + items; }
std::string zone(const std::string& items) { return "zone:\n  - domain: z\n" + items; }

void check(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    INFO(row.text);
    const auto config = load_config_text(std::string(kBase) + row.text, "f");
    const std::string error = config ? std::string() : config.error();
    const std::size_t message = error.find(": ");
    CHECK((message == error.npos ? "" : error.substr(message + 2)) == row.error);
  }
}

}  // namespace

TEST_CASE("rules: lives of keys and signatures") {
  check({
      {policy("    ksk-lifetime: 7199\n"),
       "policy[p].ksk-lifetime: 7199 seconds, but a rollover takes 7200 (2 propagation-delay + 2 "
       "dnskey-ttl)"},
      {policy("    ksk-lifetime: 7200\n"), ""},
      {policy("    ksk-lifetime: 0\n    propagation-delay: 90d\n    zsk-lifetime: 0\n"), ""},
      {policy("    propagation-delay: 10\n    dnskey-ttl: 7\n    ksk-lifetime: 34\n"), ""},
      {policy("    propagation-delay: 10\n    dnskey-ttl: 7\n    zone-max-ttl: 1000\n"
              "    zsk-lifetime: 1026\n"),
       "policy[p].zsk-lifetime: 1026 seconds, but a rollover takes 1027 (2 propagation-delay + "
       "dnskey-ttl + zone-max-ttl)"},
      {policy("    propagation-delay: 10\n    dnskey-ttl: 7\n    zone-max-ttl: 3\n"
              "    zsk-lifetime: 30\n"), ""},
      {policy("    single-type-signing: on\n    zsk-lifetime: 1\n"), ""},
      {policy("    single-type-signing: on\n    propagation-delay: 10\n    dnskey-ttl: 7\n"
              "    ksk-lifetime: 33\n"),
       "policy[p].ksk-lifetime: 33 seconds, but a rollover takes 34 (2 propagation-delay + "
       "dnskey-ttl + zone-max-ttl)"},
      {policy("    rrsig-lifetime: 3700\n    rrsig-refresh: 100\n"),
       "policy[p].rrsig-refresh: with rrsig-pre-refresh 3700 seconds, must be less than "
       "rrsig-lifetime, which is 3700"},
      {policy("    rrsig-lifetime: 3701\n    rrsig-refresh: 100\n"), ""},
      {policy("    rrsig-lifetime: 1\n"), ""},
  });
}

TEST_CASE("rules: keys of others, and stores") {
  check({
      {policy("    dnskey-management: incremental\n"),
       "policy[p].dnskey-management: incremental needs a delete-delay"},
      {policy("    dnskey-management: incremental\n    delete-delay: 1\n"), ""},
      {policy("    dnskey-management: incremental\n    delete-delay: 1\n    offline-ksk: on\n"),
       "policy[p].dnskey-management: incremental cannot be set together with offline-ksk"},
      {policy("    ds-push: r\n    cds-cdnskey-publish: none\n"),
       "policy[p].ds-push: needs CDS records, but cds-cdnskey-publish is none"},
      {policy("    cds-cdnskey-publish: none\n"), ""},
      {"keystore:\n  - id: s\n    key-label: on\n",
       "keystore[s].key-label: is allowed only if backend is pkcs11"},
      {"keystore:\n  - id: s\n    key-label: on\n    backend: pkcs11\n", ""},
      {"keystore:\n  - id: s\n    key-label: off\n", ""},
  });
}

TEST_CASE("rules: where the contents of a zone come from") {
  check({
      {zone("    zonefile-load: difference-no-serial\n"),
       "zone[z].zonefile-load: difference-no-serial needs journal-content: all"},
      {zone("    zonefile-load: difference-no-serial\n    journal-content: all\n"), ""},
      {"template:\n  - id: t\n    zonefile-load: difference-no-serial\n", ""},
      {"template:\n  - id: default\n    zonefile-load: difference-no-serial\n" +
           zone("    journal-content: all\n"), ""},
      {"template:\n  - id: default\n    zonefile-load: difference-no-serial\n" + zone(""),
       "zone[z].zonefile-load: difference-no-serial needs journal-content: all"},
      {zone("    dnssec-signing: on\n    dnssec-validation: on\n"),
       "zone[z].dnssec-validation: cannot be set together with dnssec-signing"},
      {zone("    refresh-max-interval: 5\n    refresh-min-interval: 6\n"),
       "zone[z].refresh-max-interval: 5 seconds, must be at least refresh-min-interval, which is "
       "6"},
      {zone("    retry-max-interval: 6\n    retry-min-interval: 6\n"), ""},
      {zone("    expire-max-interval: 3\n"), ""},
      {zone("    serial-modulo: 0/1\n"), ""},
      {zone("    serial-modulo: 1/2\n    dnssec-signing: on\n"),
       "zone[z].serial-modulo: needs dnssec-signing, and zonefile-load none or "
       "difference-no-serial"},
      {zone("    serial-modulo: 1/2\n    dnssec-signing: on\n    zonefile-load: none\n"), ""},
      {zone("    ddns-master: \"\"\n"),
       "zone[z].ddns-master: may be empty only with dnssec-signing"},
      {zone("    ddns-master: \"\"\n    dnssec-signing: on\n"), ""},
      {zone("    ddns-master: r\n"), ""},
  });
}

TEST_CASE("rules: catalogs") {
  const std::string member = "template:\n  - id: t\n    catalog-role: ";
  const std::string catalog = zone("    catalog-role: interpret\n    catalog-template: t\n");
  check({
      {zone("    catalog-role: generate\n"), ""},
      {zone("    catalog-role: generate\n    serial-policy: unixtime\n"), ""},
      {zone("    catalog-role: generate\n    serial-policy: increment\n"),
       "zone[z].serial-policy: a generated catalog has unixtime"},
      {"template:\n  - id: default\n    serial-policy: dateserial\n" +
           zone("    catalog-role: generate\n"),
       "zone[z].serial-policy: a generated catalog has unixtime"},
      {member + "member\n    catalog-zone: c\n" + catalog, ""},
      {member + "generate\n" + catalog,
       "zone[z].catalog-template: \"t\" is for catalogs, not for members"},
      {member + "none\n    catalog-template: t\n" + catalog,
       "zone[z].catalog-template: \"t\" is for catalogs, not for members"},
  });
}

TEST_CASE("rules: remotes, modules, xdp") {
  check({
      {"remotes:\n  - id: r\n    remote: r\n",
       "remote[r].id: there is an entry of that name in remotes, too\n"
       "f:9:9: remotes[r].id: there is an entry of that name in remote, too"},
      {"remotes:\n  - id: g\n", "remotes[g].remote: must be set"},
      {zone("    module: mod-dnsproxy\n"),
       "zone[z].module: mod-dnsproxy needs remote, name an entry: mod-dnsproxy/ID"},
      {zone("    module: mod-rrl\n"), ""},
      {"mod-synthrecord:\n  - id: s\n    type: forward\n    network: ::1\n    origin: a\n",
       "mod-synthrecord[s].origin: is allowed only if type is reverse"},
      {"mod-synthrecord:\n  - id: s\n    type: forward\n    network: ::1\n"
       "    reverse-short: off\n",
       "mod-synthrecord[s].reverse-short: is allowed only if type is reverse"},
      {"mod-synthrecord:\n  - id: s\n    type: reverse\n    network: ::1\n    origin: a\n"
       "    reverse-short: off\n", ""},
      {"xdp:\n  listen: lo\n  udp: off\n",
       "xdp.listen: there is nothing to serve: udp, tcp and quic are off"},
      {"xdp:\n  listen: lo\n  udp: off\n  tcp: on\n", ""},
  });
}
