#include "control/store/zone_checks.h"

#include <fmt/format.h>

#include "zones/tree.h"

namespace bowline::control::store {

namespace {

using dns::RrType;

void add(std::vector<std::string>& list, std::string text) {
  if (list.size() < kMaxFindings) list.push_back(std::move(text));
}

class Checker {
 public:
  Checker(zones::Base base, const zones::Zone& zone, const dns::HashKey& secret)
      : base_(base), zone_(zone), secret_(secret) {}

  Findings run(bool want_extra) {
    zones::Cursor cursor(base_, zone_.order);
    while (const zones::Node* node = cursor.next()) {
      check_node(*node);
      if (want_extra) check_extra(*node);
    }
    return std::move(findings_);
  }

 private:
  bool is_apex(const zones::Node& node) const { return node.owner_size == 0; }
  std::string name(const zones::Node& node) const {
    return zones::owner_name(zone_, node).to_text();
  }

  // Most nodes have one RRset of a harmless type: one look at their entries is enough.
  void check_node(const zones::Node& node) {
    unsigned others = 0;
    const zones::RrsetEntry* cname = nullptr;
    const zones::RrsetEntry* dname = nullptr;
    bool ns = false;
    const zones::RrsetEntry* entries = zones::entries(node);
    for (unsigned i = 0; i < node.rrset_count; ++i) {
      const zones::RrsetEntry& entry = entries[i];
      if (entry.count == 0) continue;
      switch (static_cast<RrType>(entry.type)) {
        case RrType::kCname:
          cname = &entry;
          break;
        case RrType::kRrsig:
        case RrType::kNsec:
          break;
        case RrType::kDname:
          dname = &entry;
          ++others;
          break;
        case RrType::kNs:
          ns = true;
          ++others;
          break;
        case RrType::kSoa:
          check_soa(node, entry);
          ++others;
          break;
        case RrType::kDs:
          if (is_apex(node))
            mandatory("{}: DS record at the zone apex: it belongs to the parent zone", node);
          ++others;
          break;
        default:
          ++others;
      }
    }
    check_below_dname(node);
    if (cname != nullptr) {
      if (others != 0) mandatory("{}: another record exists beside the CNAME record", node);
      if (cname->count > 1) mandatory("{}: more than one CNAME record", node);
    }
    if (dname != nullptr) {
      if (dname->count > 1) mandatory("{}: more than one DNAME record", node);
      if (ns && !is_apex(node)) mandatory("{}: NS record beside the DNAME record", node);
      last_dname_ = zones::owner_name(zone_, node);
      has_dname_ = true;
    }
  }

  void check_soa(const zones::Node& node, const zones::RrsetEntry& entry) {
    if (!is_apex(node)) {
      add(findings_.fatal, fmt::format("{}: SOA record that is not at the zone apex", name(node)));
    } else if (entry.count > 1) {
      add(findings_.fatal, fmt::format("{}: more than one SOA record", name(node)));
    }
  }

  // The tree is in canonical order: what is below a name follows it at once.
  void check_below_dname(const zones::Node& node) {
    if (!has_dname_ || (node.flags & zones::kNodeEmpty) != 0) return;
    if (zones::owner_name(zone_, node).view().is_at_or_below(last_dname_)) {
      add(findings_.mandatory, fmt::format("{}: record below the DNAME record of {}", name(node),
                                           last_dname_.to_text()));
    } else {
      has_dname_ = false;
    }
  }

  void check_extra(const zones::Node& node) {
    const zones::Rrset ns = zones::find_rrset(base_, node, RrType::kNs);
    if (!ns) {
      if (is_apex(node)) {
        add(findings_.extra, fmt::format("{}: no NS record at the zone apex", name(node)));
      }
      return;
    }
    zones::for_each_record(ns.records, [&](dns::Bytes rdata, std::uint32_t) {
      if (const auto target = dns::NameView::parse(rdata)) check_glue(node, *target);
    });
  }

  // RFC 1034 4.2.1: a server's address must be there if nobody else can give it.
  void check_glue(const zones::Node& node, dns::NameView target) {
    const dns::Name owner = zones::owner_name(zone_, node);
    if (!target.is_at_or_below(owner)) return;
    dns::NameKey key;
    dns::make_name_key(secret_, target, key);
    const zones::Node* found = zones::find_node(base_, zone_, key, key.depth);
    const bool has_address = found != nullptr && (zones::find_rrset(base_, *found, RrType::kA) ||
                                                  zones::find_rrset(base_, *found, RrType::kAaaa));
    if (!has_address) {
      add(findings_.extra, fmt::format("{}: no glue record for the name server {}", name(node),
                                       target.to_text()));
    }
  }

  void mandatory(fmt::format_string<std::string> text, const zones::Node& node) {
    if (findings_.mandatory.size() < kMaxFindings) {
      findings_.mandatory.push_back(fmt::format(text, name(node)));
    }
  }

  const zones::Base base_;
  const zones::Zone& zone_;
  const dns::HashKey& secret_;
  Findings findings_;
  dns::Name last_dname_;
  bool has_dname_ = false;
};

}  // namespace

Findings check_zone_contents(zones::Base base, const zones::Zone& zone, bool want_extra,
                             const dns::HashKey& secret) {
  return Checker(base, zone, secret).run(want_extra);
}

}  // namespace bowline::control::store
