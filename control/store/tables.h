// Tables: the table memory of this incarnation of control: chunks, heap, hash secret, publisher.
//
// Made by the main thread at the start; heap and publisher may then be used by any thread,
// reclaim() and settings by the store's thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

#include "control/store/keeper_channel.h"
#include "control/store/pairing.h"
#include "control/store/version_pins.h"
#include "dns/name_key.h"
#include "dns/result.h"
#include "link/chunks.h"
#include "link/epoch.h"
#include "zones/heap.h"
#include "zones/publisher.h"

namespace bowline::control::store {

class Tables {
 public:
  struct Options {
    bool want_huge_pages = false;
    bool warn_without_huge_pages = true;
  };

  // Makes chunk 0 with a new secret and hands it to the keeper. `channel` and `pairing` outlive it.
  static dns::Result<std::unique_ptr<Tables>> create(KeeperChannel& channel, const Pairing& pairing,
                                                     const Options& options);

  // REQUIRES: once, before anything is published.
  void start_publisher(const link::Settings& settings);

  zones::Heap& heap() { return *heap_; }
  zones::Publisher& publisher() { return *publisher_; }
  const dns::HashKey& secret() const { return secret_; }
  const link::TablesHeader& header() const { return *header_; }
  // Slots of control's own reading threads.
  link::EpochSlots& own_slots() { return own_slots_; }
  // For reading at the pace of a client.
  VersionPins& pins() { return *pins_; }

  link::ChunkStats stats() const;

  // Frees what no thread reads any more and looks for a thread that stands still. Called by the
  // store's thread each 100 ms.
  void upkeep();

 private:
  Tables(KeeperChannel& channel, const Pairing& pairing, const Options& options,
         link::ChunkWriter writer);

  bool grow(unsigned index, std::size_t size);
  void warn_small_pages();
  bool settle();

  KeeperChannel& channel_;
  const Pairing& pairing_;
  const Options options_;
  mutable std::mutex writer_mutex_;
  link::ChunkWriter writer_;
  std::atomic<std::uint64_t> serial_{0};  // of the newest chunk
  bool warned_ = false;
  dns::HashKey secret_;
  link::TablesHeader* header_ = nullptr;
  std::unique_ptr<zones::Heap> heap_;
  std::unique_ptr<zones::Publisher> publisher_;
  link::EpochSlots own_slots_{};
  std::unique_ptr<VersionPins> pins_;
  link::StallWatch stall_watch_;
  std::uint64_t stall_pairing_ = 0;
  std::uint64_t epoch_before_ = 0;
};

}  // namespace bowline::control::store
