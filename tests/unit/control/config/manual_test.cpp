// Configurations of the forms that the manual shows, with names of our own: all must load and mean
// what they mean there.
#include <catch2/catch.hpp>

#include "control/config/config.h"

using namespace bowline::control::config;

namespace {

// The effective values of an item, joined by spaces.
struct Expected {
  const char* section;
  const char* id;
  const char* item;
  const char* values;
};

struct Snippet {
  const char* name;
  const char* text;
  std::size_t zones;
  std::vector<Expected> expected;
};

struct Printer {
  std::string operator()(bool flag) const { return flag ? "on" : "off"; }
  std::string operator()(std::int64_t number) const { return std::to_string(number); }
  std::string operator()(const std::string& text) const { return text; }
  std::string operator()(const Octets& octets) const {
    std::string text;
    for (const std::uint8_t octet : octets) {
      text += "0123456789abcdef"[octet >> 4];
      text += "0123456789abcdef"[octet & 15];
    }
    return text;
  }
  std::string operator()(const Address& address) const { return address.to_text(); }
  std::string operator()(const AddressRange& range) const {
    return Address{range.family, false, 0, range.first, {}}.host_text() + "-" +
           Address{range.family, false, 0, range.last, {}}.host_text();
  }
  std::string operator()(const bowline::dns::Name& name) const { return name.to_text(); }
};

std::string values_of(const Config& config, const Expected& expected) {
  std::string text;
  for (const Value& value : config.get(expected.section, expected.id, expected.item)) {
    text += (text.empty() ? "" : " ") + std::visit(Printer{}, value.content());
  }
  return text;
}

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
)", 1, {
      {"server", "", "listen", "0.0.0.0@53 ::@53"},
      {"zone", "pond.example.", "storage", "/srv/zones/"},
      {"zone", "pond.example.", "file", "pond.example.zone"},
      {"zone", "pond.example.", "semantic-checks", "off"},
      {"log", "syslog", "any", "info"}}},
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
)", 4, {
      {"zone", "reed.example.", "semantic-checks", "on"},
      {"zone", "moss.example.", "semantic-checks", "off"},
      {"zone", "moss.example.", "storage", "/srv/zones/own"},
      {"zone", "fern.test.", "master", "crane"},
      {"zone", "fern.test.", "dnssec-signing", "on"},
      {"zone", "lily.example.", "semantic-checks", "off"},
      {"zone", "lily.example.", "storage", "/srv/zones/copy"},
      {"zone", "lily.example.", "master", "heron"},
      {"template", "sealed", "master", "heron stork"}}},
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
)", 2, {
      {"acl", "by-address", "address", "2001:db8:5::1-2001:db8:5::1 198.51.100.0-198.51.100.255"},
      {"acl", "not-him", "deny", "on"},
      {"acl", "nobody", "action", "query"},
      {"acl", "by-key", "action", "transfer notify"},
      {"acl", "by-key", "key", "gate-key"},
      {"acl", "by-key", "deny", "off"},
      {"zone", "one.example.org.", "acl", "not-him by-address"}}},
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
)", 1, {
      {"server", "", "automatic-acl", "on"},
      {"remote", "upstream", "address", "2001:db8:9::1 192.0.2.53"},
      {"remote", "upstream", "via", ""},
      {"remote", "upstream", "key", "shared-key"},
      {"remote", "upstream", "automatic-acl", "on"},
      {"zone", "pond.example.", "master", "upstream"},
      {"key", "shared-key.", "algorithm", "hmac-sha256"}}},
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
)", 1, {
      {"acl", "here", "address", "::1-::1 127.0.0.1-127.0.0.1"},
      {"zone", "pond.example.", "notify", "downstream"},
      {"zone", "pond.example.", "acl", "here"},
      {"zone", "pond.example.", "master", ""}}},
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
)", 2, {
      {"acl", "types", "update-type", "A AAAA TYPE65280"},
      {"acl", "listed", "update-owner", "name"},
      {"acl", "listed", "update-owner-match", "equal"},
      {"acl", "listed", "update-owner-name", "www mail."},
      {"acl", "below", "update-owner-match", "sub"},
      {"acl", "keyed", "key", "org.example. ANNA.org.example"},
      {"zone", "net.example.", "acl", "below"},
      {"zone", "org.example.", "acl", "whole forward types listed keyed"}}},
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
)", 3, {
      {"policy", "by-hand", "manual", "on"},
      {"policy", "rolled", "algorithm", "ecdsap256sha256"},
      {"policy", "rolled", "zsk-lifetime", "5184000"},
      {"policy", "rolled", "ksk-lifetime", "31536000"},
      {"policy", "rolled", "signing-threads", "4"},
      {"policy", "by-hand", "ksk-lifetime", "0"},
      {"policy", "by-hand", "zsk-lifetime", "2592000"},
      {"policy", "hurried", "zone-max-ttl", "15"},
      {"policy", "hurried", "keytag-modulo", "1/3"},
      {"submission", "check-above", "check-interval", "3600"},
      {"remote", "above", "address", "192.0.2.200@53"},
      {"zone", "c.test.", "zonefile-sync", "-1"},
      {"zone", "c.test.", "dnssec-policy", "default"}}},
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
)", 3, {
      {"zone", "first.example.", "catalog-role", "member"},
      {"zone", "first.example.", "catalog-zone", "list."},
      {"zone", "first.example.", "acl", "to-them"},
      {"zone", "list.", "catalog-role", "generate"},
      {"zone", "other-list.", "catalog-template", "taken taken-sealed"}}},
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
)", 1, {
      {"server", "", "listen-quic", "::1"},
      {"server", "", "listen-tls", "::1 127.0.0.1@8853"},
      {"remote", "peer", "quic", "on"},
      {"remote", "peer", "tls", "off"},
      {"remote", "peer", "cert-key",
       "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"}}},
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
)", 1, {
      {"acl", "signers", "action", "query update"},
      {"dnskey-sync", "exchange", "remote", "signer-c signer-a"},
      {"policy", "many", "propagation-delay", "50400"},
      {"policy", "many", "delete-delay", "7200"},
      {"policy", "many", "unsafe-operation", "no-check-keyset no-update-nsec"},
      {"zone", "pond.example.", "ddns-master", ""},
      {"zone", "pond.example.", "serial-modulo", "1/3"}}},
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
)", 4, {
      {"mod-cookies", "default", "secret-lifetime", "108000"},
      {"mod-cookies", "fixed", "secret", "00112233445566778899aabbccddeeff"},
      {"mod-cookies", "fixed", "badcookie-slip", "1"},
      {"mod-geoip", "places", "geodb-key", "country/iso_code city/names/en (id)city/geoname_id"},
      {"mod-geoip", "places", "ttl", "20"},
      {"mod-noudp", "sometimes", "udp-allow-rate", "1000"},
      {"mod-onlinesign", "explicit", "nsec-bitmap", "A AAAA"},
      {"mod-onlinesign", "signal", "nsec-bitmap", "CDS CDNSKEY"},
      {"mod-queryacl", "default", "interface", "198.51.100.0-198.51.100.255"},
      {"mod-queryacl", "default", "address", "192.0.2.73-192.0.2.90 203.0.113.0-203.0.113.255"},
      {"mod-rrl", "custom", "slip", "1"},
      {"mod-stats", "custom", "query-type", "on"},
      {"mod-stats", "custom", "query-size", "off"},
      {"mod-synthrecord", "lan", "reverse-short", "on"},
      {"mod-synthrecord", "back", "network", "2620:0:b61::-2620:0:b61:fff:ffff:ffff:ffff:ffff"},
      {"template", "default", "global-module",
       "mod-cookies/default mod-rrl mod-dnsproxy/default mod-dnstap/all"},
      {"zone", "whoami.example.", "module", "mod-whoami"},
      {"zone", "lan.example.net.", "module", "mod-synthrecord/lan mod-onlinesign"},
      {"zone", "lan.example.net.", "file", "%s.zone"}}},
    {"addresses with ways to them", R"(
remote:
  - id: example
    address: [198.51.100.10, 2001:db8::10, 198.51.100.20, 2001:db8::20]
    via: [198.51.100.1, 198.51.100.2, 2001:db8::1]
    block-notify-after-transfer: on
  - id: local
    address: /run/other.sock
)", 0, {
      {"remote", "example", "via", "198.51.100.1 198.51.100.2 2001:db8::1"},
      {"remote", "local", "address", "/run/other.sock"},
      {"remote", "local", "block-notify-after-transfer", "off"}}},
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
)", 0, {
      {"keystore", "token", "config",
       "pkcs11:token=dns;pin-value=1234 /usr/lib/pkcs11/libsofthsm2.so"},
      {"database", "", "journal-db-max-size", "1073741824"},
      {"database", "", "timer-db", "timers"},
      {"statistics", "", "timer", "60"},
      {"xdp", "", "listen", "eth0 192.0.2.1@5353 ens786f0@53"},
      {"module", "mod-own", "file", "/usr/lib/own.so"}}},
    {"a secondary with keys of their own", R"(
key:
  - id: bell-key     # to notify
    algorithm: hmac-sha256
    secret: AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=
  - id: cart-key     # to transfer
    algorithm: hmac-sha256
    secret: ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=
remote:
  - id: upstream
    address: [2001:DB8:9::1, 192.0.2.53]
    key: cart-key
acl:
  - id: bell
    address: [2001:DB8:9::1, 192.0.2.53]
    key: bell-key
    action: notify
zone:
  - domain: pond.example
    master: upstream
    acl: bell
)", 1, {
      {"acl", "bell", "action", "notify"},
      {"acl", "bell", "key", "bell-key"},
      {"remote", "upstream", "key", "cart-key"},
      {"zone", "pond.example.", "acl", "bell"}}},
    {"owners of names that are keys", R"(
key:
  - id: orchard.example      # always a full name
    algorithm: hmac-sha256
    secret: QUJD
  - id: anna.meadow.example
    algorithm: hmac-sha256
    secret: QUJD
acl:
  - id: orchard
    action: update
    update-owner: key
    update-owner-match: sub
    key: [orchard.example]
  - id: meadow
    action: update
    update-owner: key
    update-owner-match: equal
    key: [anna.meadow.example]
zone:
  - domain: orchard.example.
    acl: orchard
  - domain: meadow.example.
    acl: meadow
)", 2, {
      {"acl", "orchard", "update-owner-match", "sub"},
      {"acl", "meadow", "key", "anna.meadow.example"},
      {"key", "ORCHARD.example", "algorithm", "hmac-sha256"}}},
    {"members of a catalog elsewhere", R"(
remote:
  - id: crow
    address: 192.0.2.80
acl:
  - id: from-crow
    address: 192.0.2.80
    action: notify
template:
  - id: fed
    master: crow
    acl: from-crow
zone:
  - domain: index.
    master: crow
    acl: from-crow
    catalog-role: interpret
    catalog-template: fed
)", 1, {
      {"zone", "index.", "catalog-role", "interpret"},
      {"zone", "index.", "catalog-template", "fed"},
      {"zone", "index.", "catalog-zone", ""},
      {"template", "fed", "master", "crow"}}},
    {"QUIC, a secondary that knows its primary", R"(
server:
    listen-quic: ::2
key:
  - id: pair
    algorithm: hmac-sha256
    secret: QUJD
remote:
  - id: far
    address: ::1
    key: pair
    quic: on
acl:
  - id: far-rings
    address: ::1
    cert-key: AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=
    action: notify
zone:
  - domain: pond.example
    master: far
    acl: far-rings
)", 1, {
      {"server", "", "listen-quic", "::2"},
      {"server", "", "automatic-acl", "off"},
      {"remote", "far", "quic", "on"},
      {"acl", "far-rings", "cert-key",
       "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"}}},
    {"the file kept up to date", R"(
template:
  - id: default
    zonefile-sync: 0
    zonefile-load: whole
    journal-content: changes
zone:
  - domain: a.test
)", 1, {
      {"zone", "a.test.", "zonefile-sync", "0"},
      {"zone", "a.test.", "zonefile-load", "whole"},
      {"zone", "a.test.", "journal-content", "changes"}}},
    {"no file, a file for reading, a file without serials", R"(
template:
  - id: without
    zonefile-sync: -1
    zonefile-load: none
    journal-content: all
  - id: for-reading
    zonefile-sync: -1
    zonefile-load: difference
    journal-content: changes
  - id: without-serials
    zonefile-sync: -1
    zonefile-load: difference-no-serial
    journal-content: all
zone:
  - domain: a.test
    template: without
  - domain: b.test
    template: for-reading
  - domain: c.test
    template: without-serials
)", 3, {
      {"zone", "a.test.", "zonefile-load", "none"},
      {"zone", "b.test.", "zonefile-load", "difference"},
      {"zone", "c.test.", "zonefile-load", "difference-no-serial"},
      {"zone", "c.test.", "journal-content", "all"},
      {"zone", "c.test.", "zonefile-sync", "-1"}}},
    {"keys that are elsewhere", R"(
policy:
  - id: front
    manual: off
    offline-ksk: on
    zone-max-ttl: 1d
    dnskey-ttl: 1h
  - id: back
    manual: on
    offline-ksk: on
zone:
  - domain: a.test
    dnssec-signing: on
    dnssec-policy: front
  - domain: b.test
    dnssec-policy: back
)", 2, {
      {"policy", "front", "offline-ksk", "on"},
      {"policy", "front", "zone-max-ttl", "86400"},
      {"policy", "back", "manual", "on"},
      {"zone", "b.test.", "dnssec-policy", "back"}}},
    {"modules with all defaults", R"(
template:
  - id: default
    global-module: [mod-cookies, mod-rrl, mod-noudp, mod-probe, mod-stats]
zone:
  - domain: a.test
    module: mod-onlinesign
)", 1, {
      {"template", "default", "global-module", "mod-cookies mod-rrl mod-noudp mod-probe mod-stats"},
      {"mod-rrl", "", "rate-limit", "20"},
      {"mod-cookies", "", "secret-lifetime", "93600"},
      {"zone", "a.test.", "module", "mod-onlinesign"}}},
    {"answers of a place, signed by the module", R"(
policy:
  - id: signed-before
    manual: on
    unsafe-operation: no-check-keyset
mod-geoip:
  - id: sealed-places
    config-file: /etc/places.conf
    dnssec: on
    policy: signed-before
zone:
  - domain: a.test.
    module: mod-geoip/sealed-places
)", 1, {
      {"mod-geoip", "sealed-places", "dnssec", "on"},
      {"mod-geoip", "sealed-places", "mode", "subnet"},
      {"mod-geoip", "sealed-places", "policy", "signed-before"},
      {"policy", "signed-before", "unsafe-operation", "no-check-keyset"}}},
    {"several values in both forms", R"(
server:
    listen: [10.0.0.1, 10.0.0.2]
remote:
  - id: far
    address: 10.0.0.1
    address: 10.0.0.2
    comment: "kept with the entry"
)", 0, {
      {"server", "", "listen", "10.0.0.1 10.0.0.2"},
      {"remote", "far", "address", "10.0.0.1 10.0.0.2"},
      {"remote", "far", "comment", "kept with the entry"}}},
    {"a server with everything by default", R"(
server:
    listen: 127.0.0.1
)", 0, {
      {"server", "", "tcp-idle-timeout", "10"},
      {"server", "", "udp-max-payload", "1232"},
      {"server", "", "dbus-event", "none"},
      {"server", "", "user", "root:root"},
      {"xdp", "", "ring-size", "2048"},
      {"control", "", "backlog", "5"},
      {"policy", "default", "rrsig-lifetime", "1209600"},
      {"policy", "default", "cds-cdnskey-publish", "rollover"},
      {"zone", "", "default-ttl", "3600"},
      {"zone", "", "adjust-threads", "1"},
      {"zone", "", "journal-max-usage", "104857600"}}},
};

}  // namespace

TEST_CASE("manual: configurations of its forms load") {
  for (const Snippet& snippet : kSnippets) {
    INFO(snippet.name);
    const auto config = load_config_text(snippet.text, "snippet");
    INFO((config ? std::string() : config.error()));
    REQUIRE(config.ok());
    CHECK(config->zones().size() == snippet.zones);
    CHECK_FALSE(snippet.expected.empty());
    for (const Expected& expected : snippet.expected) {
      INFO(expected.section << "[" << expected.id << "]." << expected.item);
      CHECK(values_of(*config, expected) == expected.values);
    }
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
