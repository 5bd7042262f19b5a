// The option table beside the specification: no item is missing or has another type, least value,
// default, number of values or need of a restart. Names are compared everywhere, the rest where
// the text of the specification is at hand.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <regex>
#include <set>

#include "control/config/option.h"
#include "control/config/value_text.h"

using namespace bowline::control::config;

namespace {

// Sections that are not of the specification but ours.
const std::set<std::string_view> kOurs = {"dataplane", "resolver", "web"};

// The items of each section; one with several values has a plus.
const std::map<std::string_view, std::string_view> kNames = {
    {"module",
     "id file"},
    {"server",
     "identity version nsid rundir user pidfile udp-workers tcp-workers background-workers "
     "async-start tcp-idle-timeout tcp-io-timeout tcp-remote-io-timeout tcp-max-clients "
     "tcp-reuseport tcp-fastopen quic-max-clients quic-outbuf-max-size "
     "quic-idle-close-timeout remote-pool-limit remote-pool-timeout remote-retry-delay "
     "socket-affinity udp-max-payload udp-max-payload-ipv4 udp-max-payload-ipv6 key-file "
     "cert-file edns-client-subnet answer-rotation automatic-acl proxy-allowlist+ "
     "dbus-event+ dbus-init-delay listen+ listen-quic+ listen-tls+"},
    {"xdp",
     "listen+ udp tcp quic quic-port tcp-max-clients tcp-inbuf-max-size "
     "tcp-outbuf-max-size tcp-idle-close-timeout tcp-idle-reset-timeout tcp-resend-timeout "
     "route-check ring-size busypoll-budget busypoll-timeout"},
    {"control",
     "listen backlog timeout"},
    {"log",
     "target server control zone quic any"},
    {"statistics",
     "timer file append"},
    {"database",
     "storage journal-db journal-db-mode journal-db-max-size kasp-db kasp-db-max-size "
     "timer-db timer-db-max-size catalog-db catalog-db-max-size"},
    {"keystore",
     "id backend config key-label"},
    {"key",
     "id algorithm secret"},
    {"remote",
     "id address+ via+ quic tls key cert-key+ block-notify-after-transfer no-edns "
     "automatic-acl"},
    {"remotes",
     "id remote+"},
    {"acl",
     "id address+ key+ cert-key+ remote+ action+ protocol+ deny update-type+ update-owner "
     "update-owner-match update-owner-name+"},
    {"submission",
     "id parent+ check-interval timeout parent-delay"},
    {"dnskey-sync",
     "id remote+ check-interval"},
    {"policy",
     "id keystore manual single-type-signing algorithm ksk-size zsk-size ksk-shared "
     "dnskey-ttl zone-max-ttl keytag-modulo ksk-lifetime zsk-lifetime delete-delay "
     "propagation-delay rrsig-lifetime rrsig-refresh rrsig-pre-refresh "
     "reproducible-signing nsec3 nsec3-iterations nsec3-opt-out nsec3-salt-length "
     "nsec3-salt-lifetime signing-threads ksk-submission ds-push+ dnskey-sync "
     "cds-cdnskey-publish cds-digest-type dnskey-management offline-ksk unsafe-operation+"},
    {"template",
     "id global-module+"},
    {"zone",
     "domain template storage file master+ ddns-master notify+ acl+ master-pin-tolerance "
     "provide-ixfr semantic-checks default-ttl zonefile-sync zonefile-load journal-content "
     "journal-max-usage journal-max-depth ixfr-benevolent ixfr-by-one ixfr-from-axfr "
     "zone-max-size adjust-threads dnssec-signing dnssec-validation dnssec-policy ds-push+ "
     "zonemd-verify zonemd-generate serial-policy serial-modulo reverse-generate "
     "refresh-min-interval refresh-max-interval retry-min-interval retry-max-interval "
     "expire-min-interval expire-max-interval catalog-role catalog-template+ catalog-zone "
     "catalog-group module+"},
    {"mod-cookies",
     "id secret-lifetime badcookie-slip secret+"},
    {"mod-dnsproxy",
     "id remote timeout address+ fallback tcp-fastopen catch-nxdomain"},
    {"mod-dnstap",
     "id sink identity version log-queries log-responses responses-with-queries"},
    {"mod-geoip",
     "id config-file ttl mode dnssec policy geodb-file geodb-key+"},
    {"mod-noudp",
     "id udp-allow-rate udp-truncate-rate"},
    {"mod-onlinesign",
     "id policy nsec-bitmap+"},
    {"mod-probe",
     "id path channels max-rate"},
    {"mod-queryacl",
     "id address+ interface+"},
    {"mod-rrl",
     "id rate-limit instant-limit slip time-rate-limit time-instant-limit table-size "
     "whitelist+ log-period dry-run"},
    {"mod-stats",
     "id request-protocol server-operation request-bytes response-bytes edns-presence "
     "flag-presence response-code request-edns-option response-edns-option reply-nodata "
     "query-type query-size reply-size"},
    {"mod-synthrecord",
     "id type prefix origin ttl network+ reverse-short"},
};

std::string shared_folder() {
  const char* const folder = std::getenv("BOWLINE_SHARED");
  return folder != nullptr ? folder : BOWLINE_SHARED_DEFAULT;
}

// A section as a synopsis block of the manual shows it: items with their types.
struct Synopsis {
  std::string file;
  int line = 0;
  std::vector<std::pair<std::string, std::string>> items;
};

// Blocks are "name:" followed by "item: TYPE" lines; a type has a word in capitals, an identifier
// reference or a choice. Examples have other values.
std::map<std::string, Synopsis> read_synopses(const std::string& path) {
  static const std::regex header(R"(^([a-z][a-z-]*):\s*$)");
  static const std::regex item(R"(^\s*(?:- )?([a-z][a-z0-9-]*)\s?:\s+(\S.*)$)");
  static const std::regex type(
      R"(^(\[?(INT|STR|HEXSTR|BOOL|TIME|SIZE|BASE64|ADDR|DNAME|str)\b.*|)"
      R"([a-z]+_id\b.*|\S+( \| \S+)+.*)$)");
  std::map<std::string, Synopsis> result;
  std::ifstream file(path);
  std::string section;
  Synopsis current;
  int number = 0;
  const auto finish = [&] {
    if (current.items.size() > result[section].items.size()) result[section] = current;
    section.clear();
  };
  for (std::string line; std::getline(file, line);) {
    ++number;
    std::smatch match;
    if (std::regex_match(line, match, header)) {
      if (!section.empty()) finish();
      section = match[1];
      current = {path, number, {}};
    } else if (!section.empty() && std::regex_match(line, match, item) &&
               std::regex_match(std::string(match[2]), type)) {
      current.items.emplace_back(match[1], match[2]);
    } else if (!section.empty() && line.find("# All zone options") == std::string::npos) {
      finish();
    }
  }
  if (!section.empty()) finish();
  return result;
}

// The notation of the manual for a row, to compare types.
bool type_fits(const Option& option, const std::string& text) {
  const auto has = [&](const char* word) { return text.find(word) != std::string::npos; };
  switch (option.kind.type) {
    case Type::kInt: return text.starts_with("INT") && !has("/");
    case Type::kBool: return text == "BOOL";
    case Type::kTime: return text == "TIME";
    case Type::kSize: return text == "SIZE";
    case Type::kText:
    case Type::kPath:
    case Type::kZoneFile:
      return has("STR") || has("str");
    case Type::kModuleName:
    case Type::kRrType: return text.starts_with("STR");
    case Type::kHexOrText: return has("HEXSTR");
    case Type::kBase64:
    case Type::kPin: return text.starts_with("BASE64");
    case Type::kAddress: return text.starts_with("ADDR[@INT]") && !has("STR");
    case Type::kSocket: return text.starts_with("ADDR[@INT] | STR");
    case Type::kDevice: return text.starts_with("STR[@INT] | ADDR[@INT]");
    case Type::kRange: return text.starts_with("ADDR[/INT] | ADDR-ADDR") && !has("STR");
    case Type::kRangeOrPath: return text.starts_with("ADDR[/INT] | ADDR-ADDR | STR");
    case Type::kName: return text.starts_with("DNAME");
    case Type::kWord:
    case Type::kBoolOrWord: {
      for (const std::string_view word : split_words(option.kind.words)) {
        // `keys-updated` stands in the manual's list of values, not in its synopsis.
        if (word != "keys-updated" && !has(std::string(word).c_str())) return false;
      }
      return has("|");
    }
    case Type::kReference:
      for (const std::string_view target : split_words(option.kind.words)) {
        if (!has((std::string(target) + "_id").c_str())) return false;
      }
      return true;
    case Type::kModule: return text.starts_with("STR/STR");
    case Type::kUser: return text == "STR[:STR]";
    case Type::kFraction: return text == "INT/INT";
  }
  return false;
}

// What the specification says below an item's name.
struct Description {
  std::string fallback;  // "Default: ..." or "Required ..."
  std::string minimum;
  bool needs_restart = false;
};

// Removes the explanation in brackets behind a value.
std::string without_note(const std::string& text) {
  const std::size_t note = text.find(" (");
  return note == std::string::npos ? text : text.substr(0, note);
}

// Descriptions by "section.item". An item's text begins with a line that is its name; a value of
// another item that has the same name is followed by a dash and a text on that value.
std::map<std::string, Description> read_descriptions(const std::string& path) {
  static const std::regex header(R"(^([a-z][a-z-]*):\s*$)");
  static const std::regex synopsis(R"(: .*(STR|INT|BOOL|TIME|ADDR|DNAME))");
  std::map<std::string, Description> result;
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  std::string section;
  Description* current = nullptr;
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
    const std::string& line = lines[i];
    std::smatch match;
    const bool opens = std::regex_match(line, match, header) && find_section(std::string(match[1]));
    if (opens && std::regex_search(lines[i + 1], synopsis)) {
      section = match[1];
      current = nullptr;
    }
    const std::string name = section + "." + line;
    const std::string& next = lines[i + 1];
    const bool is_value = next.starts_with("\u2013") || next.starts_with("\u2014");
    if (!section.empty() && find_option(section, line) != nullptr && !is_value &&
        !result.contains(name)) {
      current = &result[name];
    } else if (line == "section" || line == "Modules") {
      current = nullptr;
    } else if (current != nullptr && current->fallback.empty()) {
      if (line.starts_with("Default: ")) current->fallback = without_note(line.substr(9));
      if (line.starts_with("Required")) current->fallback = without_note(line);
      if (line.starts_with("Minimum: ")) current->minimum = without_note(line.substr(9));
      if (line.starts_with("Change of this parameter requires")) current->needs_restart = true;
    }
  }
  return result;
}

