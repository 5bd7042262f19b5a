// QuestionSet: millions of questions in little memory: octets in a row, and eight octets each.
//
// Filled by one thread, then only read. A question is either name, type and class, or a whole
// message as it was captured, without its id.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "dns/name.h"
#include "dns/rr_type.h"
#include "dns/wire.h"

namespace bowline::perf::pktgen {

// The question and nothing else: 12 of header, a name, type and class; and with what a captured
// message may have besides. Fits into an Ethernet frame of 1,514 octets over IPv6.
inline constexpr std::size_t kMaxMessage = 1'400;
inline constexpr std::size_t kMaxQuestions = std::size_t{1} << 31;  // a plan's entries have 31 bits
inline constexpr std::size_t kMaxQuestionOctets = 0xffff'ffff;      // offsets have 32

struct Question {
  dns::Bytes octets;   // from the name on; of a whole message, from behind the id on
  std::uint16_t sum;   // of these octets, at an even offset
  bool whole;

  // From the name on, and at least the name, type and class.
  dns::Bytes from_name() const { return whole ? octets.subspan(10) : octets; }
};

class QuestionSet {
 public:
  // False: there is no room for more.
  bool add(dns::NameView name, dns::RrType type, std::uint16_t rr_class = 1);
  // REQUIRES: dns::read_query(message) finds no fault; 12 < message.size() <= kMaxMessage.
  bool add_message(dns::Bytes message);

  std::size_t size() const { return entries_.size(); }

  // Valid until the next add.
  Question operator[](std::size_t number) const {
    const Entry entry = entries_[number];
    return {{octets_.data() + entry.offset, entry.size & std::size_t{kSizeMask}}, entry.sum,
            (entry.size & kWhole) != 0};
  }
  void prefetch_entry(std::size_t number) const { __builtin_prefetch(&entries_[number]); }
  void prefetch_octets(std::size_t number) const {
    __builtin_prefetch(octets_.data() + entries_[number].offset);
  }

 private:
  static constexpr std::uint16_t kWhole = 0x8000, kSizeMask = 0x7fff;
  struct Entry {
    std::uint32_t offset;
    std::uint16_t size;
    std::uint16_t sum;
  };
  static_assert(sizeof(Entry) == 8);

  bool finish(std::size_t offset, std::uint16_t whole);

  std::vector<std::uint8_t> octets_;
  std::vector<Entry> entries_;
};

}  // namespace bowline::perf::pktgen
