#include "sign.h"

#include <algorithm>
#include <cctype>

#include "rdata.h"

namespace bowline::oracle {

namespace {

constexpr std::uint32_t kChainTtl = 300;

class Signer {
 public:
  Signer(Choices& choices, const Name& apex, std::vector<Record>& records)
      : choices_(choices),
        apex_(apex),
        records_(records),
        signatures_(1 + (choices.percent(25) ? 1 : 0)),
        signature_size_(choices.percent(10) ? 256 : 8 + choices.below(64)) {}

  void add_keys() {
    for (std::size_t left = 1 + choices_.below(3); left > 0; --left) {
      add(apex_, RrType::kDnskey, 3600,
          u16(256 + choices_.below(2)) + u8(3) + u8(13) + random_octets(choices_, 64));
    }
  }

  void sign_data() {
    const Zone zone(apex_, records_);
    for (const auto& [name, node] : zone.nodes) {
      if (is_occluded(zone, name)) continue;
      for (const auto& [type, rrset] : node) {
        // RFC 4035 2.2: NS and glue at a delegation are not signed.
        if (is_cut(name, node) && type != RrType::kDs) continue;
        add_signatures(name, type, rrset.ttl);
      }
      // Signatures of what is not there are data of a sort.
      if (choices_.percent(2)) add_signatures(name, RrType::kLoc, 60);
    }
  }

  void add_nsec() {
    const Zone zone(apex_, records_);
    std::vector<Name> names;
    for (const auto& [name, node] : zone.nodes) {
      if (!node.empty() && !is_occluded(zone, name)) names.push_back(name);
    }
    for (std::size_t i = 0; i < names.size(); ++i) {
      std::set<RrType> types = types_of(names[i], *zone.node(names[i]));
      types.insert({RrType::kRrsig, RrType::kNsec});
      add(names[i], RrType::kNsec, kChainTtl,
          to_wire(names[(i + 1) % names.size()]) + type_bitmap(types));
      add_signatures(names[i], RrType::kNsec, kChainTtl);
    }
  }

  void add_nsec3(bool opt_out) {
    // RFC 5155 10.4: while parameters change there is a second chain, which nobody is told of.
    if (choices_.percent(5)) add_chain(opt_out, "old", 1);
    const Octets salt = random_octets(choices_, choices_.percent(50) ? 0 : choices_.below(9));
    const std::size_t iterations = choices_.percent(1) ? (choices_.percent(50) ? 100 : 2501)
                                   : choices_.percent(60) ? 0 : choices_.below(4);
    add(apex_, RrType::kNsec3Param, 0, u8(1) + u8(0) + parameters_of(salt, iterations));
    add_signatures(apex_, RrType::kNsec3Param, 0);
    add_chain(opt_out, salt, iterations);
  }

 private:
  static Octets parameters_of(const Octets& salt, std::size_t iterations) {
    return u16(iterations) + u8(salt.size()) + salt;
  }

  void add_chain(bool opt_out, const Octets& salt, std::size_t iterations) {
    const bool is_upper = choices_.percent(20);
    const std::map<Octets, Octets> bitmaps = hash_names(opt_out, salt, iterations);
    for (auto at = bitmaps.begin(); at != bitmaps.end(); ++at) {
      const auto next = std::next(at) == bitmaps.end() ? bitmaps.begin() : std::next(at);
      Octets label = base32hex(at->first);
      if (is_upper) std::transform(label.begin(), label.end(), label.begin(), ::toupper);
      const Name owner = below(apex_, label);
      add(owner, RrType::kNsec3, kChainTtl,
          u8(1) + u8(opt_out ? 1 : 0) + parameters_of(salt, iterations) +
              u8(next->first.size()) + next->first + at->second);
      add_signatures(owner, RrType::kNsec3, kChainTtl);
    }
  }

  bool is_cut(const Name& name, const Node& node) const {
    return name != apex_ && find(node, RrType::kNs) != nullptr;
  }

  std::set<RrType> types_of(const Name& name, const Node& node) const {
    std::set<RrType> types;
    for (const auto& [type, rrset] : node) {
      const bool is_shown = type == RrType::kNs || type == RrType::kDs;
      if (!rrset.rdata.empty() && (is_shown || !is_cut(name, node))) types.insert(type);
      if (!rrset.signatures.empty()) types.insert(RrType::kRrsig);
    }
    return types;
  }

  // RFC 5155 7.1: the bitmaps of all names that get an NSEC3, by hash.
  std::map<Octets, Octets> hash_names(bool opt_out, const Octets& salt, std::size_t iterations) {
    const Zone zone(apex_, records_);
    std::map<Octets, Octets> bitmaps;
    const auto hash = [&](const Name& name) {
      return nsec3_hash(name, salt, static_cast<unsigned>(iterations));
    };
    for (const auto& [name, node] : zone.nodes) {
      if (node.empty() || is_occluded(zone, name)) continue;
      if (opt_out && is_cut(name, node) && find(node, RrType::kDs) == nullptr) continue;
      bitmaps[hash(name)] = type_bitmap(types_of(name, node));
      // 7.1 (4): empty non-terminals above it.
      for (std::size_t count = apex_.size(); count < name.size(); ++count) {
        const Name above = suffix(name, count);
        if (zone.node(above)->empty()) bitmaps.emplace(hash(above), Octets());
      }
    }
    return bitmaps;
  }

  void add(const Name& owner, RrType type, std::uint32_t ttl, Octets rdata) {
    records_.push_back({owner, type, ttl, std::move(rdata)});
  }

  // RFC 4034 3.1.
  void add_signatures(const Name& owner, RrType covered, std::uint32_t ttl) {
    const bool is_wildcard = !owner.empty() && owner.back() == "*";
    for (std::size_t i = 0; i < signatures_; ++i) {
      add(owner, RrType::kRrsig, ttl,
          u16(dns::code_of(covered)) + u8(8 + 5 * i) + u8(owner.size() - (is_wildcard ? 1 : 0)) +
              u32(ttl) + u32(2000000000) + u32(1600000000) + u16(choices_.below(65536)) +
              to_wire(apex_) + random_octets(choices_, 4) + Octets(signature_size_, 's'));
    }
  }

  Choices& choices_;
  const Name& apex_;
  std::vector<Record>& records_;
  const std::size_t signatures_;  // of each RRset
  const std::size_t signature_size_;
};

}  // namespace

Scheme random_scheme(Choices& choices) {
  static const std::vector<Scheme> all = {Scheme::kUnsigned, Scheme::kUnsigned, Scheme::kNsec,
                                          Scheme::kNsec,     Scheme::kNsec3,    Scheme::kNsec3,
                                          Scheme::kOptOut,   Scheme::kOptOut};
  return choices.of(all);
}

void sign(Choices& choices, Scheme scheme, const Name& apex, std::vector<Record>& records) {
  if (scheme == Scheme::kUnsigned) return;
  Signer signer(choices, apex, records);
  signer.add_keys();
  signer.sign_data();
  if (scheme == Scheme::kNsec) signer.add_nsec();
  else signer.add_nsec3(scheme == Scheme::kOptOut);
}

}  // namespace bowline::oracle
