// Zone tables: the bytes. See FORMAT.md for the picture.
//
// Written by control, read by the dataplane's threads and by control. A block is never changed once
// a root that leads to it has been published. Blocks refer to each other by link::Ref (32 bits, in
// granules of 16 octets); 0 refers to nothing. Integers are of the host's order (both processes run
// on one machine) but for what is DNS wire format.
#pragma once

#include <cstddef>
#include <cstdint>

#include "link/chunks.h"

namespace bowline::zones {

using link::Ref;

// Where the tables are mapped.
struct Base {
  const std::byte* address = nullptr;
  template <typename T>
  const T* at(Ref ref) const {
    return reinterpret_cast<const T*>(address + std::size_t{ref} * link::kGranule);
  }
};

// ---- Hash index: extendible hashing over pages of up to 64 buckets --------------------------
//
//   hash bits   63 .. 64-depth | ...  31 .. 16                       | 15 .. 0
//               page           |      bucket: bits * page_buckets >> 16 | tag
//
// Every page of an index has the same number of buckets, chosen when the index was built so that
// its pages are well filled. An entry that finds its bucket full goes into one of the next
// kSpillBuckets (cyclically), and its own bucket counts it as spilled.
//
// depth 0: `top` is the page itself (a page of one bucket lies in the Zone or Root instead).
// depth 1..8: `top` is one block of 2^depth refs to pages. Above 8: a block of 2^(depth-8) refs to
// blocks of 256 refs to pages, so that a change copies one page, one block and the top.

inline constexpr unsigned kBucketSlots = 10;
inline constexpr unsigned kPageBuckets = 64;  // at most: 4 KiB
inline constexpr unsigned kSpillBuckets = 3;
inline constexpr unsigned kDirectoryBits = 8;
inline constexpr unsigned kDirectoryRefs = 1U << kDirectoryBits;
inline constexpr unsigned kMaxHashDepth = 24;  // 16 Mi pages, some 6 * 10^9 names: beyond the range

struct alignas(64) Bucket {
  std::uint16_t tag[kBucketSlots];
  std::uint16_t used;     // slots in use, from the first on
  std::uint16_t spilled;  // entries of this bucket that are kept in one of the next buckets
  Ref ref[kBucketSlots];
};
static_assert(sizeof(Bucket) == 64);

struct HashRoot {
  Ref top;
  std::uint32_t count;
  std::uint8_t depth;
  std::uint8_t page_buckets;  // 1 to kPageBuckets
  std::uint16_t unused;
};
static_assert(sizeof(HashRoot) == 12);

// ---- Ordered index: copy-on-write B+tree ------------------------------------------------------
//
// Keys are octet strings compared by memcmp (see tree_key.h). An entry keeps the four octets that
// follow the `skip` octets which all keys of its block share; equal ones are decided by the nodes.
// The first kPrefixOctets of the shared ones stand in the block. An entry of an inner block has the
// key of the lowest node below it.

inline constexpr unsigned kTreeFanout = 60;
inline constexpr unsigned kPrefixOctets = 24;
inline constexpr unsigned kMaxTreeLevels = 12;  // at half-full blocks 30^12 entries

struct TreeEntry {
  std::uint32_t key;  // big-endian value of the four octets, zero-padded
  Ref ref;            // Node (level 0) or TreeBlock
};

struct TreeBlock {
  std::uint16_t count;
  std::uint16_t skip;
  std::uint8_t level;  // 0: leaf
  std::uint8_t unused[3];
  std::uint8_t prefix[kPrefixOctets];
  // Then: `count` TreeEntry, in ascending order of key.

