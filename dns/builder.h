// MessageBuilder: writes a response into the buffer of its request.
//
// Life of one: it starts behind header and question, which stay as they are (so the question keeps
// its case and every owner that is the question's name is the pointer C00C); records are added
// section by section in order; finish() writes flags and counts. Space for OPT is reserved at the
// start, so the OPT always fits. An RRset either goes in whole or not at all, and the caller
// decides whether its absence means TC. No allocation; one thread.
//
// Names are compressed against the question and the names written before (RFC 1035 4.1.4), with at
// most kMaxCompressionSearches comparisons a message: what is not found within them is written in
// full, so the cost of a message is linear (hardening 43). Owners match in any case; names in rdata
// only in their exact case, so that data leave the server as they are in the zone (RFC 1034 3.1)
// however the question was spelt.
//
// What the usual reply needs is inline: then its builder is a few registers.
#pragma once

#include <array>
#include <cassert>
#include <cstdint>
#include <cstring>

#include "dns/message.h"
#include "dns/rdata.h"

namespace bowline::dns {

inline constexpr unsigned kMaxCompressionSearches = 120;  // as BIND and Unbound after CVE-2024-8508
inline constexpr std::size_t kMaxCompressionTargets = 64;

// What add_block() wrote into one message, for others whose questions end in the same name: between
// them only the pointers differ, all by as much as that name is moved.
class NotedBlock {
 public:
  void clear() { size_ = 0; }
  bool empty() const { return size_ == 0; }

 private:
  friend class MessageBuilder;
  static constexpr std::size_t kOctets = 512;   // an SOA and two signatures of RSA
  static constexpr std::size_t kPointers = 8;   // its owners and names
  static constexpr std::size_t kTargets = 8;
  static constexpr std::size_t kNames = 2;

  std::size_t size_ = 0;
  std::size_t suffix_at_;          // where the name that questions end in began
  std::size_t suffix_size_;
  std::uint16_t count_;            // records
  std::uint8_t searches_;          // that its names took
  std::uint8_t pointer_count_;
  std::uint8_t target_count_;
  std::uint8_t label_count_;
  std::array<std::uint16_t, kPointers> pointers_;  // where they stand in octets_
  // Labels right below that name, where they stand in octets_: of a question with one of them more
  // than that name would be pointed to.
  std::array<std::uint16_t, kNames> labels_;
  std::array<std::uint16_t, kTargets> targets_;
  std::array<std::uint16_t, kTargets> tags_;
  std::array<std::uint8_t, kMaxNameSize> suffix_;
  std::array<std::uint8_t, kOctets> octets_;
};

class MessageBuilder {
 public:
  // REQUIRES: buffer holds a header and, if question_end > 12, one question with an uncompressed
  // name up to question_end; question_end + reserve <= limit <= buffer.size(), limit <= 65535.
  // `reserve` octets of `limit` are kept for write_opt().
  MessageBuilder(MutableBytes buffer, std::size_t question_end, std::size_t limit,
                 std::size_t reserve)
      : buffer_(buffer),
        size_(question_end),
        question_end_(question_end),
        limit_(limit - reserve),
        reserve_(reserve) {
    assert(question_end >= kHeaderSize && question_end + reserve <= limit);
    assert(limit <= buffer.size() && limit <= kMaxMessageSize);
    counts_[0] = question_end > kHeaderSize ? 1 : 0;
  }

  // Starts a section; sections come in order. REQUIRES: section > the current one.
  void begin(Section section) {
    assert(section > section_);
    section_ = section;
  }

  // Adds one record. `owner` is any name; equal or suffix-sharing names are compressed.
  // `rdata` is uncompressed; names in it are compressed where the type allows it.
  // False: it did not fit and nothing was written. REQUIRES: check_rdata(type, rdata).
  bool add(NameView owner, RrType type, std::uint16_t rr_class, std::uint32_t ttl, Bytes rdata);

  // Adds `count` records given as the zone tables keep them, each
  //   C0 0C | type | class | ttl | rdlength | rdata
  // one after the other, all with `owner`. All or nothing. Records whose owner is the question's
  // name and whose type has no compressible name in its rdata are copied in one go.
  // REQUIRES: `records` holds exactly `count` records with checked rdata: an RRset, its RRSIGs, or
  // the one followed by the other.
  bool add_block(NameView owner, bool owner_is_qname, Bytes records, unsigned count);

  // The same for records that need no change: those of the question's name, which is not the root,
  // of a type that is_plain() says has none but plain octets in its rdata.
  bool add_plain(Bytes records, unsigned count) {
    assert(section_ != Section::kQuestion);
    if (records.size() > space()) return false;
    put(records);
    std::uint16_t& records_here = counts_[static_cast<unsigned>(section_)];
    records_here = static_cast<std::uint16_t>(records_here + count);
    return true;
  }
  static bool is_plain(RrType type);