// Defaults that the manual says otherwise: relative to another item, or with a second value. A
// slash stands for any absolute path, for those the build chooses.
const std::map<std::string, std::string> kOwnDefaults = {
    {"server.rundir", "/"},
    {"database.storage", "/"},
    {"database.journal-db", "journal"},
    {"database.kasp-db", "keys"},
    {"database.timer-db", "timers"},
    {"database.catalog-db", "catalog"},
    {"keystore.config", "keys"},
    {"zone.storage", "/"},
    {"zone.file", "%s.zone"},
    {"database.journal-db-max-size", "20G"},
    {"database.catalog-db-max-size", "20G"},
    {"mod-onlinesign.nsec-bitmap", "A AAAA"},
    {"mod-synthrecord.prefix", ""},
};

// Items whose text has no literal default though it looks like one.
const std::set<std::string> kComputed = {
    "server.udp-max-payload-ipv4",  // follow udp-max-payload, whose default that is
    "server.udp-max-payload-ipv6",
    "policy.ksk-size",        // by the algorithm
    "zone.reverse-generate",  // "none" is no zone here
    "zone.template",
};

// Why the table says restart where the manual does not: made once, by the keeper or before the
// first packet.
const std::set<std::string> kRestartHere = {
    "module.id", "module.file", "server.rundir", "database.storage", "database.journal-db",
    "database.journal-db-mode", "database.journal-db-max-size", "database.kasp-db",
    "database.kasp-db-max-size", "database.timer-db", "database.timer-db-max-size",
    "database.catalog-db", "database.catalog-db-max-size",
};