  const TreeEntry* entries() const { return reinterpret_cast<const TreeEntry*>(this + 1); }
  TreeEntry* entries() { return reinterpret_cast<TreeEntry*>(this + 1); }
};
static_assert(sizeof(TreeBlock) == 32);

// ---- Node: one owner name ---------------------------------------------------------------------
//
//   Node | owner | case bits | (pad to 2) | RrsetEntry x rrset_count | bodies, in entry order
//
// `owner` is relative to the apex, lower case, without the root: empty at the apex. In the NSEC3
// tree it is the 20 octets of the hash instead. A body is the RRset in the octets that go into an
// answer, then its RRSIGs in the same form, each record
//   C0 0C | type | class | ttl | rdlength | rdata (names uncompressed, case as given)
// in canonical order (RFC 4034 6.3), or for a far RRset the Ref of a FarBody.

enum NodeFlags : std::uint8_t {
  kNodeCut = 1,          // NS below the apex: a delegation
  kNodeDname = 2,
  kNodeEmpty = 4,        // empty non-terminal: no RRset
  kNodeHasWildcard = 8,  // "*" exists right below
  kNodeNsec3 = 16,       // lives in the NSEC3 tree
};

struct Node {
  std::uint8_t owner_size;  // 0 to 254
  std::uint8_t case_size;   // octets of case bits: bit i set = octet i of owner was upper case
  std::uint8_t flags;
  // Of the topmost delegation at or above, or DNAME above: see cut_depth_at(). 0: authoritative.
  std::uint8_t cut_depth;
  std::uint16_t rrset_count;
  std::uint16_t entries_offset;
  std::uint32_t size;  // of the block in use, without FarBodies
};
static_assert(sizeof(Node) == 12);

// Node::cut_depth for a delegation or DNAME at a name of `labels` labels, and back. 0 is taken, so
// a DNAME at the root has a number that no name has labels.
inline constexpr std::uint8_t kCutAtRoot = 255;
inline constexpr std::uint8_t cut_depth_at(unsigned labels) {
  return labels == 0 ? kCutAtRoot : static_cast<std::uint8_t>(labels);
}
// REQUIRES: node.cut_depth != 0.
inline constexpr unsigned cut_labels(const Node& node) {
  return node.cut_depth == kCutAtRoot ? 0 : node.cut_depth;
}

inline constexpr std::uint16_t kFarBody = 0x8000;    // in RrsetEntry::size
inline constexpr std::size_t kMaxInlineBody = 192;   // three lines; larger: a third miss
inline constexpr std::size_t kMaxFarBody = 32U << 20;    // half of the largest chunk

struct RrsetEntry {
  std::uint16_t type;
  std::uint8_t count;      // records, and RRSIGs that cover them; of a far RRset see FarBody
  std::uint8_t sig_count;
  std::uint16_t size;      // octets of the records | 0, or kFarBody
  std::uint16_t sig_size;  // octets of the RRSIGs
};
static_assert(sizeof(RrsetEntry) == 8);

struct FarBody {
  std::uint32_t count;
  std::uint32_t sig_count;
  std::uint32_t size;
  std::uint32_t sig_size;
  // Then: the octets of the records, and of the RRSIGs.

  const std::uint8_t* octets() const { return reinterpret_cast<const std::uint8_t*>(this + 1); }
  std::uint8_t* octets() { return reinterpret_cast<std::uint8_t*>(this + 1); }
};
static_assert(sizeof(FarBody) == 16);

// ---- Zone -------------------------------------------------------------------------------------

enum ZoneFlags : std::uint8_t {
  kZoneNsec = 1,    // the apex has an NSEC record
  kZoneNsec3 = 2,   // the apex has NSEC3PARAM of a known algorithm and the NSEC3 tree is not empty
  kZoneAbsent = 4,  // a placeholder: the zone is ours, but there is no content to answer from
};

// What a query module does to the answers from a zone (answer/plan.h).
struct PlanStep {
  std::uint8_t stage;      // answer::Stage
  std::uint8_t kind;       // which function
  std::uint16_t unused;
  std::uint32_t argument;  // the function's own: a number, or the Ref of its data
};
static_assert(sizeof(PlanStep) == 8);
inline constexpr std::size_t kMaxPlanSteps = 64;  // modules of a zone, times the stages of each

struct alignas(64) Zone {
  HashRoot names;
  Ref order;            // TreeBlock; every node of `names`
  Ref nsec3;            // TreeBlock, 0: none
  Ref negative_soa;     // FarBody: the SOA with its negative TTL (RFC 2308 5), and RRSIGs
  Ref apex_node;
  std::uint32_t version;     // grows by one at each commit
  std::uint32_t serial;      // of the SOA
  std::uint32_t nsec3_count;
  std::uint32_t record_count;
  std::uint32_t size;        // of this block
  std::uint8_t apex_size;    // octets of the apex's name, with the root
  std::uint8_t apex_depth;
  std::uint8_t flags;
  std::uint8_t salt_size;
  std::uint16_t nsec3_iterations;
  std::uint16_t rr_class;
  std::uint8_t plan_size;    // steps of the query plan
  std::uint8_t unused[7];
  Bucket bucket;             // the only page while names.depth is 0 and names.page_buckets is 1
  // Then: apex name, lower case, apex_size octets; NSEC3 salt, salt_size octets; from the next
  // multiple of their alignment on, `plan_size` PlanStep.

  const std::uint8_t* tail() const { return reinterpret_cast<const std::uint8_t*>(this + 1); }
  std::size_t plan_offset() const {
    const std::size_t end = sizeof(Zone) + apex_size + salt_size;
    return (end + alignof(PlanStep) - 1) / alignof(PlanStep) * alignof(PlanStep);
  }
};
static_assert(sizeof(Zone) == 128);
static_assert(offsetof(Zone, bucket) == 64);

// ---- Root -------------------------------------------------------------------------------------

struct alignas(64) Root {
  HashRoot directory;             // of zones, by the hash of the apex
  Ref settings;                   // link::Settings
  std::uint64_t apex_depths[2];   // bit d: there is a zone whose apex has d labels
  std::uint64_t version;
  Bucket bucket;                  // as in Zone
};
static_assert(sizeof(Root) == 128);

}  // namespace bowline::zones
