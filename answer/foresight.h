// Foresight: what the answers of a burst will look up besides their own names: wildcards, alias
// targets, hosts that get addresses. It is noted as soon as the names have been found and looked up
// together, wave by wave, so that these answers wait for memory no more often than others. What is
// not foreseen, for want of room or because it is not in the tables (targets of a DNAME), is looked
// up while the answer is written.
//
// Lives in a thread's Scratch. Nothing outlives the burst: zones may change after it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "answer/limits.h"
#include "answer/query.h"

namespace bowline::answer {

class Foresight {
 public:
  // Forgets the burst before and looks ahead from where the names of this one have been found.
  void foresee(std::span<Query* const> wave, const Sources& sources);

  // What was found for a cause: for the octets of a name in the tables (an alias target, a host),
  // or for a node that has a wildcard right below. Null: it was not foreseen. Of a host and a
  // wildcard `closest.node` is the node or null, of a host also where it is hidden (lookup.h). An
  // alias may have been foreseen for the other side of a zone cut (at_parent).
  const Search* find(const void* cause) const {
    if (count_ == 0) return nullptr;
    const std::size_t number = slots_[slot_of(cause)];
    return number != 0 && number <= found_ ? &entries_[number - 1] : nullptr;
  }

 private:
  enum class Kind : std::uint8_t { kHost, kAlias, kWildcard };
  struct Entry : Search {
    Kind kind;
    dns::RrType type;    // that is asked for there
    const void* cause;
    dns::NameView name;  // to look up; not of a wildcard, whose key is made at once
    // Of a server in a delegation: labels and hash of the cut. What it hides is glue.
    unsigned cut_depth;
    std::uint64_t cut_hash;
  };

  // Two for each query of a burst.
  static constexpr std::size_t kEntries = 2 * kBurst;
  static constexpr std::size_t kSlots = 4 * kEntries;
  // A wildcard that is an alias that leads to a delegation: longer chains are rare.
  static constexpr unsigned kRounds = 3;

  std::size_t slot_of(const void* cause) const;
  Entry* add(Kind kind, const void* cause);
  void look_ahead(const Search& search, dns::RrType type, const Sources& sources);
  void want_node(const Search& search, dns::RrType type, zones::Base base);
  void want_hosts(const Search& search, const zones::Rrset& rrset);
  static bool is_glue(const Entry& entry);
  void want_wildcard(const Search& search, dns::RrType type, const Sources& sources);
  void look_up(std::size_t begin, const Sources& sources);

  std::size_t count_ = 0;  // entries in use
  std::size_t found_ = 0;  // of them looked up
  std::array<std::uint8_t, kSlots> slots_{};  // 0: free, else the number of an entry, from 1 on
  std::array<Entry, kEntries> entries_;
};

}  // namespace bowline::answer
