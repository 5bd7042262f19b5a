// RecordLog: the records of a zone that is being loaded, in groups of one owner, to be sorted into
// the order of the tree.
//
// For ZoneBuilder; one thread. Records are written once, in the form that the tables have, and stay
// where they are; what is sorted is 24 octets a group.
#pragma once

#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "dns/rr_type.h"
#include "dns/wire.h"
#include "zones/large_pages.h"
#include "zones/node_encoder.h"
#include "zones/tree_key.h"

namespace bowline::zones {

class RecordLog {
 public:
  // Consecutive records of one owner.
  class Group {
   public:
    dns::Bytes owner() const { return {at_ + kGroupHead, at_[sizeof(std::uint32_t)]}; }
    std::uint32_t record_count() const {
      std::uint32_t count;
      std::memcpy(&count, at_, sizeof count);
      return count;
    }
    // The first record, as NodeEncoder takes it; the others follow.
    const std::uint8_t* records() const { return owner().data() + owner().size(); }
    // False only if the owners differ.
    bool starts_like(const Group& other) const { return first_ == other.first_; }
    // Its first lines: sorted, groups lie anywhere.
    void prefetch() const {
      __builtin_prefetch(at_);
      __builtin_prefetch(at_ + 64);
    }

   private:
    friend class RecordLog;

    std::uint64_t first_;  // the key's first octets, packed (record_log.cpp)
    std::uint64_t next_;   // the ninth to the sixteenth
    std::uint8_t* at_;     // record count, owner size, owner, records
  };
  using Groups = LargeVector<Group>;

  // `hashed`: owners are NSEC3 hashes, else names relative to the apex.
  explicit RecordLog(bool hashed) : hashed_(hashed) {}

  // One record. Throws std::bad_alloc. REQUIRES: checked rdata.
  void add(dns::Bytes owner, dns::RrType type, std::uint16_t rr_class, std::uint32_t ttl,
           dns::Bytes rdata);

  // Brings the groups into the order of their TreeKey; of one owner, into that of their coming.
  void sort();
  const Groups& groups() const { return groups_; }
  void clear();

 private:
  static constexpr std::size_t kGroupHead = sizeof(std::uint32_t) + 1;

  struct Block {
    std::uint8_t* octets;
    std::size_t size;
    explicit Block(std::size_t block_size)
        : octets(static_cast<std::uint8_t*>(allocate_large(block_size))), size(block_size) {}
    Block(Block&& other) noexcept
        : octets(std::exchange(other.octets, nullptr)), size(other.size) {}
    Block& operator=(Block&&) = delete;
    ~Block() {
      if (octets != nullptr) free_large(octets, size);
    }
  };

  bool continues(dns::Bytes owner, std::size_t record) const;
  std::uint64_t pack(const KeyStart& start);
  void start_group(dns::Bytes owner, std::size_t record);
  void make_room(std::size_t size);
  bool before(const Group& a, const Group& b) const;
  void sort_by_first();

  const bool hashed_;
  bool has_rare_ = false;  // some key's packed octets do not tell all that the octets do
  std::vector<Block> blocks_;
  std::uint8_t* next_ = nullptr;  // where the next octets go
  std::uint8_t* end_ = nullptr;   // of the block
  Groups groups_;
};

}  // namespace bowline::zones
