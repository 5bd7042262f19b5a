#include "control/store/tables.h"

#include <poll.h>
#include <sys/random.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <new>

#include "control/log/log.h"
#include "zones/layout.h"

namespace bowline::control::store {

namespace {

using log::Category;

// Mapping a chunk takes the dataplane microseconds once it looks; one that does not look for this
// long hangs. In looks of a millisecond, since tests move the clock.
constexpr unsigned kSettleLooks = 5'000;

// Memory of replaced versions that may wait for pins: what changes of some minutes take, or a
// quarter of the tables where that is more, so that reading a large zone outlives many changes.
constexpr std::size_t kMinPinBudget = 64 << 20;
constexpr std::size_t kPinBudgetPart = 4;

}  // namespace

Tables::Tables(KeeperChannel& channel, const Pairing& pairing, const Options& options,
               link::ChunkWriter writer)
    : channel_(channel), pairing_(pairing), options_(options), writer_(std::move(writer)) {
  heap_ = std::make_unique<zones::Heap>(
      writer_.at<std::byte>(link::kNullRef),
      [this](unsigned index, std::size_t size) { return grow(index, size); });
}

dns::Result<std::unique_ptr<Tables>> Tables::create(KeeperChannel& channel, const Pairing& pairing,
                                                    const Options& options) {
  auto writer = link::ChunkWriter::reserve(options.want_huge_pages);
  if (!writer) return dns::Error{writer.error()};
  std::unique_ptr<Tables> tables(new Tables(channel, pairing, options, std::move(*writer)));
  if (::getrandom(tables->secret_.bytes.data(), tables->secret_.bytes.size(), 0) !=
      static_cast<ssize_t>(tables->secret_.bytes.size())) {
    return dns::Error{"the kernel's random source gives nothing"};
  }
  try {
    tables->heap_->give_units(tables->heap_->take_units(0), 0);  // brings chunk 0 into being
  } catch (const zones::OutOfMemory&) {
    return dns::Error{
        "no memory for the zone tables: free memory, or set dataplane.hugepages: off"};
  }
  return tables;
}

void Tables::start_publisher(const link::Settings& settings) {
  assert(publisher_ == nullptr);
  publisher_ = std::make_unique<zones::Publisher>(*heap_, *header_, settings,
                                                  [this] { return settle(); });
  pins_ = std::make_unique<VersionPins>(heap_->base(), *header_);
}

// Called with the heap's lock held, so chunks are sent in the order of their serials.
bool Tables::grow(unsigned index, std::size_t size) {
  const std::lock_guard lock(writer_mutex_);
  auto chunk = writer_.create(index, size);
  if (!chunk) {
    log::error(Category::kServer, "{}", chunk.error());
    return false;
  }
  if (index == 0) {
    header_ = link::init_tables(chunk->memory, chunk->size, channel_.generation(),
                                zones::kTablesLayout, std::span(secret_.bytes));
  }
  if (writer_.fell_back()) warn_small_pages();
  link::HandoverMessage message;
  message.type = link::HandoverType::kChunk;
  message.index = index;
  message.size = chunk->size;
  message.serial = serial_.load(std::memory_order_relaxed) + 1;
  if (chunk->huge) message.flags |= link::kHugePages;
  if (!channel_.send(message, chunk->fd.get())) return false;
  serial_.store(message.serial, std::memory_order_release);
  return true;
}

void Tables::warn_small_pages() {
  if (warned_ || !options_.warn_without_huge_pages) return;
  warned_ = true;
  log::warning(
      Category::kServer,
      "no huge pages left, zone tables use 4 KiB pages and answers are slower: reserve some "
      "with 'sysctl vm.nr_hugepages=512' (512 are 1 GiB), or set dataplane.hugepages: off");
}

link::ChunkStats Tables::stats() const {
  const std::lock_guard lock(writer_mutex_);
  return writer_.stats();
}

// Waits until the dataplane has mapped every chunk. Not on the main thread, which has to hear
// meanwhile that the dataplane has died.
bool Tables::settle() {
  const std::uint64_t serial = serial_.load(std::memory_order_acquire);
  for (unsigned look = 0; look < kSettleLooks; ++look) {
    const Pairing::Current paired = pairing_.get();
    if (!paired.exchange) return true;
    const link::Exchange& exchange = **paired.exchange;
    if (exchange.dataplane.mapped_through.load(std::memory_order_acquire) >= serial) return true;
    (void)::poll(nullptr, 0, 1);
  }
  channel_.send(link::HandoverType::kRestartDataplane, "it does not map new table memory");
  return false;
}

void Tables::upkeep() {
  const std::uint64_t epoch = publisher_->epoch();
  const std::size_t budget = std::max<std::size_t>(kMinPinBudget, stats().bytes / kPinBudgetPart);
  const bool over_budget = publisher_->retired_octets() > budget;
  std::uint64_t oldest = std::min(own_slots_.oldest_in_use(epoch),
                                  pins_->oldest_in_use(epoch, over_budget));
  const Pairing::Current paired = pairing_.get();
  if (paired.exchange) {
    const link::EpochSlots& slots = (*paired.exchange)->slots;
    oldest = std::min(oldest, slots.oldest_in_use(epoch));
    if (paired.number != stall_pairing_) stall_watch_ = {};
    stall_pairing_ = paired.number;
    if (const auto slot = stall_watch_.check(slots, epoch)) {
      stall_watch_ = {};
      channel_.send(link::HandoverType::kRestartDataplane,
                    fmt::format("thread {} stands still in an old version", *slot));
    }
  }
  // What was retired since the last look waits one more: a dataplane that has just started may
  // already read while the message that pairs us is still on its way.
  publisher_->reclaim(std::min(oldest, epoch_before_));
  epoch_before_ = epoch;
}

}  // namespace bowline::control::store
