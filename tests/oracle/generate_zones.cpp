#include "generate_zones.h"

#include <algorithm>
#include <set>

#include "dns/rdata.h"
#include "rdata.h"
#include "sign.h"

namespace bowline::oracle {

Octets generate_label(Choices& choices) {
  static const std::vector<Octets> common = {"a", "b", "c", "a", "b", "*"};
  static const std::vector<Octets> rare = {"aa", "B", "_x", Octets(1, '\0'), "\xff", ".", "**",
                                           Octets(60, 'l')};
  return choices.of(choices.percent(90) ? common : rare);
}

Name generate_below(Choices& choices, const Name& parent) {
  Name name = parent;
  for (std::size_t left = 1 + choices.below(3); left > 0; --left) {
    const Octets label = generate_label(choices);
    if (wire_size(name) + 1 + label.size() <= kMaxName) name.push_back(label);
  }
  return name;
}

Name vary_case(Choices& choices, Name name) {
  for (Octets& label : name) {
    for (char& c : label) {
      if (c >= 'a' && c <= 'z' && choices.percent(50)) c = static_cast<char>(c - 'a' + 'A');
    }
  }
  return name;
}

namespace {

std::vector<Name> generate_apexes(Choices& choices) {
  std::set<Name> apexes;
  Name apex;
  for (std::size_t left = choices.below(4); left > 0; --left) {
    apex = below(apex, generate_label(choices));
  }
  apexes.insert(lower(apex));
  for (std::size_t left = choices.below(4); left > 0; --left) {
    const std::vector<Name> made(apexes.begin(), apexes.end());
    const Name& other = choices.of(made);
    if (choices.percent(70)) apexes.insert(lower(generate_below(choices, other)));
    else if (!other.empty()) apexes.insert(suffix(other, choices.below(other.size())));
  }
  return {apexes.begin(), apexes.end()};
}

// The data of one zone, without DNSSEC.
class ZoneMaker {
 public:
  ZoneMaker(Choices& choices, const std::vector<Name>& apexes, const Name& apex)
      : choices_(choices), apexes_(apexes), apex_(apex) {}

  std::vector<Record> make() {
    make_apex();
    for (const Name& other : apexes_) {
      const bool is_child = other != apex_ && is_at_or_below(other, apex_);
      if (is_child && choices_.percent(80)) delegate(other);
    }
    const std::size_t count = choices_.below(25);
    for (std::size_t i = 0; i < count; ++i) fill(make_owner());
    return records_;
  }

 private:
  bool is_free(const Name& owner) const { return !types_.contains(lower(owner)); }

  void add(const Name& owner, RrType type, std::uint32_t ttl, const Octets& rdata) {
    // Equal but for the case is equal for some types: never both.
    auto& had = types_[lower(owner)][type];
    if (had.insert(lower(rdata)).second) records_.push_back({owner, type, ttl, rdata});
  }

  void make_apex() {
    static const std::vector<std::uint32_t> ttls = {0, 60, 300, 3600, 86400};
    const Octets numbers = u32(choices_.below(65536)) + u32(3600) + u32(600) + u32(86400);
    add(apex_, RrType::kSoa, choices_.of(ttls),
        to_wire(make_target()) + to_wire(make_target()) + numbers + u32(choices_.of(ttls)));
    add_some(apex_, RrType::kNs, 1 + choices_.below(3));
    if (choices_.percent(7)) add_some(apex_, RrType::kDname, 1);
    for (std::size_t left = choices_.below(3); left > 0; --left) add_data(apex_);
  }

  Name make_owner() {
    const bool extends = !records_.empty() && choices_.percent(50);
    Name owner = generate_below(choices_, extends ? choices_.of(records_).owner : apex_);
    return choices_.percent(10) ? vary_case(choices_, std::move(owner)) : owner;
  }

  // A name that rdata may lead to: mostly one that exists or nearly does.
  Name make_target() {
    const std::size_t kind = choices_.below(20);
    Name target;
    if (kind < 8 && !records_.empty()) target = choices_.of(records_).owner;
    else if (kind < 14) target = generate_below(choices_, apex_);
    else if (kind < 17) target = generate_below(choices_, choices_.of(apexes_));
    else if (kind < 18) target = choices_.of(apexes_);
    else target = generate_below(choices_, {});
    return choices_.percent(10) ? vary_case(choices_, std::move(target)) : target;
  }

