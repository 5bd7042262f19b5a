// Rules of policies and zones.
#include "control/config/signing_rules.h"

#include <algorithm>
#include <optional>

#include "control/config/resolve.h"

namespace bowline::control::config {
namespace {

// The settings of one entry, effective ones unless said otherwise, and where to complain.
class Subject {
 public:
  Subject(const Store& store, std::string_view section, Entry entry, Problems& problems)
      : store_(store), section_(*find_section(section)), entry_(entry), problems_(problems) {}

  std::optional<std::int64_t> number(std::string_view item) const {
    const auto found = values(item);
    if (found.empty()) return std::nullopt;
    return found.front().number();
  }
  std::int64_t number_or_0(std::string_view item) const { return number(item).value_or(0); }
  bool flag(std::string_view item) const {
    const auto found = values(item);
    return !found.empty() && found.front().flag();
  }
  std::string text(std::string_view item) const {
    const auto found = values(item);
    return found.empty() ? std::string() : found.front().text();
  }
  bool has(std::string_view item) const { return !values(item).empty(); }
  std::vector<Value> values(std::string_view item) const {
    return effective_values(store_, section_, entry_, *find_option(section_.name, item));
  }
  // What the entry itself says.
  ItemValues own(std::string_view item) const {
    return values_of(section_, entry_, *find_option(section_.name, item));
  }
  const Store& store() const { return store_; }

  void fail(std::string_view item, const std::string& message) const {
    const ItemValues set = own(item);
    const Place place = set.values.empty() ? entry_.place() : set.values.front().place();
    problems_.add(place, entry_name(section_, entry_.id()) + "." + std::string(item) + ": " +
                             message);
  }

