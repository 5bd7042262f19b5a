// Configurations of the forms that the manual shows, with names of our own: all must load.
#include <catch2/catch.hpp>

#include "control/config/config.h"

using namespace bowline::control::config;

namespace {

struct Snippet {
  const char* name;
  const char* text;
  std::size_t zones;
};

const Snippet kSnippets[] = {
    {"a simple server", R"(# Two listeners, one zone.
server:
    listen: 0.0.0.0@53
    listen: ::@53

zone:
  - domain: pond.example
    storage: /srv/zones/
    file: pond.example.zone

log:
  - target: syslog
    any: info
)", 1},
    {"templates", R"(
remote:
  - id: heron
    address: 192.0.2.1
  - id: stork
    address: 192.0.2.2
  - id: crane
    address: 192.0.2.3
template:
  - id: default
    storage: /srv/zones/own
    semantic-checks: on

  - id: sealed
    storage: /srv/zones/sealed
    dnssec-signing: on
    semantic-checks: on
    master: [heron, stork]

  - id: copy
    storage: /srv/zones/copy

zone:
  - domain: reed.example      # the default template
  - domain: moss.example      # the default template
    semantic-checks: off      # but for one setting
  - domain: fern.test
    template: sealed
    master: crane             # instead of the template's
  - domain: lily.example
    template: copy
    master: heron
)", 4},
    {"access rules", R"(
key:
  - id: gate-key
    algorithm: hmac-sha256
    secret: AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=
acl:
  - id: by-address
    address: [2001:db8:5::1, 198.51.100.0/24]
    action: transfer
  - id: not-him
    address: 198.51.100.9
    action: transfer
    deny: on
  - id: nobody
    address: 203.0.113.0/24
    deny: on
  - id: by-key
    key: gate-key
    action: [transfer, notify]
zone:
  - domain: one.example.org
    acl: [not-him, by-address]
  - domain: two.example.org
    acl: [nobody, by-key]
)", 2},
    {"a secondary", R"(
server:
    automatic-acl: on
key:
  - id: shared-key
    algorithm: hmac-sha256
    secret: ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=
remote:
  - id: upstream
    address: [2001:DB8:9::1, 192.0.2.53]
#    via: [2001:DB8:9::2, 192.0.2.54]
    key: shared-key
zone:
  - domain: pond.example
    master: upstream
)", 1},
    {"a primary", R"(
remote:
  - id: downstream
    address: 2001:DB8:9::7
acl:
  - id: here
    address: [::1, 127.0.0.1]
    action: transfer
zone:
  - domain: pond.example
    notify: downstream
    acl: here
)", 1},
    {"dynamic updates", R"(
key:
  - id: org.example
    algorithm: hmac-sha512
    secret: QUJD
  - id: anna.org.example
    algorithm: hmac-sha384
    secret: QUJD
acl:
  - id: whole
    address: 192.0.2.0/24
    action: update
  - id: forward
    action: update
  - id: types
    action: update
    update-type: [A, AAAA, TYPE65280]
  - id: listed
    action: update
    update-owner: name
    update-owner-match: equal
    update-owner-name: [www, mail.]
  - id: below
    action: update
    update-owner: zone
    update-owner-match: sub
  - id: keyed
    action: update
    update-owner: key
    update-owner-match: sub-or-equal
    key: [org.example., ANNA.org.example]
template:
  - id: default
    acl: below
zone:
  - domain: org.example.
    acl: [whole, forward, types, listed, keyed]
  - domain: net.example.
)", 2},
    {"signing", R"(
remote:
  - id: above
    address: 192.0.2.200@53
submission:
  - id: check-above
    parent: [above]
policy:
  - id: by-hand
    manual: on
  - id: rolled
    signing-threads: 4
    algorithm: ECDSAP256SHA256
    zsk-lifetime: 60d
    ksk-lifetime: 365d
    ksk-submission: check-above
  - id: hurried
    ksk-lifetime: 5m
    zsk-lifetime: 2m
    propagation-delay: 2s
    dnskey-ttl: 10s
    zone-max-ttl: 15s
    keytag-modulo: 1/3
zone:
  - domain: a.test
    dnssec-signing: on
    dnssec-policy: by-hand
  - domain: b.test
    dnssec-signing: on
    dnssec-policy: rolled
  - domain: c.test
    dnssec-policy: default
    zonefile-sync: -1
    zonefile-load: difference-no-serial
    journal-content: all
)", 3},
    {"catalogs", R"(
acl:
  - id: to-them
    address: 192.0.2.9
    action: transfer
remote:
  - id: from-us
    address: 192.0.2.8
template:
  - id: made
    catalog-role: member
    catalog-zone: list.
    acl: to-them
  - id: taken
    master: from-us
  - id: taken-sealed
    dnssec-signing: on
zone:
  - domain: list.
    catalog-role: generate
    acl: to-them
  - domain: first.example.
    template: made
  - domain: other-list.
    file: /srv/zones/other-list
    master: from-us
    catalog-role: interpret
    catalog-template: [ taken, taken-sealed ]
)", 3},
    {"encrypted transfers", R"(
server:
    listen-quic: ::1
    listen-tls: [::1, 127.0.0.1@8853]
    automatic-acl: on
remote:
  - id: peer
    address: ::2
    quic: on
    cert-key: AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=
zone:
  - domain: pond.example
    notify: peer
)", 1},
    {"several signers", R"(
remote:
  - id: signer-a
    address: 192.0.2.1
  - id: signer-c
    address: 192.0.2.3
remotes:
  - id: others
    remote: [signer-a, signer-c]
acl:
  - id: signers
    remote: [ signer-a, others ]
    action: [ query, update ]
dnskey-sync:
  - id: exchange
    remote: [ signer-c, signer-a ] # in this order
submission:
  - id: sub
policy:
  - id: many
    single-type-signing: on
    ksk-lifetime: 60d
    ksk-submission: sub
    propagation-delay: 14h
    delete-delay: 2h
    cds-cdnskey-publish: always
    dnskey-management: incremental
    dnskey-sync: exchange
    unsafe-operation: [no-check-keyset, no-update-nsec]
zone:
  - domain: pond.example.
    dnssec-signing: on
    dnssec-policy: many
    ddns-master: ""
    serial-modulo: 1/3
    zonefile-load: difference-no-serial
    journal-content: all
    acl: signers
)", 1},
    {"query modules", R"(
remote:
  - id: hidden
    address: 10.1.2.3
policy:
  - id: quick
    algorithm: RSASHA256
    ksk-size: 2048
    rrsig-lifetime: 25h
    rrsig-refresh: 20h
mod-cookies:
  - id: default
    secret-lifetime: 30h # not every day
    badcookie-slip: 3
  - id: fixed
    secret: 0x00112233445566778899aabbccddeeff
mod-dnsproxy:
  - id: default
    remote: hidden
    fallback: on
mod-dnstap:
  - id: all
    sink: unix:/run/tap.sock
mod-geoip:
  - id: places
    config-file: /etc/places.conf
    ttl: 20
    mode: geodb
    geodb-file: /var/lib/places.mmdb
    geodb-key: [ country/iso_code, city/names/en, (id)city/geoname_id ]
mod-noudp:
 - id: sometimes
   udp-allow-rate: 1000  # every thousandth stays whole
mod-onlinesign:
  - id: explicit
    policy: quick
  - id: signal
    nsec-bitmap: [CDS, CDNSKEY]
mod-probe:
  - id: custom
    path: /run/probe
    channels: 8
    max-rate: 1000000
mod-queryacl:
  - id: default
    address: [192.0.2.73-192.0.2.90, 203.0.113.0/24]
    interface: 198.51.100
mod-rrl:
  - id: custom
    rate-limit: 200
mod-stats:
  - id: custom
    edns-presence: on
    query-type: on
mod-synthrecord:
  - id: lan
    type: forward
    prefix: ip-
    ttl: 1200
    network: 192.168.100.0/24
  - id: back
    type: reverse
    prefix: dynamic-
    origin: test
    ttl: 400
    network: 2620:0:b61::/52
template:
    - id: default
      global-module: [mod-cookies/default, mod-rrl, mod-dnsproxy/default, mod-dnstap/all]
      module: mod-noudp/sometimes
zone:
  - domain: lan.example.net
    module: [mod-synthrecord/lan, mod-onlinesign]
  - domain: 1.6.b.0.0.0.0.0.0.2.6.2.ip6.arpa.
    file: 1.6.b.0.0.0.0.0.0.2.6.2.ip6.arpa.zone # must exist
    module: mod-synthrecord/back
  - domain: whoami.example
    file: "/srv/zones/whoami.example"
    module: mod-whoami
  - domain: _signal.ns1.example.com
    module: [mod-authsignal, mod-onlinesign/signal, mod-geoip/places, mod-probe/custom]
)", 4},
    {"addresses with ways to them", R"(
remote:
  - id: example
    address: [198.51.100.10, 2001:db8::10, 198.51.100.20, 2001:db8::20]
    via: [198.51.100.1, 198.51.100.2, 2001:db8::1]
    block-notify-after-transfer: on
  - id: local
    address: /run/other.sock
)", 0},
    {"hardware tokens and databases", R"(
keystore:
  - id: token
    backend: pkcs11
    config: "pkcs11:token=dns;pin-value=1234 /usr/lib/pkcs11/libsofthsm2.so"
    key-label: on
policy:
  - id: hsm
    keystore: token
database:
    storage: /srv/db
    journal-db-mode: asynchronous
    journal-db-max-size: 1G
    kasp-db: /srv/keys
statistics:
    timer: 60
    append: on
xdp:
    listen: [eth0, 192.0.2.1@5353, ens786f0@53]
    tcp: on
    busypoll-budget: 32
module:
  - id: mod-own
    file: /usr/lib/own.so
)", 0},
};

}  // namespace

TEST_CASE("manual: configurations of its forms load") {
  for (const Snippet& snippet : kSnippets) {
    INFO(snippet.name);
    const auto config = load_config_text(snippet.text, "snippet");
    INFO((config ? std::string() : config.error()));
    REQUIRE(config.ok());
    CHECK(config->zones().size() == snippet.zones);
  }
}

TEST_CASE("manual: all of its sections are there") {
  for (const char* section :
       {"module", "server", "xdp", "control", "log", "statistics", "database", "keystore", "key",
        "remote", "remotes", "acl", "submission", "dnskey-sync", "policy", "template", "zone"}) {
    const auto config = load_config_text(std::string(section) + ":\n");
    INFO(section);
    REQUIRE(config.ok());
    CHECK_FALSE(config->has_section(section));  // nothing of it is set
  }
}
