#include "control/config/reference_text.h"

namespace bowline::control::config {
namespace {

struct Row {
  std::string_view section;
  SectionText text;
};

constexpr Row kRows[] = {
    {"module",
     {"Names shared objects with query modules that are not part of the program.",
      "module:\n  - id: mod-own\n    file: /usr/local/lib/bowline/own.so\n"}},
    {"server",
     {"What concerns the server as a whole: who it says it is, where it listens, as whom it runs, "
      "with how many threads, and which limits its clients have.",
      "server:\n    listen: [ 192.0.2.53, 2001:db8::53@53 ]\n    user: root\n"
      "    identity: ns1.example.org\n    version: \"\"\n"}},
    {"xdp",
     {"Serves DNS on AF_XDP sockets, past the kernel's network stack. What is not DNS, and DNS "
      "over TCP, goes the usual way, so listen on the same addresses in the section server, too.",
      "xdp:\n    listen: eth1\n    route-check: on\n"}},
    {"control",
     {"The UNIX sockets through which bowlinec(8) speaks to the server.",
      "control:\n    listen: bowline.sock\n    timeout: 10\n"}},
    {"log",
     {"Each entry is a target with the least severity that each kind of message needs to get "
      "there. Severities from the worst one: critical, error, warning, notice, info, debug. "
      "Without this section warnings and worse go to standard error and to syslog, notice and "
      "info to standard output.",
      "log:\n  - target: syslog\n    any: info\n  - target: /var/log/bowline/zones.log\n"
      "    zone: debug\n"}},
    {"statistics",
     {"Writes all counters into a file at regular intervals.",
      "statistics:\n    timer: 5m\n    append: off\n"}},
    {"database",
     {"Where the server keeps what must outlive it: journal of changes, DNSSEC keys, timers of "
      "zones, members of catalogs. All lie below storage.",
      "database:\n    storage: /var/lib/bowline\n    journal-db-max-size: 5G\n"}},
    {"keystore",
     {"Where private DNSSEC keys are: files, or a token that is spoken to by PKCS #11.",
      "keystore:\n  - id: token\n    backend: pkcs11\n"
      "    config: \"pkcs11:token=dns;pin-value=1234 /usr/lib/softhsm/libsofthsm2.so\"\n"}},
    {"key",
     {"Secrets shared with other servers (TSIG). Name, algorithm and secret must be the same on "
      "both sides.",
      "key:\n  - id: transfer-key\n    algorithm: hmac-sha256\n"
      "    secret: AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"}},
    {"remote",
     {"Servers that this one turns to: primaries to transfer from, secondaries to notify, "
      "parents to ask.",
      "remote:\n  - id: primary\n    address: [ 192.0.2.1, 2001:db8::1 ]\n"
      "    key: transfer-key\n  - id: secondary\n    address: 198.51.100.2@5353\n"}},
    {"remotes",
     {"Groups of remotes, to be named wherever one may be.",
      "remotes:\n  - id: both\n    remote: [ primary, secondary ]\n"}},
    {"acl",
     {"Rules on transfers, notifications and updates. All conditions of a rule must hold; the "
      "first rule of a zone that matches decides; without a match the request is refused. "
      "Ordinary queries need no rule.",
      "acl:\n  - id: not-this-one\n    address: 198.51.100.9\n    deny: on\n"
      "  - id: neighbours\n    address: [ 198.51.100.0/24, 2001:db8:5::1-2001:db8:5::8 ]\n"
      "    key: transfer-key\n    action: [ transfer, notify ]\n"}},
    {"submission",
     {"How to find out that a parent zone has the DS record of a new key.",
      "submission:\n  - id: ask-parent\n    parent: both\n    check-interval: 10m\n"}},
    {"dnskey-sync",
     {"Which other signers of the same zones get our public keys.",
      "dnskey-sync:\n  - id: exchange\n    remote: secondary\n"}},
    {"policy",
     {"How zones are signed: algorithm, life of keys and signatures, denial of existence. A zone "
      "that names no policy is signed by one with all defaults.",
      "policy:\n  - id: yearly\n    algorithm: ed25519\n    ksk-lifetime: 365d\n"
      "    ksk-submission: ask-parent\n    nsec3: on\n"}},
    {"template",
     {"Settings for many zones at once. A zone has one template, the one it names, else the one "
      "called default; what the zone itself says comes first. Besides what follows, every item "
      "of the section zone but domain and template may stand here.",
      "template:\n  - id: default\n    storage: /var/lib/bowline/zones\n"
      "    semantic-checks: on\n  - id: copies\n    master: primary\n"
      "    storage: /var/lib/bowline/copies\n    acl: neighbours\n"}},
    {"zone",
     {"The zones that are served, with all that is to be done with them.",
      "zone:\n  - domain: example.com\n    file: \"%c[0]/%s.zone\"\n    notify: secondary\n"
      "  - domain: example.net\n    template: copies\n    acl: []\n"}},
    {"mod-cookies",
     {"Recognises clients by a cookie that they got here before, which a forger of addresses "
      "does not have.",
      "mod-cookies:\n  - id: daily\n    secret-lifetime: 1d\n    badcookie-slip: 2\n"}},
    {"mod-dnsproxy",
     {"Sends queries on to another server, all of them or those that no zone here can answer.",
      "mod-dnsproxy:\n  - id: onward\n    remote: primary\n"}},
    {"mod-dnstap",
     {"Writes queries and responses to a file or socket in the format of dnstap.info.",
      "mod-dnstap:\n  - id: tap\n    sink: unix:/run/tap.sock\n"}},
    {"mod-geoip",
     {"Gives other records to clients of other places or networks, or by chance with weights.",
      "mod-geoip:\n  - id: places\n    config-file: /etc/bowline/places.conf\n    mode: geodb\n"
      "    geodb-file: /var/lib/GeoIP/city.mmdb\n    geodb-key: [ country/iso_code ]\n"}},
    {"mod-noudp",
     {"Truncates answers over UDP, so that clients come back over TCP.",
      "mod-noudp:\n  - id: some\n    udp-allow-rate: 10\n"}},
    {"mod-onlinesign",
     {"Signs answers while they are made instead of the zone in advance.",
      "mod-onlinesign:\n  - id: signed\n    policy: yearly\n    nsec-bitmap: [ A, AAAA, TXT ]\n"}},
    {"mod-probe",
     {"Reports queries and answers in short to other programs through UNIX sockets.",
      "mod-probe:\n  - id: probe\n    path: /run/bowline-probe\n    channels: 4\n"}},
    {"mod-queryacl",
     {"Answers only to certain sources, or on certain addresses of this server.",
      "mod-queryacl:\n  - id: inside\n    address: 10.0.0.0/8\n"}},
    {"mod-rrl",
     {"Limits what one client or network gets, so that forged queries make no flood.",
      "mod-rrl:\n  - id: gentle\n    rate-limit: 200\n    slip: 2\n"}},
    {"mod-stats",
     {"Counts queries and responses by what is in them.",
      "mod-stats:\n  - id: more\n    query-type: on\n    edns-presence: on\n"}},
    {"mod-synthrecord",
     {"Makes names from addresses and addresses from names of a whole network.",
      "mod-synthrecord:\n  - id: hosts\n    type: forward\n    prefix: host-\n"
      "    network: 203.0.113.0/24\n"}},
    {"dataplane",
     {"How packets come in and leave, and which threads and processors do the work.",
      "dataplane:\n    workers: 2\n    cores: [ 2, 3 ]\n    drop: 203.0.113.66\n"}},
    {"resolver",
     {"Recursive resolution. Its rules are written in Lua, in a file of their own.",
      "resolver:\n    listen: 127.0.0.1@5300\n"}},
    {"web",
     {"The REST interface and the dashboard.",
      "web:\n    listen: 127.0.0.1@8443\n"}},
};

constexpr std::string_view kDialect =
    R"(The file is a list of sections. A section's name begins in the first column and ends with a
colon; below it, indented by spaces, stand its items, one a line, all in the same column:
.PP
.nf
section:
    item: value        # a remark
.fi
.PP
Most sections are lists of entries. An entry begins with a dash and the item that identifies it,
by which other sections refer to it. The order of sections is free, and a section may occur
several times.
.PP
.nf
section:
  - id: name
    item: value
    item: value
.fi
.PP
It is the dialect of knot.conf(5); such a file may be used as it is.
.SS Values
A value that has a space or one of \(dq , # [ ] goes into double quotes, within which \e\(dq
stands for a quotation mark and every other backslash for itself. Tabs are allowed in remarks only.
What quotes cannot say, such as a control character, has !\(dq before it, where \e\(dq, \e\e and
\exHH (an octet in hexadecimal) are all that a backslash begins; exports have it where it is needed.
.PP
An item with several values has them in brackets, [ one, two ], or each on a line of its own with
the item's name repeated. [ ] means none: it undoes what a template says. Of an item with one
value that is written twice the last one counts. An item that is on or off and has no value is on.
.PP
Times are seconds, or a number with s, m (60 s), h, d, w, M (30 d) or y (365 d); sizes are octets,
or a number with B, K (1024), M or G. Addresses are IPv4 or IPv6, a port follows after @. Blocks
of addresses are ADDRESS, ADDRESS/BITS or FIRST-LAST. An octet string begins with 0x and
hexadecimal digits, or is text.
.PP
A path that does not begin with a slash is relative to the directory that its default is in, or
where that has none, to the one in which the server was started.
.SS Files
.TP
.B include: PATH
in the first column reads other files in this place: a path, a pattern of glob(7) whose matches
are read in sorted order, or a list of these; relative ones begin where the including file is.
.TP
.B clear: PATTERN
in the first column forgets all that was read so far of the sections whose names fit the pattern
of fnmatch(3), in which ?(), *(), +(), @() and !() work, too.
.SS Remarks
What follows # is not read. The item comment, which every section and entry may have, is kept with
the configuration.
.SS Errors
All errors of a file are reported at once, the first 20 with line and column. Nothing of a
configuration with an error takes effect.
)";

}  // namespace

const SectionText* text_of(std::string_view section) {
  for (const Row& row : kRows) {
    if (row.section == section) return &row.text;
  }
  return nullptr;
}

std::string_view dialect_text() { return kDialect; }

}  // namespace bowline::control::config
