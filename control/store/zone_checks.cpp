#include "control/store/zone_checks.h"

#include <fmt/format.h>

#include "control/store/key_checks.h"
#include "zones/tree.h"

namespace bowline::control::store {

namespace {

using dns::RrType;

// What stands at a name, as far as the checks ask.
struct Seen {
  std::uint32_t cnames = 0;
  std::uint32_t dnames = 0;
  bool beside_cname = false;  // another type than CNAME, RRSIG and NSEC
  RrType other{};             // one of them
  bool ns = false;
  bool ds = false;
  bool key_records = false;  // CDS, CDNSKEY
};

class Checker {
 public:
  Checker(zones::Base base, const zones::Zone& zone, bool want_extra, const dns::HashKey& secret)
      : base_(base), zone_(zone), want_extra_(want_extra), secret_(secret) {}

  Findings run() {
    zones::Cursor cursor(base_, zone_.order);
    while (const zones::Node* node = cursor.next()) check_node(*node);
    return std::move(findings_);
  }

 private:
  bool is_apex(const zones::Node& node) const { return node.owner_size == 0; }

  void check_node(const zones::Node& node) {
    const Seen seen = look_at(node);
    if (has_dname_) check_below_dname(node);
    if (seen.cnames != 0) check_cname(node, seen);
    if (seen.dnames != 0) check_dname(node, seen);
    if (is_apex(node) && seen.ds) {
      mandatory(node, RrType::kDs, "DS record at the zone apex, it belongs to the parent zone "
                                   "(RFC 3658 2.2)");
    }
    if (!want_extra_) return;
    if (is_apex(node) || seen.ns) check_servers(node);
    if (seen.ds || seen.key_records || is_apex(node)) {
      check_key_records(base_, zone_, node, findings_.extra);
    }
  }

  // Most nodes have one RRset of a harmless type: one look at their entries is enough.
  Seen look_at(const zones::Node& node) const {
    Seen seen;
    const zones::RrsetEntry* entries = zones::entries(node);
    for (unsigned i = 0; i < node.rrset_count; ++i) {
      std::uint32_t count = entries[i].count;
      if ((entries[i].size & zones::kFarBody) != 0) count = zones::rrset_at(base_, node, i).count;
      if (count == 0) continue;  // RRSIGs alone
      const auto type = static_cast<RrType>(entries[i].type);
      if (type == RrType::kCname) {
        seen.cnames = count;
      } else if (type != RrType::kRrsig && type != RrType::kNsec) {
        seen.beside_cname = true;
        seen.other = type;
      }
      if (type == RrType::kDname) seen.dnames = count;
      seen.ns |= type == RrType::kNs;
      seen.ds |= type == RrType::kDs;
      seen.key_records |= type == RrType::kCds || type == RrType::kCdnskey;
    }
    return seen;
  }

  void check_cname(const zones::Node& node, const Seen& seen) {
    if (seen.beside_cname) {
      mandatory(node, RrType::kCname,
                fmt::format("another record exists beside the CNAME record: {} (RFC 1034 3.6.2)",
                            dns::to_text(seen.other)));
    }
    if (seen.cnames > 1) {
      mandatory(node, RrType::kCname, "more than one CNAME record (RFC 1034 3.6.2)");
    }
  }

  void check_dname(const zones::Node& node, const Seen& seen) {
    if (seen.dnames > 1) {
      mandatory(node, RrType::kDname, "more than one DNAME record (RFC 6672 2.4)");
    }
    if (seen.ns && !is_apex(node)) {
      mandatory(node, RrType::kDname, "NS record beside the DNAME record (RFC 6672 2.3)");
    }
    if (has_dname_) return;  // what is below it is below the one above
    last_dname_ = zones::owner_name(zone_, node);
    has_dname_ = true;
  }

  // The tree is in canonical order: what is below a name follows it at once.
  void check_below_dname(const zones::Node& node) {
    if (!zones::owner_name(zone_, node).view().is_at_or_below(last_dname_)) {
      has_dname_ = false;
    } else if ((node.flags & zones::kNodeEmpty) == 0) {
      mandatory(node, kAnyRecord, fmt::format("record below the DNAME record of {} (RFC 6672 2.4)",
                                              last_dname_.to_text()));
    }
  }

  void check_servers(const zones::Node& node) {
    const zones::Rrset ns = zones::find_rrset(base_, node, RrType::kNs);
    if (!ns) return extra(node, RrType::kSoa, {}, "no NS record at the zone apex (RFC 1035 5.2)");
    // Below a delegation nothing is ours, and nobody is sent there.
    const unsigned depth = zones::owner_name(zone_, node).view().depth();
    if (!is_apex(node) && zones::cut_labels(node) != depth) return;
    zones::for_each_record(ns.records, [&](dns::Bytes rdata, std::uint32_t) {
      const auto target = dns::NameView::parse(rdata);
      if (!target || !target->is_at_or_below(zones::apex(zone_)) || has_address(node, *target)) {
        return;
      }
      extra(node, RrType::kNs, rdata,
            fmt::format("no glue record for the name server {} (RFC 1034 4.2.1)",
                        target->to_text()));
    });
  }

  // Whether this zone gives an address of a server of `node`, or need not.
  bool has_address(const zones::Node& node, dns::NameView target) const {
    dns::NameKey key;
    dns::make_name_key(secret_, target, key);
    const zones::Closest closest = zones::find_closest(base_, zone_, key);
    if (closest.depth == key.depth) return has_address(*closest.node);
    if (closest.node != &node && closest.node->cut_depth != 0) return true;  // another zone's
    if ((closest.node->flags & zones::kNodeHasWildcard) == 0) return false;
    constexpr std::uint8_t kAsterisk[] = {'*'};
    const auto wildcard = dns::Name::prepend(kAsterisk, key.suffix(closest.depth));
    if (!wildcard) return false;
    dns::make_name_key(secret_, *wildcard, key);
    return has_address(*zones::find_node(base_, zone_, key, key.depth));
  }
  bool has_address(const zones::Node& node) const {
    return zones::find_rrset(base_, node, RrType::kA) ||
           zones::find_rrset(base_, node, RrType::kAaaa);
  }

  void mandatory(const zones::Node& node, RrType type, std::string text) {
    if (findings_.mandatory.size() == kMaxFindings) return;
    findings_.mandatory.push_back({zones::owner_name(zone_, node), type, {}, std::move(text)});
  }
  void extra(const zones::Node& node, RrType type, dns::Bytes rdata, std::string text) {
    if (findings_.extra.size() == kMaxFindings) return;
    findings_.extra.push_back({zones::owner_name(zone_, node), type,
                               std::vector(rdata.begin(), rdata.end()), std::move(text)});
  }

  const zones::Base base_;
  const zones::Zone& zone_;
  const bool want_extra_;
  const dns::HashKey& secret_;
  Findings findings_;
  dns::Name last_dname_;
  bool has_dname_ = false;
};

}  // namespace

Findings check_zone_contents(zones::Base base, const zones::Zone& zone, bool want_extra,
                             const dns::HashKey& secret) {
  return Checker(base, zone, want_extra, secret).run();
}

}  // namespace bowline::control::store