  // A mark to come back to: everything added since is given up (an RRset with its proof).
  // (Words only: what is put together from smaller parts in memory is waited for when it is read.)
  struct Mark {
    std::size_t size;
    std::size_t count;
    std::size_t targets;
  };
  Mark mark() const;
  void rollback(Mark mark);  // REQUIRES: taken in the current section

  // As add_block(owner, false, records, count) where the caller knows the owner: at most one label
  // below the name that begins at `suffix_at` in the question and is not the root.
  // REQUIRES: is_plain() of the records' type.
  bool add_block_below(NameView owner, std::size_t suffix_at, Bytes records, unsigned count);

  // Notes the records that were added since `before`, when the message had the question alone: an
  // SOA and its signatures, whose owner is the name at `suffix_at` in the question, neither the root
  // nor the whole. `block` stays empty if they depend on what the question has below that name.
  void note_block(Mark before, std::size_t suffix_at, NotedBlock& block) const;
  // Adds them to another message that has the question alone, which has that name at `suffix_at`
  // and the label below it at `label_at`. False: nothing was written, for there is no room, or they
  // would have to be written in another way.
  bool add_noted(const NotedBlock& block, std::size_t suffix_at, std::size_t label_at);

  std::size_t size() const { return size_; }
  std::size_t space() const { return limit_ - size_; }  // without what is reserved
  Section section() const { return section_; }
  unsigned count(Section section) const { return counts_[static_cast<unsigned>(section)]; }

  // Reserves so many octets more. False: there is no room for them.
  bool reserve_more(std::size_t octets) {
    if (octets > space()) return false;
    limit_ -= octets;
    reserve_ += octets;
    return true;
  }

  // Writes an OPT record with `options` (already encoded) into the additional section.
  // REQUIRES: 11 + options.size() <= the reserve; called last before finish().
  void write_opt(std::uint16_t udp_size, std::uint8_t extended_rcode, std::uint8_t version,
                 std::uint16_t flags, Bytes options) {
    const std::size_t size = kOptFixedSize + options.size();
    assert(size <= reserve_);
    reserve_ -= size;
    limit_ += size;
    std::uint8_t* const fixed = buffer_.data() + size_;
    fixed[0] = 0;  // the root
    store_u16(fixed + 1, code_of(RrType::kOpt));
    store_u16(fixed + 3, udp_size);
    fixed[5] = extended_rcode;
    fixed[6] = version;
    store_u16(fixed + 7, flags);
    store_u16(fixed + 9, static_cast<std::uint16_t>(options.size()));
    size_ += kOptFixedSize;
    put(options);
    ++counts_[static_cast<unsigned>(Section::kAdditional)];
  }

  // Writes the header's flags word (without RCODE's upper bits) and the counts; the id stays.
  // Returns the size of the message.
  std::size_t finish(std::uint16_t flags_and_rcode) {
    std::uint8_t* const header = buffer_.data();
    store_u16(header + 2, flags_and_rcode);
    for (std::size_t i = 0; i < counts_.size(); ++i) store_u16(header + 4 + 2 * i, counts_[i]);
    return size_;
  }

 private:
  // What becomes of letters when a name is compared with one in the message.
  enum class Case : std::uint8_t { kIgnored, kKept };
  // The suffix of a name that stands in the message already: behind the first `labels_size` octets,
  // at `pointer`, a whole pointer word. 0: nowhere, and labels_size is the size of the name.
  struct Match {
    std::size_t labels_size;
    std::size_t pointer;
  };

  // REQUIRES: bytes.size() <= space().
  void put(Bytes bytes) {
    if (bytes.empty()) return;
    std::memcpy(buffer_.data() + size_, bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  void point_owners(std::size_t from, Bytes records, std::uint16_t pointer);
  bool stands_alone(NameView owner, std::size_t labels_size, std::size_t suffix_at,
                    std::uint16_t tag) const;
  bool write_owner(NameView owner, std::uint16_t& pointer);
  bool write_body(Bytes fixed, Bytes rdata);
  bool write_rdata(RrType type, Bytes rdata);
  bool write_name(NameView name, Case letters, std::uint16_t& pointer);
  void add_targets(NameView name, std::size_t labels_size, std::size_t offset);
  Match find_suffix(NameView name, Case letters);
  std::size_t match_question(NameView name, Case letters);
  std::uint16_t find_target(Bytes suffix, Case letters);
  bool is_at(std::size_t offset, const std::uint8_t* suffix, Case letters) const;

  MutableBytes buffer_;
  std::size_t size_;
  std::size_t question_end_;
  std::size_t limit_;
  std::size_t reserve_;
  Section section_ = Section::kQuestion;
  std::array<std::uint16_t, 4> counts_{};
  unsigned searches_left_ = kMaxCompressionSearches;
  // Labels in the message that a pointer may lead to, in the order of their writing, and for each a
  // tag of the suffix that begins there: equal suffixes have equal tags.
  std::uint8_t target_count_ = 0;
  std::array<std::uint16_t, kMaxCompressionTargets> targets_;
  std::array<std::uint16_t, kMaxCompressionTargets> tags_;
};

}  // namespace bowline::dns