bool same(const Value& a, const Value& b) {
  if (const auto* number = std::get_if<std::int64_t>(&a.content())) return *number == b.number();
  if (const auto* flag = std::get_if<bool>(&a.content())) return *flag == b.flag();
  return a.text() == b.text();
}

void check_default(const std::string& name, const Option& option, const std::string& text) {
  const Default& fallback = option.fallback;
  if (const auto own = kOwnDefaults.find(name); own != kOwnDefaults.end()) {
    CHECK(fallback.form == Default::Form::kLiteral);
    const bool is_any = own->second == "/" && fallback.text.starts_with('/');
    CHECK((is_any || fallback.text == own->second));
    return;
  }
  if (text == "Required") {
    // Only one type of these records has an origin, see rules.cpp.
    CHECK((fallback.form == Default::Form::kRequired || name == "mod-synthrecord.origin"));
    return;
  }
  // The manual says "not set" of some items without which knotd refuses an entry.
  if (fallback.form == Default::Form::kRequired) {
    CHECK(text == "not set");
    return;
  }
  if (text == "not set" || text.starts_with("Required if") || text.starts_with("an imaginary")) {
    CHECK((fallback.form == Default::Form::kNone || name == "zone.template"));
    return;
  }
  const auto value = parse_value(option.kind, text);
  const bool is_prose = option.kind.type == Type::kText || option.kind.type == Type::kPath ||
                        option.kind.type == Type::kHexOrText;
  const bool is_literal = value.ok() && !is_prose && !kComputed.contains(name);
  if (!is_literal) {
    CHECK((fallback.form == Default::Form::kComputed || name == "zone.reverse-generate"));
    return;
  }
  const auto own = parse_value(option.kind, fallback.text);
  CHECK((fallback.form == Default::Form::kLiteral && own.ok() && same(*own, *value)));
}

}  // namespace

