// NodeEncoder: turns the records of one owner name into a Node, and back.
//
// Control; one thread; reused from name to name so that building allocates little.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "dns/name.h"
#include "dns/rr_type.h"
#include "zones/edit.h"
#include "zones/format.h"

namespace bowline::zones {

inline constexpr std::size_t kRecordHead = 12;  // C0 0C, type, class, ttl, rdlength

// One record as stored: kRecordHead octets, then rdata. `type` is the type that it is filed under:
// of an RRSIG the type covered.
struct StoredRecord {
  const std::uint8_t* at;
  std::uint32_t size;
  dns::RrType type;
  bool signature;

  dns::Bytes rdata() const { return {at + kRecordHead, size - kRecordHead}; }
  std::uint32_t ttl() const { return dns::load_u32(at + 6); }
};

// Files a record under its type. REQUIRES: `at` holds a stored record with checked rdata.
StoredRecord stored_record(const std::uint8_t* at);

class NodeEncoder {
 public:
  void clear() { records_.clear(); }
  void add(const StoredRecord& record) { records_.push_back(record); }
  // As add(stored_record(at)); returns the octets of the record.
  std::size_t add(const std::uint8_t* at);
  void add_all(Base base, const Node& node);
  std::vector<StoredRecord>& records() { return records_; }

  // Sorts the records, drops duplicates, and gives the records of an RRset the lowest of their TTLs
  // (RFC 2181 5.2). Returns how many are left.
  std::size_t normalize();

  struct Placement {
    dns::Bytes owner;       // of either case, relative to the apex; for NSEC3 the hash
    std::uint8_t flags;     // kNodeHasWildcard, kNodeNsec3; the others follow from the records
    std::uint8_t cut_depth;
  };
  // Writes the node. REQUIRES: normalize() has been called since the last change.
  Ref encode(Edit& edit, const Placement& placement, bool lasting);

 private:
  // Records of one type: records_[begin, middle) and the RRSIGs [middle, end).
  struct Group {
    std::size_t begin, middle, end;
    std::size_t size, sig_size;
    std::uint32_t ttl;

    bool far() const;
    std::size_t inline_size() const;
  };
  void group_records();

  std::vector<StoredRecord> records_;
  std::vector<Group> groups_;  // of the name being encoded
};

// Calls visit(Ref, size) for the node's far bodies and for the node.
void for_each_node_block(Base base, Ref node, const std::function<void(Ref, std::size_t)>& visit);

}  // namespace bowline::zones
