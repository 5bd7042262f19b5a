// The oracle's zone: records in maps, and who of them is hidden by delegations and DNAMEs.
//
// Tests only. A zone never changes once it is made; any thread may read it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "dns/rr_type.h"
#include "name.h"

namespace bowline::oracle {

using dns::RrType;

struct Record {
  Name owner;  // in the case as written
  RrType type;
  std::uint32_t ttl;
  Octets rdata;  // uncompressed
  bool operator==(const Record&) const = default;
};

struct Signature {
  std::uint32_t ttl;
  Octets rdata;
};

// RRSIGs are kept with the type that they cover. An RRset without rdata has signatures only.
struct Rrset {
  std::uint32_t ttl = 0;
  std::vector<Octets> rdata;
  std::vector<Signature> signatures;
};

// The RRsets of one name that have data or signatures. Without any it is an empty non-terminal
// (RFC 4592 2.2.2).
using Node = std::map<RrType, Rrset>;

// The RRset of `type` if it has data.
const Rrset* find(const Node& node, RrType type);

struct Nsec3Parameters {
  unsigned iterations;
  Octets salt;
};

struct Zone {
  // `apex` in lower case; all owners are at or below it.
  Zone(Name apex, const std::vector<Record>& records);

  // False: the zone is ours, but there are no records to answer from.
  bool is_loaded() const { return find(nodes.at(apex), RrType::kSoa) != nullptr; }
  // The node of `name`, which is in lower case; null: the name does not exist.
  const Node* node(const Name& name) const;

  Name apex;
  std::map<Name, Node> nodes;      // lower case; map order is canonical order
  std::map<Octets, Rrset> nsec3;   // by hash; the owners are no names of the zone (RFC 5155 7.2.8)
  std::optional<Nsec3Parameters> nsec3_parameters;
};

// The names that a signer sees (RFC 4035 2.2): whether the name is below a delegation or DNAME.
bool is_occluded(const Zone& zone, const Name& name);
// Whether a DNAME above the name, itself not below a delegation, hides it (RFC 6672 2.4).
bool is_below_dname(const Zone& zone, const Name& name);

// RFC 5155 5.
Octets nsec3_hash(const Name& lower_name, const Octets& salt, unsigned iterations);
// RFC 4648 7 without padding, in lower case.
Octets base32hex(const Octets& octets);

}  // namespace bowline::oracle
