// Rules between items.
#include "control/config/rules.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "control/config/prefix.h"
#include "control/config/resolve.h"
#include "control/config/signing_rules.h"
#include "control/config/system_user.h"
#include "control/config/value_text.h"
#include "link/handover.h"
#include "link/ports.h"

namespace bowline::control::config {
namespace {

constexpr std::uint16_t kDnsPort = 53;
constexpr std::size_t kMaxInterfaceName = 15;  // IFNAMSIZ, with its final NUL
// Digits of the largest number that follows the name of an exception port.
constexpr std::size_t kPortDigits = 2;
static_assert(link::kMaxPorts <= 100);

// The items of one entry under check.
struct Subject {
  const Store& store;
  Problems& problems;
  const Section& section;
  Entry entry;  // none: nothing of the section is set

  std::vector<SetItem> values(std::string_view item) const {
    return config::values_of(section, entry, *find_option(section.name, item)).values;
  }
  bool has(std::string_view item) const { return !values(item).empty(); }
  std::string_view text(std::string_view item) const {
    const auto found = values(item);
    return found.empty() ? std::string_view{} : found.front().text;
  }
  // Of another section, which has no entries.
  std::vector<SetItem> values_of(std::string_view other, std::string_view item) const {
    const Section& in = *find_section(other);
    return config::values_of(in, store.find(in, {}), *find_option(other, item)).values;
  }
  void fail(Place place, std::string_view item, const std::string& message) const {
    const std::string name =
        entry ? entry_name(section, entry.id()) : std::string(section.name);
    problems.add(place, name + "." + std::string(item) + ": " + message);
  }
  // At most one of the two may be set.
  void exclude(std::string_view one, std::string_view other) const {
    if (has(one) && has(other)) {
      fail(values(one).front().place(), one, "cannot be set together with " + std::string(other));
    }
  }
  void limit(std::string_view item, std::size_t most) const {
    const auto found = values(item);
    if (found.size() > most) {
      fail(found[most].place(), item, "at most " + std::to_string(most) + " values are allowed");
    }
  }
  // `item` must be set if `when` has that value.
  void demand(std::string_view item, std::string_view when, std::string_view value) const {
    const auto parsed = has(when) ? parse_value(find_option(section.name, when)->kind, text(when))
                                  : dns::Result<Value>(dns::Error{});
    if (parsed && parsed->text() == value && !has(item)) {
      fail(entry.place(), item,
           "must be set if " + std::string(when) + " is " + std::string(value));
    }
  }
};

Address with_port(Address address) {
  if (address.family != Address::Family::kUnix && !address.has_port) address.port = kDnsPort;
  address.has_port = true;
  return address;
}

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

// Of `server` and `xdp`.
void check_listen(const Subject& section) {
  const auto items = section.values("listen");
  std::vector<Address> seen;
  for (const SetItem& item : items) {
    auto value = parse_value(item.option->kind, item.text);
    if (!value) continue;
    const Address address = with_port(value->address());
    if (std::find(seen.begin(), seen.end(), address) != seen.end()) {
      section.fail(item.place(), "listen", quoted(item.text) + " is listed twice");
    }
    seen.push_back(address);
  }
}

// The name that EAL knows a device by: what stands before its arguments.
std::string_view device_name(const SetItem& item) {
  return item.text.substr(0, item.text.find(','));
}

void check_devices(const Subject& dataplane) {
  std::vector<std::string_view> seen;
  for (const SetItem& item : dataplane.values("devices")) {
    const std::string_view name = device_name(item);
    if (item.text.size() > link::kMaxHandoverText) {
      dataplane.fail(item.place(), "devices", quoted(name) + " has more than " +
                                                 std::to_string(link::kMaxHandoverText) +
                                                 " octets of arguments");
    }
    if (std::find(seen.begin(), seen.end(), name) != seen.end()) {
      dataplane.fail(item.place(), "devices", "the device " + quoted(name) + " is listed twice");
    }
    seen.push_back(name);
  }
}

// Interfaces that are named, and devices: addresses may lie on the same interface, so the keeper
// counts again.
void check_port_count(const Subject& dataplane) {
  auto ports = dataplane.values_of("dataplane", "devices");
  std::vector<std::string> interfaces;
  for (const SetItem& item : dataplane.values_of("xdp", "listen")) {
    const auto value = parse_value(item.option->kind, item.text);
    if (!value || value->address().family != Address::Family::kDevice) continue;
    const std::string& name = value->address().path;
    if (std::find(interfaces.begin(), interfaces.end(), name) != interfaces.end()) continue;
    interfaces.push_back(name);
    ports.push_back(item);
  }
  if (ports.size() <= link::kMaxPorts) return;
  const SetItem& first_too_many = ports[link::kMaxPorts];
  const bool is_device = first_too_many.option->section == "dataplane";
  dataplane.problems.add(first_too_many.place(),
                         std::string(is_device ? "dataplane.devices" : "xdp.listen") +
                             ": interfaces and devices together, at most " +
                             std::to_string(link::kMaxPorts) + " are allowed");
}

void check_exception_port(const Subject& dataplane) {
  if (!dataplane.has("exception-port")) return;
  const SetItem item = dataplane.values("exception-port").back();
  const auto is_name = [](char c) {
    return c > ' ' && c < 0x7f && std::string_view("/:%").find(c) == std::string_view::npos;
  };
  constexpr std::size_t kMost = kMaxInterfaceName - kPortDigits;
  if (!item.text.empty() && item.text.size() <= kMost &&
      std::all_of(item.text.begin(), item.text.end(), is_name)) {
    return;
  }
  dataplane.fail(item.place(), "exception-port",
                 quoted(item.text) + ", allowed are 1 to " + std::to_string(kMost) +
                     " characters of an interface's name, to which a number is added");
}

// A way of moving packets that has nothing to serve is a slip. By default only those are used that
// have.
void check_backends(const Subject& dataplane) {
  const bool has_devices = dataplane.has("devices");
  const auto named = dataplane.values("backend");
  bool uses_devices = has_devices && named.empty();
  for (const SetItem& item : named) {
    const auto value = parse_value(item.option->kind, item.text);
    const std::string backend = value ? value->text() : std::string();
    if (backend == "xdp" && dataplane.values_of("xdp", "listen").empty()) {
      dataplane.fail(item.place(), "backend", "xdp has nothing to serve, set xdp.listen");
    }
    if (backend == "dpdk" && !has_devices) {
      dataplane.fail(item.place(), "backend", "dpdk has nothing to serve, set dataplane.devices");
    }
    uses_devices |= backend == "dpdk" && has_devices;
  }
  if (uses_devices && dataplane.values_of("server", "listen").empty()) {
    dataplane.fail(dataplane.values("devices").front().place(), "devices",
                   "no address is served on them, set server.listen");
  }
}

void check_drop(const Subject& dataplane) {
  std::size_t count = 0;
  for (const SetItem& item : dataplane.values("drop")) {
    const auto value = parse_value(item.option->kind, item.text);
    if (value) count += split_range(value->range()).size();
    if (count <= kMaxDropPrefixes) continue;
    return dataplane.fail(item.place(), "drop",
                          "more than " + std::to_string(kMaxDropPrefixes) +
                              " prefixes from here on, which the XDP program cannot hold");
  }
}

void check_dataplane(const Subject& dataplane) {
  check_drop(dataplane);
  check_devices(dataplane);
  check_exception_port(dataplane);
  check_backends(dataplane);
}

void check_user(const Subject& server) {
  if (!server.store.resolve_system || !server.has("user")) return;
  if (auto user = find_system_user(server.text("user")); !user) {
    server.fail(server.values("user").front().place(), "user", user.error());
  }
}

void check_acl(const Subject& acl) {
  for (const std::string_view item : {"address", "key", "protocol"}) acl.exclude("remote", item);
}

void check_template(const Subject& subject) {
  const auto modules = subject.values("global-module");
  if (!modules.empty() && subject.entry.id() != "default") {
    subject.fail(modules.front().place(), "global-module",
                 "is allowed in the template `default` only");
  }
}

void check_geoip(const Subject& geoip) {
  geoip.demand("geodb-file", "mode", "geodb");
  geoip.limit("geodb-key", 8);
}

// A zone's own setting, else its template's, else the default.
std::string effective_text(const Subject& of, std::string_view item) {
  const auto values =
      effective_values(of.store, of.section, of.entry, *find_option(of.section.name, item));
  if (values.empty()) return {};
  const auto* const name = std::get_if<dns::Name>(&values.front().content());
  return name != nullptr ? name->to_text() : values.front().text();
}

// REQUIRES: the item is a switch with a default.
bool effective_flag(const Subject& of, std::string_view item) {
  return effective_values(of.store, of.section, of.entry, *find_option(of.section.name, item))
      .front()
      .flag();
}

void check_catalog_items(const Subject& zone) {
  const std::string role = effective_text(zone, "catalog-role");
  const auto pair = [&](std::string_view item, std::string_view needed) {
    const bool has = !effective_text(zone, item).empty();
    if (has == (role == needed)) return;
    zone.fail(zone.entry.place(), item,
              std::string(has ? "is allowed only" : "must be set") + " if catalog-role is " +
                  std::string(needed));
  };
  pair("catalog-template", "interpret");
  pair("catalog-zone", "member");
}

// Key sizes that an algorithm has (RFC 5702, 6605, 8080) or that are sound (RSA).
void check_key_size(const Subject& policy, std::string_view item) {
  if (!policy.has(item)) return;
  const std::int64_t size =
      parse_value(find_option("policy", item)->kind, policy.text(item))->number();
  const std::string algorithm = effective_text(policy, "algorithm");
  const std::int64_t fixed =
      algorithm == "ecdsap384sha384" ? 384 : algorithm == "ed448" ? 456 : 256;
  const bool is_rsa = algorithm.starts_with("rsa");
  if (is_rsa ? size >= 1024 && size <= 4096 : size == fixed) return;
  policy.fail(policy.values(item).front().place(), item,
              "\"" + std::string(policy.text(item)) + "\", algorithm " + algorithm + " has " +
                  (is_rsa ? std::string("1024 to 4096") : std::to_string(fixed)));
}

void check_policy(const Subject& policy) {
  check_key_size(policy, "ksk-size");
  check_key_size(policy, "zsk-size");
  check_policy_rules(policy.store, policy.entry, policy.problems);
}

// A reference to either would not say which one it means.
void check_group_name(const Subject& subject) {
  const std::string_view other = subject.section.name == "remote" ? "remotes" : "remote";
  if (!subject.store.find(other, subject.entry.id())) return;
  subject.fail(subject.entry.place(), "id",
               "there is an entry of that name in " + std::string(other) + ", too");
}

void check_keystore(const Subject& keystore) {
  if (!effective_flag(keystore, "key-label")) return;
  if (effective_text(keystore, "backend") == "pkcs11") return;
  keystore.fail(keystore.values("key-label").front().place(), "key-label",
                "is allowed only if backend is pkcs11");
}

void check_synthrecord(const Subject& records) {
  records.demand("origin", "type", "reverse");
  if (!records.has("type") || effective_text(records, "type") == "reverse") return;
  for (const std::string_view item : {"origin", "reverse-short"}) {
    if (!records.has(item)) continue;
    records.fail(records.values(item).front().place(), item, "is allowed only if type is reverse");
  }
}

void check_xdp(const Subject& xdp) {
  check_listen(xdp);
  const auto is_off = [&](std::string_view item) { return !effective_flag(xdp, item); };
  if (xdp.has("listen") && is_off("udp") && is_off("tcp") && is_off("quic")) {
    xdp.fail(xdp.values("listen").front().place(), "listen",
             "there is nothing to serve: udp, tcp and quic are off");
  }
}

// Items of a zone that no rule reads.
constexpr std::string_view kPlainItems[] = {"template", "comment", "storage", "file", "acl",
                                            "master",   "notify",  "module",  "semantic-checks"};

// The template of a zone that sets nothing but plain items ("": the default one); nothing: it does.
std::optional<std::string> plain_template(const Section& zones, Entry zone) {
  static const std::vector<const Option*> plain = [&] {
    std::vector<const Option*> options;
    for (const std::string_view item : kPlainItems) {
      options.push_back(find_option(zones.name, item));
    }
    return options;
  }();
  std::string named;
  EntryReader reader(zones, zone);
  for (SetItem item; reader.next(item);) {
    if (std::find(plain.begin(), plain.end(), item.option) == plain.end()) return std::nullopt;
    if (item.option == plain.front()) named = item.text;
  }
  return named;
}

struct Rule {
  std::string_view section;
  void (*check)(const Subject& subject);
};

constexpr Rule kRules[] = {
    {"server", check_listen},
    {"server", check_user},
    {"server", [](const Subject& s) { s.limit("proxy-allowlist", kMaxProxyRanges); }},
    {"xdp", check_xdp},
    {"dataplane", check_dataplane},
    {"acl", check_acl},
    {"keystore", check_keystore},
    {"remote", check_group_name},
    {"remotes", check_group_name},
    {"policy", check_policy},
    {"template", check_template},
    {"mod-cookies", [](const Subject& s) { s.limit("secret", 2); }},
    {"mod-geoip", check_geoip},
    {"mod-noudp", [](const Subject& s) { s.exclude("udp-allow-rate", "udp-truncate-rate"); }},
    {"mod-synthrecord", check_synthrecord},
};

void run_rules(const Subject& subject) {
  for (const Rule& rule : kRules) {
    if (rule.section == subject.section.name) rule.check(subject);
  }
}

}  // namespace

void check_entry_rules(const Store& store, const Section& section, Entry entry,
                       Problems& problems) {
  run_rules({store, problems, section, entry});
}

void check_single_rules(const Store& store, Problems& problems) {
  for (const Section& section : sections()) {
    if (section.has_entries()) continue;
    if (const Entry entry = store.find(section, {})) run_rules({store, problems, section, entry});
  }
  const Section& dataplane = *find_section("dataplane");
  check_port_count({store, problems, dataplane, store.find(dataplane, {})});
}

bool ZoneRules::apply_to(const Store& store) {
  for (const std::string_view item : {"catalog-role", "catalog-template", "catalog-zone"}) {
    for (const std::string_view section : {"zone", "template"}) {
      if (store.list(section).uses(*find_option(section, item)) > 0) return true;
    }
  }
  return uses_zone_rules(store);
}

void ZoneRules::check(Entry zone) {
  static const Section& section = *find_section("zone");
  const auto named = plain_template(section, zone);
  if (named && named == last_right_) return;
  const std::size_t before = problems_.count();
  check_catalog_items({store_, problems_, section, zone});
  check_zone_rules(store_, zone, problems_);
  if (named && problems_.count() == before) last_right_ = named;
}

void ZoneRules::check_all() {
  if (!apply_to(store_)) return;
  for (const auto& block : store_.list("zone").blocks()) {
    for (std::size_t i = 0; i < block->size(); ++i) check(block->entry(i));
  }
}

}  // namespace bowline::control::config
