// BenchTables: zones made up in this process, published in real chunks, and the questions about
// them.
//
// For bench_answer. Built by one thread, which is also the one that changes them; questions may be
// made by any.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bench_signing.h"
#include "dns/name_key.h"
#include "dns/result.h"
#include "link/chunks.h"
#include "link/epoch.h"
#include "link/publish.h"
#include "zones/publisher.h"

namespace bowline::perf {

enum class Mix {
  kHit,
  kHot,           // the same few names again and again
  kNxdomain,      // right below the apex
  kNxdomainDeep,  // below a name that exists: the closest encloser is another one each time
  kDelegation,
  kCname,         // and its target
  kWildcard,
  kRefused,       // names of no zone
};

struct TablesPlan {
  std::uint64_t names = 1'000'000;
  std::uint64_t zones = 1;
  Mix mix = Mix::kHit;
  Dnssec dnssec = Dnssec::kNone;
  bool huge_pages = false;
  std::uint64_t reserved_bytes = link::kReservedSize;  // of addresses (link/chunks.h)
};

// Names asked again and again in the mix "hot": what fits into the first caches.
inline constexpr std::uint64_t kHotNames = 1000;

// What a reply was found to be.
struct CheckedReply {
  std::string fault;        // the first one in words, or nothing
  unsigned signatures = 0;  // RRSIGs in it
};

class BenchTables {
 public:
  // The secret of the keyed hash is always the same, so that two runs look at the same places.
  static dns::Result<std::unique_ptr<BenchTables>> build(const TablesPlan& plan);

  const link::TablesHeader& header() const { return *header_; }
  link::TablesView view() const { return chunks_.view(); }
  link::ChunkStats stats() const { return chunks_.stats(); }

  // Writes the name of question `number`, made with `random`, to `at`. Returns its octets, with the
  // root. REQUIRES: number < plan.names; 128 octets of room.
  std::size_t write_question(std::uint64_t number, std::uint64_t random, std::uint8_t* at) const;
  // Whether `reply` is right for it, asked with DO or without.
  CheckedReply check_reply(std::uint64_t number, bool dnssec_ok, dns::Bytes reply) const;
  // Questions are to be about numbers below this.
  std::uint64_t asked_names() const {
    return plan_.mix == Mix::kHot ? std::min(kHotNames, plan_.names) : plan_.names;
  }

  // ---- Churn: by one thread, while workers that are registered in `readers` answer ----

  // Publishes the RRset that has the address of name `number`, the same but for its TTL.
  dns::Result<void> update(std::uint64_t number, std::uint32_t ttl_s,
                           const link::EpochSlots& readers);
  // Makes every zone once more and publishes it in place of the one before.
  dns::Result<void> reload(const link::EpochSlots& readers) { return build_zones(&readers); }

 private:
  explicit BenchTables(const TablesPlan& plan) : plan_(plan) {}

  dns::Result<void> build_zones(const link::EpochSlots* readers);
  dns::Result<void> publish(std::vector<zones::ZoneDraft> drafts, const link::EpochSlots* readers);

  const TablesPlan plan_;
  dns::HashKey secret_;
  link::ChunkWriter chunks_;
  std::unique_ptr<zones::Heap> heap_;
  link::TablesHeader* header_ = nullptr;
  std::unique_ptr<zones::Publisher> publisher_;
};

}  // namespace bowline::perf
