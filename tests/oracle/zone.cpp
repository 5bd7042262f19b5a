#include "zone.h"

#include <openssl/sha.h>

#include <algorithm>

namespace bowline::oracle {

namespace {

constexpr std::size_t kHashSize = 20;       // SHA-1
constexpr std::size_t kHashLabelSize = 32;  // in base32hex

unsigned octet(const Octets& octets, std::size_t at) {
  return static_cast<unsigned char>(octets[at]);
}

// The hash that a label stands for; nothing if it is no 160-bit number in base32hex.
std::optional<Octets> hash_of_label(const Octets& label) {
  if (label.size() != kHashLabelSize) return std::nullopt;
  Octets hash;
  unsigned bits = 0, held = 0;
  for (const char c : label) {
    unsigned digit = 0;
    if (c >= '0' && c <= '9') digit = static_cast<unsigned>(c - '0');
    else if (c >= 'a' && c <= 'v') digit = static_cast<unsigned>(c - 'a') + 10;
    else return std::nullopt;
    bits = bits << 5 | digit;
    held += 5;
    if (held < 8) continue;
    held -= 8;
    hash += static_cast<char>(bits >> held & 0xff);
  }
  return hash;
}

void add(Rrset& rrset, bool is_signature, const Record& record) {
  if (is_signature) {
    rrset.signatures.push_back({record.ttl, record.rdata});
    return;
  }
  // RFC 2181 5.2: records of different TTL are treated as if all had the lowest.
  rrset.ttl = rrset.rdata.empty() ? record.ttl : std::min(rrset.ttl, record.ttl);
  // RFC 2181 5: no duplicates.
  if (std::find(rrset.rdata.begin(), rrset.rdata.end(), record.rdata) == rrset.rdata.end()) {
    rrset.rdata.push_back(record.rdata);
  }
}

}  // namespace

const Rrset* find(const Node& node, RrType type) {
  const auto at = node.find(type);
  return at == node.end() || at->second.rdata.empty() ? nullptr : &at->second;
}

Zone::Zone(Name of, const std::vector<Record>& records) : apex(std::move(of)) {
  for (const Record& record : records) {
    const Name owner = lower(record.owner);
    const bool is_signature = record.type == RrType::kRrsig;
    const RrType type = is_signature ? static_cast<RrType>(octet(record.rdata, 0) << 8 |
                                                           octet(record.rdata, 1))
                                     : record.type;
    if (type == RrType::kNsec3 && owner.size() == apex.size() + 1) {
      if (const auto hash = hash_of_label(owner.back())) {
        add(nsec3[*hash], is_signature, record);
        continue;
      }
    }
    add(nodes[owner][type], is_signature, record);
    // RFC 4592 2.2.2: the names between the owner and the apex exist.
    for (std::size_t count = apex.size(); count < owner.size(); ++count) {
      nodes[suffix(owner, count)];
    }
  }
  const Rrset* const parameters = find(nodes[apex], RrType::kNsec3Param);
  if (parameters == nullptr || nsec3.empty()) return;
  // RFC 5155 4.1.2: records with unknown algorithm or flags are ignored; 4: algorithm, flags, two
  // octets of iterations, salt length, salt.
  for (const Octets& rdata : parameters->rdata) {
    if (octet(rdata, 0) != 1 || octet(rdata, 1) != 0) continue;
    nsec3_parameters = {octet(rdata, 2) << 8 | octet(rdata, 3), rdata.substr(5)};
    // RFC 5155 10.4: while parameters change there is more than one chain.
    std::erase_if(nsec3, [&](const auto& each) {
      const std::vector<Octets>& all = each.second.rdata;
      const Octets wanted = rdata.substr(2);
      return std::none_of(all.begin(), all.end(), [&](const Octets& nsec3_rdata) {
        return nsec3_rdata.compare(2, wanted.size(), wanted) == 0;
      });
    });
    break;
  }
}

const Node* Zone::node(const Name& name) const {
  const auto at = nodes.find(name);
  return at == nodes.end() ? nullptr : &at->second;
}

bool is_occluded(const Zone& zone, const Name& name) {
  for (std::size_t count = zone.apex.size(); count < name.size(); ++count) {
    const Node* const node = zone.node(suffix(name, count));
    if (node == nullptr) return false;
    if (count > zone.apex.size() && find(*node, RrType::kNs) != nullptr) return true;
    if (find(*node, RrType::kDname) != nullptr) return true;
  }
  return false;
}

bool is_below_dname(const Zone& zone, const Name& name) {
  for (std::size_t count = zone.apex.size(); count < name.size(); ++count) {
    const Node* const node = zone.node(suffix(name, count));
    if (node == nullptr) return false;
    if (count > zone.apex.size() && find(*node, RrType::kNs) != nullptr) return false;
    if (find(*node, RrType::kDname) != nullptr) return true;
  }
  return false;
}

Octets nsec3_hash(const Name& lower_name, const Octets& salt, unsigned iterations) {
  Octets digest = to_wire(lower_name);
  for (unsigned i = 0; i <= iterations; ++i) {
    const Octets input = digest + salt;
    unsigned char out[kHashSize];
    SHA1(reinterpret_cast<const unsigned char*>(input.data()), input.size(), out);
    digest.assign(reinterpret_cast<const char*>(out), kHashSize);
  }
  return digest;
}

Octets base32hex(const Octets& octets) {
  constexpr char kDigits[] = "0123456789abcdefghijklmnopqrstuv";
  Octets text;
  unsigned bits = 0, held = 0;
  for (std::size_t i = 0; i < octets.size(); ++i) {
    bits = bits << 8 | octet(octets, i);
    for (held += 8; held >= 5; held -= 5) text += kDigits[bits >> (held - 5) & 31];
  }
  return text;
}

}  // namespace bowline::oracle