 private:
  const Store& store_;
  const Section& section_;
  Entry entry_;
  Problems& problems_;
};

// A key must live until its successor has come to all caches and its own records have left them.
void check_lifetime(const Subject& policy, std::string_view item, std::int64_t least,
                    const char* parts) {
  const std::int64_t lifetime = policy.number_or_0(item);
  if (lifetime == 0 || lifetime >= least) return;
  policy.fail(item, std::to_string(lifetime) + " seconds, but a rollover takes " +
                        std::to_string(least) + " (" + parts + ")");
}

void check_lifetimes(const Subject& policy) {
  const std::int64_t twice = 2 * policy.number_or_0("propagation-delay");
  const std::int64_t dnskey = policy.number_or_0("dnskey-ttl");
  const std::int64_t largest = policy.number("zone-max-ttl").value_or(dnskey);
  constexpr const char* kZone = "2 propagation-delay + dnskey-ttl + zone-max-ttl";
  if (policy.flag("single-type-signing")) {
    check_lifetime(policy, "ksk-lifetime", twice + dnskey + largest, kZone);
    return;
  }
  check_lifetime(policy, "ksk-lifetime", twice + 2 * dnskey, "2 propagation-delay + 2 dnskey-ttl");
  check_lifetime(policy, "zsk-lifetime", twice + dnskey + largest, kZone);
}

void check_refresh(const Subject& policy) {
  const auto refresh = policy.number("rrsig-refresh");
  if (!refresh) return;  // computed, and then below the lifetime
  const std::int64_t before = *refresh + policy.number_or_0("rrsig-pre-refresh");
  const std::int64_t lifetime = policy.number_or_0("rrsig-lifetime");
  if (before < lifetime) return;
  policy.fail("rrsig-refresh", "with rrsig-pre-refresh " + std::to_string(before) +
                                   " seconds, must be less than rrsig-lifetime, which is " +
                                   std::to_string(lifetime));
}

void check_keys_of_others(const Subject& policy) {
  if (policy.text("dnskey-management") == "incremental") {
    if (policy.number_or_0("delete-delay") == 0) {
      policy.fail("dnskey-management", "incremental needs a delete-delay");
    }
    if (policy.flag("offline-ksk")) {
      policy.fail("dnskey-management", "incremental cannot be set together with offline-ksk");
    }
  }
  if (policy.has("ds-push") && policy.text("cds-cdnskey-publish") == "none") {
    policy.fail("ds-push", "needs CDS records, but cds-cdnskey-publish is none");
  }
}

void check_interval(const Subject& zone, const std::string& name) {
  const auto largest = zone.number(name + "-max-interval");
  const auto least = zone.number(name + "-min-interval");
  if (!largest || *largest >= *least) return;
  zone.fail(name + "-max-interval", std::to_string(*largest) + " seconds, must be at least " +
                                        name + "-min-interval, which is " +
                                        std::to_string(*least));
}

void check_contents(const Subject& zone) {
  const std::string load = zone.text("zonefile-load");
  const bool is_signed = zone.flag("dnssec-signing");
  if (load == "difference-no-serial" && zone.text("journal-content") != "all") {
    zone.fail("zonefile-load", "difference-no-serial needs journal-content: all");
  }
  if (is_signed && zone.flag("dnssec-validation")) {
    zone.fail("dnssec-validation", "cannot be set together with dnssec-signing");
  }
  if (zone.text("serial-modulo") != "0/1" &&
      (!is_signed || (load != "difference-no-serial" && load != "none"))) {
    zone.fail("serial-modulo",
              "needs dnssec-signing, and zonefile-load none or difference-no-serial");
  }
}

void check_updates(const Subject& zone) {
  const ItemValues primary = zone.own("ddns-master");
  const bool is_empty = primary.is_set && (primary.values.empty() || primary.values[0].is_empty);
  if (is_empty && !zone.flag("dnssec-signing")) {
    zone.fail("ddns-master", "may be empty only with dnssec-signing");
  }
}

// What the template of an entry says; nothing without one.
ItemValues of_template(const Store& store, std::string_view name, std::string_view item) {
  const Entry entry = store.find("template", name);
  if (!entry) return {};
  return values_of(*find_section("template"), entry, *find_option("template", item));
}

void check_generated(const Subject& zone) {
  const std::string named = zone.text("template");
  const bool is_set = zone.own("serial-policy").is_set ||
                      of_template(zone.store(), named.empty() ? "default" : named,
                                  "serial-policy").is_set;
  if (is_set && zone.text("serial-policy") != "unixtime") {
    zone.fail("serial-policy", "a generated catalog has unixtime");
  }
}

// Catalogs cannot be nested.
void check_member_templates(const Subject& zone) {
  for (const Value& name : zone.values("catalog-template")) {
    const ItemValues role = of_template(zone.store(), name.text(), "catalog-role");
    const bool is_catalog =
        !role.values.empty() &&
        (role.values[0].text == "interpret" || role.values[0].text == "generate");
    if (!is_catalog && of_template(zone.store(), name.text(), "catalog-template").values.empty()) {
      continue;
    }
    zone.fail("catalog-template", "\"" + name.text() + "\" is for catalogs, not for members");
  }
}

constexpr std::string_view kItems[] = {
    "zonefile-load",        "dnssec-validation",  "serial-modulo",       "ddns-master",
    "refresh-max-interval", "retry-max-interval", "expire-max-interval", "catalog-role"};

}  // namespace

void check_policy_rules(const Store& store, Entry entry, Problems& problems) {
  const Subject policy(store, "policy", entry, problems);
  check_lifetimes(policy);
  check_refresh(policy);
  check_keys_of_others(policy);
}

void check_zone_rules(const Store& store, Entry entry, Problems& problems) {
  const Subject zone(store, "zone", entry, problems);
  for (const char* const name : {"refresh", "retry", "expire"}) check_interval(zone, name);
  check_contents(zone);
  check_updates(zone);
  const std::string role = zone.text("catalog-role");
  if (role == "generate") check_generated(zone);
  if (role == "interpret") check_member_templates(zone);
}

bool uses_zone_rules(const Store& store) {
  return std::any_of(std::begin(kItems), std::end(kItems), [&](std::string_view item) {
    const Option& option = *find_option("zone", item);
    return store.list("zone").uses(option) > 0 || store.list("template").uses(option) > 0;
  });
}

}  // namespace bowline::control::config
