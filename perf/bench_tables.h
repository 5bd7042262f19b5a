// BenchTables: zones made up in this process, published in real chunks, and the questions about
// them.
//
// For bench_answer. Built once by one thread; then questions may be made by any.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>

#include "bench_signing.h"
#include "dns/name_key.h"
#include "dns/result.h"
#include "link/chunks.h"
#include "link/publish.h"
#include "zones/publisher.h"

namespace bowline::perf {

enum class Mix { kHit, kHot, kNxdomain, kDelegation, kCname, kWildcard };

struct TablesPlan {
  std::uint64_t names = 1'000'000;
  std::uint64_t zones = 1;
  Mix mix = Mix::kHit;
  Dnssec dnssec = Dnssec::kNone;
  bool huge_pages = false;
};

// Names asked again and again in the mix "hot": what fits into the first caches.
inline constexpr std::uint64_t kHotNames = 1000;

class BenchTables {
 public:
  static dns::Result<std::unique_ptr<BenchTables>> build(const TablesPlan& plan);

  const link::TablesHeader& header() const { return *header_; }
  link::TablesView view() const { return chunks_.view(); }
  link::ChunkStats stats() const { return chunks_.stats(); }

  // Writes the name of question `number`, made with `random`, to `at`. Returns its octets, with the
  // root. REQUIRES: number < plan.names; 128 octets of room.
  std::size_t write_question(std::uint64_t number, std::uint64_t random, std::uint8_t* at) const;
  // Whether `reply` is right for it, asked with DO or without. The first fault in words, or
  // nothing.
  std::string check_reply(std::uint64_t number, bool dnssec_ok, dns::Bytes reply) const;
  // Questions are to be about numbers below this.
  std::uint64_t asked_names() const {
    return plan_.mix == Mix::kHot ? std::min(kHotNames, plan_.names) : plan_.names;
  }

 private:
  explicit BenchTables(const TablesPlan& plan) : plan_(plan) {}

  dns::Result<void> build_zones();

  const TablesPlan plan_;
  link::ChunkWriter chunks_;
  std::unique_ptr<zones::Heap> heap_;
  link::TablesHeader* header_ = nullptr;
  std::unique_ptr<zones::Publisher> publisher_;
};

}  // namespace bowline::perf
