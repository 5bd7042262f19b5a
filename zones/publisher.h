// Publisher: makes drafts the version that everybody reads, and frees what nobody reads any more.
//
// Control; any thread, one at a time inside (a mutex): publication is serial.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <span>
#include <vector>

#include "dns/name_key.h"
#include "dns/result.h"
#include "link/publish.h"
#include "link/settings.h"
#include "zones/draft.h"

namespace bowline::zones {

class Publisher {
 public:
  // Asked before a root is stored: waits until the dataplane has mapped every chunk. False: it does
  // not answer, and nothing is published.
  using Settle = std::function<bool()>;

  // REQUIRES: `header` is that of the heap's chunk 0 and nothing has been published yet.
  Publisher(Heap& heap, link::TablesHeader& header, const link::Settings& settings, Settle settle);

  // Publishes all drafts as one version and returns its epoch. A zone that exists is replaced. On
  // failure nothing has changed, and the drafts are given back to their memory.
  dns::Result<std::uint64_t> publish(std::vector<ZoneDraft> drafts);
  // The same for new settings.
  dns::Result<std::uint64_t> publish_settings(const link::Settings& settings);

  // Frees what was retired at or before epoch `oldest_in_use` (link::EpochSlots).
  void reclaim(std::uint64_t oldest_in_use);

  // The newest version. Its blocks stay until the next publish() and reclaim(): for the thread that
  // publishes, or under an epoch.
  View current() const;
  std::uint64_t epoch() const;
  std::size_t zone_count() const;  // placeholders too
  std::size_t retired_blocks() const;
  std::size_t retired_octets() const;  // in these blocks

 private:
  struct Retired {
    std::uint64_t epoch;
    std::vector<Block> blocks;
  };

  dns::Result<std::uint64_t> publish_locked(std::vector<ZoneDraft>& drafts,
                                            const link::Settings* settings);
  void apply(Edit& edit, Root& root, const ZoneDraft& draft, std::vector<Block>& retired);

  Heap& heap_;
  link::TablesHeader& header_;
  Settle settle_;
  Arena arena_;
  dns::HashKey secret_;
  mutable std::mutex mutex_;
  Ref root_ = 0;
  std::uint64_t epoch_ = link::kFirstEpoch;
  link::Settings settings_;
  std::array<std::uint32_t, dns::kMaxDepth + 1> apexes_at_{};  // zones by depth of their apex
  std::deque<Retired> retired_;
  std::size_t retired_octets_ = 0;
};

}  // namespace bowline::zones