TEST_CASE("spec: the items of each section, and which of them have several values") {
  CHECK(kNames.size() + kOurs.size() == sections().size());
  for (const auto& [section, names] : kNames) {
    INFO(section);
    REQUIRE(find_section(section) != nullptr);
    std::set<std::string> wanted = {"comment"};
    for (const std::string_view name : split_words(names, ' ')) wanted.emplace(name);
    std::set<std::string> found;
    for (const Option* option : options_of(section)) {
      if (option->section != section) continue;  // a zone's item in a template
      found.insert(std::string(option->name) + (option->count == Count::kMany ? "+" : ""));
    }
    CHECK(found == wanted);
  }
}

TEST_CASE("spec: types and numbers of values are those of the synopses") {
  const std::string spec = shared_folder() + "/spec/";
  std::map<std::string, Synopsis> synopses;
  for (const char* name : {"knot-dns-configuration.txt", "knot-dns-modules.txt"}) {
    for (auto& [section, synopsis] : read_synopses(spec + name)) {
      if (!synopsis.items.empty() && !synopses.contains(section)) synopses[section] = synopsis;
    }
  }
  if (synopses.empty()) {
    std::cout << "SKIP: types and numbers of values: no specification in " << spec << '\n';
    return;
  }
  std::size_t compared = 0;
  for (const auto& [name, synopsis] : synopses) {
    INFO(synopsis.file << ":" << synopsis.line << " " << name);
    REQUIRE(find_section(name) != nullptr);
    for (const auto& [item, type] : synopsis.items) {
      INFO(item << ": " << type);
      const Option* const option = find_option(name, item);
      REQUIRE(option != nullptr);
      CHECK(type_fits(*option, type));
      CHECK(type.ends_with("...") == (option->count == Count::kMany));
      ++compared;
    }
  }
  // Sections and items at the time of writing: a heuristic that finds nothing must not pass.
  CHECK(synopses.size() == 28);
  CHECK(compared >= 230);
  for (const Section& section : sections()) {
    INFO(section.name);
    CHECK((kOurs.contains(section.name) || synopses.contains(std::string(section.name))));
  }
}

TEST_CASE("spec: defaults, least values and restarts are those of the descriptions") {
  const std::string spec = shared_folder() + "/spec/";
  auto descriptions = read_descriptions(spec + "knot-dns-modules.txt");
  // Both files describe modules, from different versions; their own file decides.
  descriptions.merge(read_descriptions(spec + "knot-dns-configuration.txt"));
  if (descriptions.empty()) {
    std::cout << "SKIP: defaults, least values, restarts: no specification in " << spec << '\n';
    return;
  }
  std::size_t defaults = 0;
  std::size_t minima = 0;
  for (const Option& option : options()) {
    const std::string name = std::string(option.section) + "." + std::string(option.name);
    if (kOurs.contains(option.section) || option.name == "comment") continue;
    INFO(name);
    const auto found = descriptions.find(name);
    if (found == descriptions.end()) {
      UNSCOPED_INFO("no description of " << name);
      continue;
    }
    const Description& text = found->second;
    INFO("default " << text.fallback << ", least " << text.minimum);
    if (!text.fallback.empty()) check_default(name, option, text.fallback);
    if (!text.minimum.empty()) {
      const auto least = parse_value(option.kind, text.minimum);
      REQUIRE(least.ok());
      CHECK(least->number() == option.kind.min);
      ++minima;
    }
    defaults += !text.fallback.empty();
    const bool restarts = text.needs_restart || kRestartHere.contains(name);
    CHECK((option.change == When::kRestart) == restarts);
  }
  CHECK(defaults >= 200);
  CHECK(minima >= 14);
}