  void add_some(const Name& owner, RrType type, std::size_t count) {
    const auto ttl = static_cast<std::uint32_t>(choices_.below(5) * 100);
    for (; count > 0; --count) {
      const Name target = make_target();
      // The records of an RRset should have one TTL, but need not (RFC 2181 5.2).
      add(owner, type, ttl + (choices_.percent(3) ? 7u : 0u), make_rdata(choices_, type, target));
      if (type == RrType::kNs) add_glue(target);
    }
  }

  std::size_t random_count() {
    if (choices_.percent(3)) return 12 + choices_.below(8);
    return 1 + (choices_.percent(30) ? choices_.below(4) : 0);
  }

  void add_data(const Name& owner) { add_some(owner, random_type(choices_), random_count()); }

  void add_glue(const Name& target) {
    const Name owner = lower(target);
    if (!is_at_or_below(owner, apex_) || owner == apex_) return;
    const auto had = types_.find(owner);
    if (had != types_.end() && had->second.contains(RrType::kCname)) return;
    for (const RrType type : {RrType::kA, RrType::kAaaa}) {
      if (choices_.percent(50)) add(owner, type, 200, make_rdata(choices_, type, {}));
    }
  }

  // Servers inside the delegation mostly, so that there is glue; now and then more than fit.
  void delegate(const Name& owner) {
    if (!is_free(owner)) return;
    const bool has_many = choices_.percent(4);
    for (std::size_t left = has_many ? 14 + choices_.below(30) : random_count(); left > 0; --left) {
      Name target = choices_.percent(60) ? generate_below(choices_, owner) : make_target();
      const Octets number = "n" + std::to_string(left);
      if (has_many && wire_size(target) + number.size() < kMaxName) target.push_back(number);
      add(owner, RrType::kNs, 300, make_rdata(choices_, RrType::kNs, target));
      add_glue(target);
    }
    if (choices_.percent(40)) add_some(owner, RrType::kDs, 1 + choices_.below(2));
  }

  void fill(const Name& owner) {
    if (owner.size() == apex_.size() || !is_free(owner)) return;
    const std::size_t kind = choices_.below(100);
    if (kind < 20) {
      add_some(owner, RrType::kCname, 1);
    } else if (kind < 35) {
      delegate(owner);
    } else {
      if (kind < 45) add_some(owner, RrType::kDname, 1);
      for (std::size_t left = (kind < 45 ? 0 : 1) + choices_.below(3); left > 0; --left) {
        add_data(owner);
      }
    }
  }

  Choices& choices_;
  const std::vector<Name>& apexes_;
  const Name& apex_;
  std::vector<Record> records_;
  std::map<Name, std::map<RrType, std::set<Octets>>> types_;  // what is at an owner
};

}  // namespace

std::vector<ZoneRecords> generate_zones(Choices& choices) {
  std::vector<ZoneRecords> zones;
  const std::vector<Name> apexes = generate_apexes(choices);
  for (const Name& apex : apexes) {
    ZoneRecords& zone = zones.emplace_back(ZoneRecords{apex, {}});
    if (choices.percent(3)) continue;
    zone.records = ZoneMaker(choices, apexes, apex).make();
    sign(choices, random_scheme(choices), apex, zone.records);
    if (!choices.percent(30)) continue;
    for (std::size_t i = zone.records.size(); i > 1; --i) {
      std::swap(zone.records[i - 1], zone.records[choices.below(i)]);
    }
  }
  return zones;
}

std::string to_zone_file(const ZoneRecords& zone) {
  std::string text = "; zone " + to_text(zone.apex);
  if (zone.records.empty()) return text + " is ours but not loaded\n";
  text += "\n";
  for (const Record& record : zone.records) {
    const dns::Bytes rdata(reinterpret_cast<const std::uint8_t*>(record.rdata.data()),
                           record.rdata.size());
    text += to_text(record.owner) + " " + std::to_string(record.ttl) + " IN " +
            dns::to_text(record.type) + " " + dns::rdata_to_text(record.type, rdata) + "\n";
  }
  return text;
}

}  // namespace bowline::oracle
